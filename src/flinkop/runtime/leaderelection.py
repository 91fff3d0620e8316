"""Leader election on a Lease: one replica acts, the others stand by.

Times of other holders are never trusted: a lease counts as expired when *we* have not seen it change for its duration.
Source of the rules and of the record's fields: client-go's leaderelection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

import structlog

from flinkop.clock import Clock
from flinkop.errors import AlreadyExists, Conflict, FlinkopError
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import LEASES
from flinkop.metrics import LEADER

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ElectionSettings:
    """All in seconds. The standby takes over `lease_duration` after the leader's last sign of life."""

    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0

    def __post_init__(self) -> None:
        if not self.lease_duration > self.renew_deadline > self.retry_period > 0:
            raise ValueError("leader election: lease duration > renew deadline > retry period > 0 does not hold")


class Verdict(Enum):
    """What the record of the lease means for us."""

    OURS = auto()
    FREE = auto()
    TAKEN = auto()


@dataclass(frozen=True, slots=True)
class Sighting:
    """A record of the lease, and when we first saw it in this form (monotonic seconds)."""

    record: Mapping[str, Any]
    seen_at: float


def verdict(sighting: Sighting | None, me: str, now: float) -> Verdict:
    """Who holds the lease. `now` is monotonic, in seconds."""
    if sighting is None or not sighting.record.get("holderIdentity"):
        return Verdict.FREE
    if sighting.record["holderIdentity"] == me:
        return Verdict.OURS
    expired = now >= sighting.seen_at + float(sighting.record.get("leaseDurationSeconds") or 0)
    return Verdict.FREE if expired else Verdict.TAKEN


def renewed(record: Mapping[str, Any], me: str, settings: ElectionSettings, now: datetime) -> dict[str, Any]:
    """The record with which we take or keep the lease."""
    moment = f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"
    ours = record.get("holderIdentity") == me
    return {
        **record,
        "holderIdentity": me,
        "leaseDurationSeconds": int(settings.lease_duration),
        "renewTime": moment,
        "acquireTime": record.get("acquireTime", moment) if ours else moment,
        "leaseTransitions": record.get("leaseTransitions", 0) + (0 if ours or not record else 1),
    }


def released(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with which we give the lease up: nobody holds it, so a standby takes it at its next look."""
    return {**record, "holderIdentity": "", "leaseDurationSeconds": 1}


class LeaderElector:
    """`run` acquires the lease, calls the `on_started` callback once, keeps the lease, and calls `on_lost` when it cannot any more."""

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        name: str,
        identity: str,
        settings: ElectionSettings,
        clock: Clock,
        on_lost: Callable[[], None],
    ) -> None:
        self._client, self._namespace, self._name, self._me = client, namespace, name, identity
        self._settings, self._clock = settings, clock
        self._on_started: Callable[[], None] = lambda: None
        self._on_lost = on_lost
        self._lease: dict[str, Any] | None = None
        self._sighting: Sighting | None = None
        self.is_leader = False

    def on_started(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once the lease is ours."""
        self._on_started = callback

    async def run(self) -> None:
        """Runs until the lease is lost or the task is cancelled."""
        await self._acquire()
        self.is_leader = True
        LEADER.labels(self._name).set(1)
        _log.info("leading", lease=self._name, identity=self._me)
        self._on_started()
        await self._keep()
        self.is_leader = False
        LEADER.labels(self._name).set(0)
        _log.error("lease lost", lease=self._name, identity=self._me)
        self._on_lost()

    async def release(self) -> None:
        """Gives the lease up, if we hold it. Trouble is only logged: the lease then runs out by itself."""
        if not self.is_leader or self._lease is None:
            return
        self.is_leader = False
        try:
            await self._write(released(self._lease["spec"]))
            _log.info("lease released", lease=self._name)
        except FlinkopError as error:
            _log.warning("lease not released", cause=str(error))

    async def _acquire(self) -> None:
        while not await self._try():  # noqa: ASYNC110 (another replica holds the lease: nothing in this process can tell us)
            await asyncio.sleep(min(self._settings.retry_period, 1.0))

    async def _keep(self) -> None:
        """Renews; ends when no renewal succeeded for the renew deadline or somebody else has the lease."""
        renewed_at = self._clock.monotonic()
        while self._clock.monotonic() - renewed_at < self._settings.renew_deadline:
            await asyncio.sleep(self._settings.retry_period)
            if await self._try_in_time():
                renewed_at = self._clock.monotonic()
            elif self._is_taken():
                return

    async def _try_in_time(self) -> bool:
        try:
            async with asyncio.timeout(self._settings.renew_deadline / 2):
                return await self._try()
        except TimeoutError:
            return False

    def _is_taken(self) -> bool:
        return verdict(self._sighting, self._me, self._clock.monotonic()) is Verdict.TAKEN

    async def _try(self) -> bool:
        """One attempt to take or renew the lease; whether it is ours now."""
        try:
            if not self.is_leader or self._lease is None:
                await self._look()
            if verdict(self._sighting, self._me, self._clock.monotonic()) is Verdict.TAKEN:
                return False
            spec = self._lease["spec"] if self._lease else {}
            await self._write(renewed(spec, self._me, self._settings, self._clock.now()))
        except (Conflict, AlreadyExists):
            self._lease = None
            return False
        except FlinkopError as error:
            _log.warning("lease not reached", cause=str(error))
            return False
        return True

    async def _look(self) -> None:
        self._lease = await self._client.get(LEASES, self._namespace, self._name)
        if self._lease is None:
            self._sighting = None
            return
        record = self._lease.get("spec") or {}
        self._lease["spec"] = record
        if self._sighting is None or self._sighting.record != record:
            self._sighting = Sighting(record, self._clock.monotonic())

    async def _write(self, record: dict[str, Any]) -> None:
        if self._lease is None:
            metadata: dict[str, Any] = {"name": self._name, "namespace": self._namespace}
        else:
            metadata = self._lease["metadata"]
        body = {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": metadata, "spec": record}
        write = self._client.create if self._lease is None else self._client.replace
        self._lease = await write(LEASES, body)
        self._sighting = Sighting(self._lease["spec"], self._clock.monotonic())
