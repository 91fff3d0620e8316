"""A real API server with the CustomResourceDefinitions, and a world of pretended JobManagers on it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from tests.cluster import place
from tests.cluster.controlplane import ControlPlane
from tests.component.controllers.stage import Stage
from tests.fakes.flinkworld import FlinkWorld
from tests.fakes.jobmanager import JobManagers
from tests.fakes.token import Token

from flinkop.kube.client import KubeClient
from flinkop.kube.connection import find_connection


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server of its own: pods are made without service accounts here."""
    plane = ControlPlane(tmp_path_factory.mktemp("controllers") / "home", "--disable-admission-plugins=ServiceAccount")
    plane.start()
    plane.kubectl("apply", "--server-side", "-f", str(place.REPOSITORY / "manifests" / "crds"))
    plane.wait_for_definitions()
    yield plane
    plane.stop()


@pytest.fixture(scope="session")
def operator_token(api_server: ControlPlane) -> str:
    """That of the service account that installations without Helm have: no test may need more than its rights."""
    api_server.kubectl("create", "namespace", "flinkop")
    api_server.kubectl("apply", "-f", str(place.REPOSITORY / "manifests" / "rbac" / "operator.yaml"))
    return api_server.kubectl("--namespace", "flinkop", "create", "token", "flinkop", "--duration", "12h").strip()


@pytest.fixture
async def stage(api_server: ControlPlane, operator_token: str, loop_without_leftovers: None) -> AsyncIterator[Stage]:
    """Where scenarios play."""
    connection = await find_connection(api_server.kubeconfig)
    kube = KubeClient(connection, "test")
    jobmanagers = JobManagers()
    await jobmanagers.start()
    world = FlinkWorld(kube, jobmanagers)
    running = asyncio.create_task(world.run())
    yield Stage(api_server, kube, world, replace(connection, credentials=Token(operator_token)))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await jobmanagers.stop()
    await kube.close()
