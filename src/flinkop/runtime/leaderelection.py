"""Leader election on a Lease: one replica acts, the others stand by. The rules are in `lease`; this is the I/O around them.

A standby does not poll. It watches the lease: a release wakes it at once, and of a leader that died it learns by its own clock.
Whatever it believes, the write that takes the lease carries the resourceVersion it saw, so that it fails when it saw an old one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from flinkop.clock import Clock
from flinkop.errors import AlreadyExists, ApiUnavailable, Conflict, FlinkopError
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import LEASES
from flinkop.metrics import LEADER
from flinkop.runtime.informer import Collection, Informer
from flinkop.runtime.lease import ElectionSettings, Record, Verdict, released, renewed, runs_out_at, verdict

_log = structlog.get_logger(__name__)

__all__ = ["ElectionSettings", "LeaderElector"]


class LeaderElector:
    """`run` stands by, takes the lease, calls `on_started` once, keeps the lease, and calls `on_lost` when it cannot any more.

    `identity` must be unique among the replicas. A process that starts under the identity that holds the lease leads at once.
    """

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
        self._record: Record = {}
        self._is_known = False
        self._seen_at = self._renewed_at = clock.monotonic()
        self._changed = asyncio.Event()
        self._lead(is_leader=False)

    def on_started(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once the lease is ours."""
        self._on_started = callback

    async def run(self) -> None:
        """Runs until the lease is lost or the task is cancelled; after the latter `release` gives it up."""
        await self._stand_by()
        _log.info("leading", lease=self._name, identity=self._me)
        self._on_started()
        await self._keep()
        self._lead(is_leader=False)
        _log.error("lease lost", lease=self._name, identity=self._me)
        self._on_lost()

    async def release(self) -> None:
        """Gives the lease up, if we hold it. Trouble is only logged, and waited for no longer than half the renew deadline: the lease
        then runs out by itself."""
        if not self.is_leader:
            return
        self._lead(is_leader=False)
        try:
            async with asyncio.timeout(self._settings.renew_deadline / 2):
                await self._give_up()
            _log.info("lease released", lease=self._name)
        except (FlinkopError, TimeoutError) as error:
            _log.warning("lease not released", lease=self._name, cause=str(error) or "no answer in time")

    async def _stand_by(self) -> None:
        collection = Collection(self._client, LEASES, self._namespace, field_selector=f"metadata.name={self._name}")
        informer = Informer(collection, clock=self._clock)
        informer.on_change(lambda _, lease: self._hear(lease))
        watch = asyncio.create_task(informer.run())
        try:
            await self._acquire()
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def _acquire(self) -> None:
        while True:
            self._changed.clear()
            if self._verdict() is not Verdict.TAKEN and await self._try():
                self._lead(is_leader=True)
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience()):
                    await self._changed.wait()

    def _patience(self) -> float:
        """Seconds after which to look again, if nothing is heard: when the lease would have run out, or after a failed try."""
        if self._verdict() is Verdict.TAKEN:
            return runs_out_at(self._record, self._seen_at, self._settings) - self._clock.monotonic()
        return self._settings.retry_period

    async def _keep(self) -> None:
        """Ends when no renewal has succeeded for the renew deadline, counted from when the last good one was sent; or when another
        holds the lease."""
        with suppress(TimeoutError):
            while self._verdict() is not Verdict.TAKEN:
                async with asyncio.timeout(self._renewed_at + self._settings.renew_deadline - self._clock.monotonic()):
                    await asyncio.sleep(self._settings.retry_period)
                    await self._try()

    async def _try(self) -> bool:
        """One attempt to take or renew the lease; whether it is ours now. It is cut short, so that there is time for another one."""
        sent_at = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._settings.renew_deadline / 3):
                await self._take()
        except (FlinkopError, TimeoutError) as error:
            self._is_known = False
            _log.info("lease not taken", lease=self._name, cause=str(error) or "no answer in time")
            return False
        self._renewed_at = sent_at
        return True

    async def _take(self) -> None:
        """Raises Conflict when another holds the lease, or was faster."""
        if not self._is_known:
            self._see(await self._client.get(LEASES, self._namespace, self._name))
        if self._verdict() is Verdict.TAKEN:
            raise Conflict(f"held by {self._record.get('holderIdentity')}")
        await self._write(renewed(self._record, self._me, self._settings, self._clock.now()))

    async def _give_up(self) -> None:
        """A renewal that was cut off may have been carried out, so the version that we know may be old: then look once more."""
        for _ in range(2):
            with suppress(Conflict):
                await self._write(released(self._record, self._clock.now()))
                return
            self._see(await self._client.get(LEASES, self._namespace, self._name))
            if self._record.get("holderIdentity") != self._me:
                return
        raise ApiUnavailable("somebody else keeps changing it")

    def _verdict(self) -> Verdict:
        return verdict(self._record, self._seen_at, self._clock.monotonic(), self._me, self._settings)

    def _hear(self, lease: dict[str, Any] | None) -> None:
        """The watch may lag behind the write that made us leader, so it is not listened to after it."""
        if not self.is_leader:
            self._see(lease)
            self._changed.set()

    def _see(self, lease: dict[str, Any] | None) -> None:
        """A lease that somebody deletes is still its holder's, who does not know yet, until it would have run out."""
        self._lease, self._is_known = lease, True
        record = self._record if lease is None else lease.get("spec") or {}
        if record != self._record:
            self._record, self._seen_at = record, self._clock.monotonic()

    async def _write(self, record: Record) -> None:
        metadata = self._lease["metadata"] if self._lease else {"name": self._name, "namespace": self._namespace}
        body = {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": metadata, "spec": record}
        try:
            written = await (self._client.replace if self._lease else self._client.create)(LEASES, body)
        except AlreadyExists as error:
            raise Conflict(str(error)) from None
        self._see(written)

    def _lead(self, *, is_leader: bool) -> None:
        self.is_leader = is_leader
        LEADER.labels(self._name).set(is_leader)
