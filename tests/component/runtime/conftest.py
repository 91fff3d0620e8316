"""A client of the real API server, one that goes through a faulty network, and a namespace."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest
from tests.cluster.controlplane import ControlPlane
from tests.component.runtime.surroundings import Surroundings
from tests.fakes.faultyproxy import FaultyProxy

from flinkop.kube.client import KubeClient
from flinkop.kube.connection import find_connection
from flinkop.kube.resource import NAMESPACES
from flinkop.kube.transport import Limits

_NUMBERS = itertools.count()


@pytest.fixture
async def around(control_plane: ControlPlane, loop_without_leftovers: None) -> AsyncIterator[Surroundings]:
    """What a machine under test has around it."""
    connection = await find_connection(control_plane.kubeconfig)
    direct, proxy = KubeClient(connection, "test"), FaultyProxy(connection)
    await proxy.start()
    through = KubeClient(proxy.connection, "under test", Limits(request=5, silence=5))
    namespace = f"runtime-{next(_NUMBERS)}"
    await direct.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    yield Surroundings(control_plane, direct, through, proxy, namespace)
    await through.close()
    await proxy.stop()
    await direct.close()
