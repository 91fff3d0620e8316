"""What the component tests share: one real API server for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from tests.cluster.controlplane import ControlPlane


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """etcd and kube-apiserver. Who leaves objects behind uses a namespace of its own; who stops it starts it again."""
    plane = ControlPlane(tmp_path_factory.mktemp("control-plane") / "home")
    plane.start()
    yield plane
    plane.stop()


@pytest.fixture
async def loop_without_leftovers() -> AsyncIterator[None]:
    """Ends last: TLS connections that were closed say good-bye first, for the loop that ends with one open gives a warning."""
    yield
    selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
    async with asyncio.timeout(5):
        while len(selector.get_map()) > 1:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
