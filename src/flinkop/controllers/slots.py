"""Room for jobs on the clusters that they share: whoever is about to submit has its slots kept, so that two do not count on the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flinkop.api.flinkdeployment import DeploymentMode
from flinkop.clock import Clock
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.controllers.trigger import Key
from flinkop.flink.client import FlinkClient
from flinkop.lifecycle.sessionjob.seen import Room

_KEPT_SECONDS = 10.0
# `slot.request.timeout`: then Flink gives a job up that has got no slots.
_WAITS_SECONDS = 300.0
_MAXIMUM = "slotmanager.number-of-slots.max"


@dataclass(frozen=True, slots=True)
class _Kept:
    """So many slots, found free at a monotonic time, and kept until another one."""

    number: int
    since: float
    until: float


class Slots:
    """Asks JobManagers for free slots. What is kept is forgotten with the process: Flink itself then lets jobs wait."""

    def __init__(self, flink: FlinkClient, clock: Clock) -> None:
        self._flink, self._clock = flink, clock
        self._kept: dict[str, dict[Key, _Kept]] = {}

    async def look(self, key: Key, cluster: SessionCluster, needed: int, *, keeps: bool = True) -> Room | None:
        """The room for a job with that parallelism, kept for it with `keeps`; None where the cluster grows without a bound.

        Raises:
            FlinkUnreachable, FlinkRejected: the JobManager gives no usable answer.
        """
        maximum = cluster.conf.get(_MAXIMUM)
        if cluster.spec is None or (cluster.spec.mode is DeploymentMode.NATIVE and not (maximum or "").isdigit()):
            return None
        total, free = await self._flink.slots(cluster.url)
        if cluster.spec.mode is DeploymentMode.NATIVE:
            free, total = free + max(int(maximum or 0) - total, 0), max(int(maximum or 0), total)
        room = Room(needed, max(free - self._of_others(key, cluster.url), 0), total)
        if not keeps:
            self.release(key, cluster.url)
        elif room.is_enough:
            now = self._clock.monotonic()
            self._kept.setdefault(cluster.url, {})[key] = _Kept(needed, now, now + _KEPT_SECONDS)
        return room

    def keep(self, key: Key, url: str) -> None:
        """The job is there, and waits for its slots: TaskManagers that are yet to come have none that are taken."""
        now, kept = self._clock.monotonic(), self._kept.get(url, {}).get(key)
        if kept is not None and now < kept.since + _WAITS_SECONDS:
            self._kept[url][key] = replace(kept, until=now + _KEPT_SECONDS)

    def release(self, key: Key, url: str) -> None:
        """The job has its slots, which Flink then counts as taken, or it needs none."""
        kept = self._kept.get(url, {})
        kept.pop(key, None)
        if not kept:
            self._kept.pop(url, None)

    def _of_others(self, key: Key, url: str) -> int:
        now = self._clock.monotonic()
        kept = {other: entry for other, entry in self._kept.pop(url, {}).items() if entry.until > now}
        if kept:
            self._kept[url] = kept
        return sum(entry.number for other, entry in kept.items() if other != key)
