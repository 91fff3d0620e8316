"""The fleet as a process beside the control plane, where pods reach it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from tests.bench.fleet.address import CONTROL_PORT
from tests.bench.manifest import FLEET_NAMESPACE
from tests.cluster import place
from tests.cluster.localcluster import LocalCluster
from tests.cluster.process import Failed

HANGING = "hang"
"""What the names of clusters begin with whose JobManager accepts connections and never answers."""

_START_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Account:
    """What the fleet was asked since `FleetProcess.forget`: all requests, and when each cluster was asked for its jobs, in seconds."""

    requests: int
    looks: Mapping[str, Sequence[float]]


class FleetProcess:
    """Starts and stops the fleet, and asks what it was asked."""

    def __init__(self, cluster: LocalCluster) -> None:
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None
        self._url = f"http://{cluster.instance.gateway}:{CONTROL_PORT}/"

    async def start(self) -> None:
        """Starts it; gives back when its node is ready and its server answers."""
        self._spawn()
        for _ in range(_START_SECONDS * 10):
            if await self._answers():
                return
            await asyncio.sleep(0.1)
        raise Failed(f"the fleet does not answer; see {self._cluster.logs}/fleet.log")

    def _spawn(self) -> None:
        instance = self._cluster.instance
        enter = ["nsenter", f"--net=/run/netns/{instance.control_plane}"]
        module = [sys.executable, "-m", "tests.bench.fleet", str(self._cluster.kubeconfig), instance.gateway, "--hang", HANGING]
        with (self._cluster.logs / "fleet.log").open("ab") as log:
            self._process = subprocess.Popen([*enter, *module], cwd=place.REPOSITORY, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def forget(self) -> None:
        """Begins a new account."""
        await self._ask("DELETE")

    async def account(self) -> Account:
        """What was asked since the account began."""
        found = await self._ask("GET")
        mine = f"{FLEET_NAMESPACE}/"
        return Account(found["requests"], {key.removeprefix(mine): times for key, times in found["looks"].items() if key.startswith(mine)})

    async def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise Failed(f"the fleet has ended; see {self._cluster.logs}/fleet.log")
        try:
            await self._ask("GET")
        except (OSError, aiohttp.ClientError):
            return False
        return True

    async def _ask(self, method: str) -> dict[str, Any]:
        async with aiohttp.ClientSession() as session, session.request(method, self._url) as answer:
            return dict(await answer.json())
