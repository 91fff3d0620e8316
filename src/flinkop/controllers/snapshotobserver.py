"""Asks a JobManager what became of a snapshot, or of its disposal. It never writes."""

from __future__ import annotations

from dataclasses import replace

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.controllers.answer import read_snapshot
from flinkop.controllers.knowledge import RefusedTrigger
from flinkop.controllers.snapshotjob import ReferredJob
from flinkop.errors import FlinkRejected, FlinkUnreachable
from flinkop.flink.client import FlinkClient
from flinkop.lifecycle.observed import Snapshot, SnapshotCompleted, SnapshotFailed, SnapshotInProgress, SnapshotUnknown
from flinkop.lifecycle.snapshotkind import SAVEPOINT
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.seen import Disposal, DisposalCompleted, DisposalFailed, DisposalInProgress, SnapshotSeen


class SnapshotObserver:
    """Gathers one `SnapshotSeen` per pass."""

    def __init__(self, flink: FlinkClient) -> None:
        self._flink = flink

    async def observe(
        self, record: SnapshotRecord, desired: SnapshotDesired, job: ReferredJob, refused: RefusedTrigger | None, disposal: str | None
    ) -> SnapshotSeen:
        """`refused` is what the JobManager refused a moment ago; `disposal` the id of a request to dispose of the savepoint."""
        seen = SnapshotSeen(job.sight)
        if not job.url:
            return seen
        try:
            if record.state is SnapshotState.IN_PROGRESS:
                return replace(seen, outcome=await self._outcome(record, desired, job, refused))
            if disposal is not None:
                return replace(seen, disposal=await self._disposal(job.url, disposal))
        except (FlinkUnreachable, FlinkRejected):
            return seen  # no word of it: the decision waits, within its deadline
        return seen

    async def _outcome(
        self, record: SnapshotRecord, desired: SnapshotDesired, job: ReferredJob, refused: RefusedTrigger | None
    ) -> Snapshot:
        """Under the id of the job that was asked, never under that of another in its place."""
        job_id, trigger_id = record.job_id or job.sight.job_id or "", record.trigger_id or ""
        ask = self._flink.savepoint_status if desired.kind is SAVEPOINT else self._flink.checkpoint_status
        outcome = read_snapshot(await ask(job.url, job_id, trigger_id))
        if isinstance(outcome, SnapshotUnknown) and refused is not None and refused.trigger_id == trigger_id:
            return SnapshotFailed(refused.cause)  # a request that the JobManager has refused will never be known to it
        return outcome

    async def _disposal(self, url: str, request_id: str) -> Disposal | None:
        match read_snapshot(await self._flink.disposal_status(url, request_id)):
            case SnapshotCompleted():
                return DisposalCompleted()
            case SnapshotFailed(cause):
                return DisposalFailed(cause)
            case SnapshotInProgress():
                return DisposalInProgress()
            case SnapshotUnknown():
                return None  # forgotten by a restart: it is asked for again
