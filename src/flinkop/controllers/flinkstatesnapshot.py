"""The pass of a FlinkStateSnapshot: read, observe, decide, record, act."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

import structlog

from flinkop.api.flinkstatesnapshot import FlinkStateSnapshotSpec, SnapshotState
from flinkop.clock import Clock
from flinkop.controllers.again import look_again
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.finalizer import finalizer_of, set_finalizer
from flinkop.controllers.knowledge import RefusedTrigger, is_refusal
from flinkop.controllers.observer import ObjectStore
from flinkop.controllers.snapshotdesire import desired_of, read_snapshot_spec, reference_of
from flinkop.controllers.snapshotjob import ReferredJob, SnapshotJobs
from flinkop.controllers.snapshotobserver import SnapshotObserver
from flinkop.controllers.snapshotprotection import find_user
from flinkop.controllers.statusrecorder import StatusRecorder
from flinkop.controllers.trigger import Key
from flinkop.controllers.unreadable import Unreadable
from flinkop.errors import FlinkRejected, FlinkUnreachable, UnreadableStatus
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import FLINK_STATE_SNAPSHOTS
from flinkop.lifecycle.action import RemoveFinalizer
from flinkop.lifecycle.decision import Component, Fresh
from flinkop.lifecycle.statesnapshot.decide import decide_snapshot
from flinkop.lifecycle.statesnapshot.decision import Dispose, SnapshotAction, SnapshotDecision, TakeCheckpoint, TakeSavepoint
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.label import labels_of, trigger_type_of
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.seen import DisposalFailed, SnapshotSeen
from flinkop.lifecycle.statesnapshot.status import read_snapshot_record, write_snapshot_status
from flinkop.log import tells_details
from flinkop.monitoring.snapshothistory import SnapshotHistory
from flinkop.runtime.controller import Done, Outcome, RequeueAfter

_log = structlog.get_logger(__name__)
_STALE_CHECK = 1.0
_FULL = "FULL"
"""The type of checkpoints that are resources, as the established operator has it."""


@dataclass(slots=True)
class Memory:
    """What this process remembers of one key. All of it can be lost: it only saves work, or repeats what an action said.

    `written` are versions that this process has replaced, and that the cache may still show.
    """

    written: set[str] = field(default_factory=set)
    refused: RefusedTrigger | None = None
    disposal: str | None = None
    disposal_refused: str | None = None


class FlinkStateSnapshotController:
    """Reconciles FlinkStateSnapshots. One pass never waits: what takes long is recorded and looked at again."""

    def __init__(
        self,
        store: ObjectStore,
        jobs: SnapshotJobs,
        users: Callable[[str], list[Mapping[str, Any]]],
        flink: FlinkClient,
        events: EventRecorder,
        kube: KubeClient,
        clock: Clock,
        ids: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        """`users` gives the resources with a job in a namespace."""
        self._store, self._jobs, self._users = store, jobs, users
        self._flink, self._events, self._kube = flink, events, kube
        self._clock, self._ids = clock, ids
        self._observer = SnapshotObserver(flink)
        self._statuses = StatusRecorder(kube, events, FLINK_STATE_SNAPSHOTS)
        self._unreadable = Unreadable(events, clock, Component.SNAPSHOT)
        self._history = SnapshotHistory(FLINK_STATE_SNAPSHOTS.kind)
        self._memories: dict[Key, Memory] = {}

    async def reconcile(self, key: Key) -> Outcome:
        """One pass for one key.

        Raises:
            TransientError: something did not answer; the key is tried again with back-off.
        """
        resource = self._store.get(key)
        if resource is None:
            self._memories.pop(key, None)
            return Done()
        memory = self._memories.setdefault(key, Memory())
        if resource["metadata"]["resourceVersion"] in memory.written:
            return RequeueAfter(_STALE_CHECK)
        memory.written.clear()
        return await self._pass(resource, memory)

    async def _pass(self, resource: Mapping[str, Any], memory: Memory) -> Outcome:
        record = self._read(resource)
        spec, problems = read_snapshot_spec(resource)
        reference = reference_of(spec)
        job = self._jobs.look(resource["metadata"]["namespace"], reference.kind, reference.name)
        desired = desired_of(resource, record, spec, problems, job.settings)
        seen = await self._observe(resource, record, desired, job, memory)
        decision = decide_snapshot(record, seen, desired, Fresh(self._clock.now(), self._ids(), self._ids(), self._ids()))
        resource = await self._record(resource, record, decision, desired, memory)
        if not desired.deleting and not problems:
            resource = await self._mark(resource, spec, desired, decision.record, memory)
        return await self._act(decision, resource, job, memory)

    def _read(self, resource: Mapping[str, Any]) -> SnapshotRecord:
        """Of one that is deleted and cannot be read nothing is known: a deletion starts nothing, and has to end."""
        status = resource.get("status") or {}
        _bind_phase(status.get("state"))
        try:
            return read_snapshot_record(status)
        except UnreadableStatus as error:
            if "deletionTimestamp" in resource["metadata"]:
                return SnapshotRecord()
            self._unreadable.tell(resource, error)
            raise

    async def _observe(
        self, resource: Mapping[str, Any], record: SnapshotRecord, desired: SnapshotDesired, job: ReferredJob, memory: Memory
    ) -> SnapshotSeen:
        seen = await self._observer.observe(record, desired, job, memory.refused, memory.disposal)
        if seen.disposal is None and memory.disposal_refused is not None:
            seen = replace(seen, disposal=DisposalFailed(memory.disposal_refused))
        if not desired.deleting or record.state is not SnapshotState.COMPLETED or not record.path:
            return seen
        return replace(seen, needed_by=find_user(record.path, self._users(resource["metadata"]["namespace"])))

    async def _record(
        self, resource: Mapping[str, Any], record: SnapshotRecord, decision: SnapshotDecision, desired: SnapshotDesired, memory: Memory
    ) -> Mapping[str, Any]:
        before, after = resource.get("status") or {}, decision.record
        if tells_details():
            _bind_phase(after.state)
            structlog.contextvars.bind_contextvars(reason=after.reason)
        status = write_snapshot_status(after, before, self._clock.now())
        if status != before:
            resource = self._replaced(resource, await self._statuses.replace(resource, status), memory)
            if (record.state, record.reason) != (after.state, after.reason):
                _bind_phase(after.state)
                _log.info("snapshot", state=after.state, was=record.state, reason=after.reason, message=after.message)
            self._history.tell(desired.kind.word, record, after)
        self._events.record(resource, decision.events)
        return resource

    async def _mark(
        self, resource: Mapping[str, Any], spec: FlinkStateSnapshotSpec, desired: SnapshotDesired, record: SnapshotRecord, memory: Memory
    ) -> Mapping[str, Any]:
        """The finalizer, and the labels by which snapshots are found, before anything is asked for."""
        metadata, reference = resource["metadata"], reference_of(spec)
        found = metadata.get("labels") or {}
        kind = reference.kind.value if reference.kind else None
        labels = labels_of(desired.kind.word, trigger_type_of(found), record.state, kind, reference.name)
        has_finalizer = finalizer_of(FLINK_STATE_SNAPSHOTS) in metadata.get("finalizers", ())
        if has_finalizer and all(found.get(key) == value for key, value in labels.items()):
            return resource
        marked = await set_finalizer(self._kube, FLINK_STATE_SNAPSHOTS, resource, present=True, labels=labels)
        return self._replaced(resource, marked, memory)

    @staticmethod
    def _replaced(before: Mapping[str, Any], after: Mapping[str, Any], memory: Memory) -> Mapping[str, Any]:
        version = before["metadata"]["resourceVersion"]
        if after["metadata"]["resourceVersion"] != version:
            memory.written.add(version)
        return after

    async def _act(self, decision: SnapshotDecision, resource: Mapping[str, Any], job: ReferredJob, memory: Memory) -> Outcome:
        again = False
        for action in decision.actions:
            again = await self._perform(action, resource, job, memory) or again
        if again:
            return RequeueAfter(0)
        return look_again(decision.requeue_after)

    async def _perform(self, action: SnapshotAction, resource: Mapping[str, Any], job: ReferredJob, memory: Memory) -> bool:
        """Performing an action twice does no more than once. Gives whether there is news that the next pass should tell at once."""
        match action:
            case RemoveFinalizer():
                await set_finalizer(self._kube, FLINK_STATE_SNAPSHOTS, resource, present=False)
            case Dispose(path):
                await self._dispose(path, job.url, memory)
            case TakeSavepoint() | TakeCheckpoint():
                return await self._take(action, job.url, memory)
            case _:
                assert_never(action)
        return False

    async def _take(self, action: TakeSavepoint | TakeCheckpoint, url: str, memory: Memory) -> bool:
        try:
            match action:
                case TakeSavepoint(job_id, trigger_id, directory, form):
                    await self._flink.trigger_savepoint(url, job_id, trigger_id, directory, form)
                case TakeCheckpoint(job_id, trigger_id):
                    await self._flink.trigger_checkpoint(url, job_id, trigger_id, _FULL)
        except FlinkRejected as error:
            if not is_refusal(error):
                raise
            memory.refused = RefusedTrigger(action.trigger_id, str(error))
            return True
        return False

    async def _dispose(self, path: str, url: str, memory: Memory) -> None:
        if not url:  # it went away since it was looked for
            return
        try:
            memory.disposal, memory.disposal_refused = await self._flink.dispose_savepoint(url, path), None
        except (FlinkUnreachable, FlinkRejected) as error:
            memory.disposal, memory.disposal_refused = None, str(error)


def _bind_phase(state: str | None) -> None:
    """What the lines of other kinds have as their phase."""
    structlog.contextvars.bind_contextvars(phase=str(state or SnapshotState.TRIGGER_PENDING))
