"""What the component tests share: one real API server for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cluster.controlplane import ControlPlane


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """etcd and kube-apiserver. Who leaves objects behind uses a namespace of its own; who stops it starts it again."""
    plane = ControlPlane(tmp_path_factory.mktemp("control-plane") / "home")
    plane.start()
    yield plane
    plane.stop()
