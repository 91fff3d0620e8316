"""The pass of a job on a session cluster, such as a FlinkSessionJob: read, observe, decide, record, act."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flinkop.clock import Clock
from flinkop.controllers.again import look_at_rest
from flinkop.controllers.complaint import retell
from flinkop.controllers.desire import NeverValid
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.jobkind import FLINK_SESSION_JOB_KIND, JobKind, name_of_cluster
from flinkop.controllers.knowledge import Knowledge, RefusedTrigger, is_refusal
from flinkop.controllers.observer import ObjectStore
from flinkop.controllers.refusedsnapshots import RefusedSnapshots
from flinkop.controllers.servedkind import NOTHING_AROUND, Around, LookAround, look_at_nothing
from flinkop.controllers.sessionactuator import NotSubmitted, SessionJobActuator, SessionTarget
from flinkop.controllers.sessioncluster import Configuration, SessionCluster, SessionClusters
from flinkop.controllers.sessiondesire import SessionWish, basis_of_session, read_session_wish
from flinkop.controllers.sessionobserver import SessionJobObserver
from flinkop.controllers.statusrecorder import StatusRecorder, is_stale
from flinkop.controllers.tick import until_tick
from flinkop.controllers.trigger import Key
from flinkop.errors import NamespaceTerminating, TerminalError, TransientError
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.action import CreateSnapshot, StopWithSavepoint, SubmitJob, TriggerCheckpoint, TriggerSavepoint
from flinkop.lifecycle.decide import never_accepted, not_observed
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.observed import Observed, Refusal
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.sessionjob.decide import decide_session_job
from flinkop.lifecycle.statuswriter import write_job_status
from flinkop.runtime.controller import Done, Outcome, RequeueAfter

_STALE_CHECK = timedelta(seconds=1)
_LOOK_AGAIN = timedelta(seconds=10)


@dataclass(slots=True)
class Memory:
    """What this process remembers of one key. All of it can be lost: it only saves work, or repeats what an action said."""

    stale_version: str | None = None
    refusal: Refusal | None = None
    refused_trigger: RefusedTrigger | None = None
    refused_snapshots: RefusedSnapshots = field(default_factory=RefusedSnapshots)
    not_submitted: bool = False
    wish: SessionWish | NeverValid | None = None
    wish_key: tuple[Any, ...] = field(default=())
    asked: tuple[Any, ...] = field(default=())


class FlinkSessionJobController:
    """Reconciles resources of one kind. One pass never waits: what takes long is recorded and looked at again."""

    def __init__(
        self,
        store: ObjectStore,
        clusters: SessionClusters,
        observer: SessionJobObserver,
        actuator: SessionJobActuator,
        events: EventRecorder,
        kube: KubeClient,
        clock: Clock,
        configuration: Configuration,
        ids: Callable[[], str] = lambda: uuid.uuid4().hex,
        kind: JobKind = FLINK_SESSION_JOB_KIND,
        look_around: LookAround = look_at_nothing,
    ) -> None:
        self._store, self._clusters = store, clusters
        self._observer, self._actuator, self._events = observer, actuator, events
        self._clock, self._configuration, self._ids = clock, configuration, ids
        self._kind, self._look_around = kind, look_around
        self._statuses = StatusRecorder(kube, events, kind.endpoint, clock)
        self._memories: dict[Key, Memory] = {}

    async def reconcile(self, key: Key) -> Outcome:
        """One pass for one key.

        Raises:
            TransientError: something did not answer; the key is tried again with back-off.
        """
        resource = self._store.get(key)
        if resource is None:
            self.forget(key)
            return Done()
        memory = self._memories.setdefault(key, Memory())
        if is_stale(resource, memory):
            return RequeueAfter(_STALE_CHECK.total_seconds())
        return await self._pass(key, resource, memory)

    def forget(self, key: Key) -> None:
        """Its resource is gone, or another pass serves it."""
        self._memories.pop(key, None)

    async def _pass(self, key: Key, resource: Mapping[str, Any], memory: Memory) -> Outcome:
        record = self._statuses.read(resource)
        cluster = self._clusters.look(key[0], name_of_cluster(self._kind, resource, record))
        around = await self._look_around(resource)
        wish = self._wish(resource, record, cluster, memory, around)
        if isinstance(wish, NeverValid):
            decision = never_accepted(record, resource["metadata"]["generation"], wish.problems)
            await self._record(resource, record, decision, None, memory)
            return Done() if around.problem is None else RequeueAfter(_LOOK_AGAIN.total_seconds())
        fresh = Fresh(self._clock.now(), self._ids(), self._ids(), self._ids())
        knowledge = self._knowledge(memory)
        try:
            observed = await self._observer.observe(key, record, wish, cluster, knowledge, fresh.now)
        except TerminalError as error:
            unseen = not_observed(record, type(error).__name__, str(error), wish.desired)
            await self._record(resource, record, unseen, None, memory)
            return look_at_rest(wish.desired.settings)
        decision = decide_session_job(record, observed, wish.desired, fresh)
        target = SessionTarget(key, await self._record(resource, record, decision, observed, memory), wish, cluster)
        return await self._act(decision, target, memory)

    def _knowledge(self, memory: Memory) -> Knowledge:
        return Knowledge(
            None,
            memory.refusal,
            refused_trigger=memory.refused_trigger,
            not_submitted=memory.not_submitted,
            refused_snapshot=memory.refused_snapshots.look(self._clock.monotonic()),
        )

    def _wish(
        self, resource: Mapping[str, Any], record: Record, cluster: SessionCluster, memory: Memory, around: Around = NOTHING_AROUND
    ) -> SessionWish | NeverValid:
        """Reading a spec costs milliseconds; at rest it is the one that was read before."""
        metadata = resource["metadata"]
        asked = (metadata["uid"], metadata["generation"], metadata.get("deletionTimestamp"), self._configuration.revision)
        key = (*asked, *basis_of_session(resource, cluster, record), around)
        if memory.wish is None or memory.wish_key != key:
            read = read_session_wish(resource, cluster, record, self._configuration.defaults_for, self._kind, around)
            memory.wish, memory.wish_key = read, key
        if memory.asked != asked:  # what was refused, was refused for another wish
            memory.refusal, memory.refused_snapshots, memory.asked = None, RefusedSnapshots(), asked
        return memory.wish

    async def _record(
        self, resource: Mapping[str, Any], record: Record, decision: Decision, observed: Observed | None, memory: Memory
    ) -> Mapping[str, Any]:
        told = retell(decision, self._kind.words)
        after = write_job_status(told.record, resource.get("status") or {}, self._clock.now())
        return await self._statuses.record(resource, record, told, self._kind.complete(resource, after, told.record, observed), memory)

    async def _act(self, decision: Decision, target: SessionTarget, memory: Memory) -> Outcome:
        again = False
        for action in decision.actions:
            if isinstance(action, SubmitJob):  # what became of the one before says nothing of this one
                memory.refusal = None
            try:
                await self._actuator.perform(action, target)
            except NamespaceTerminating:
                return Done()
            except NotSubmitted as error:
                memory.not_submitted = True
                return RequeueAfter(error.pause)
            except (TerminalError, TransientError) as error:
                match action:
                    case StopWithSavepoint() | TriggerSavepoint() | TriggerCheckpoint() if is_refusal(error):
                        memory.refused_trigger, again = RefusedTrigger(action.trigger_id, str(error)), True
                    case CreateSnapshot() if isinstance(error, TerminalError):
                        memory.refused_snapshots.refuse(action, error, self._clock.monotonic())
                        again = True
                    case _ if isinstance(error, TransientError):
                        raise
                    case _:
                        return self._refused(error, target.wish, memory)
                continue
            if isinstance(action, CreateSnapshot):
                memory.refused_snapshots.accept(self._clock.monotonic())
        if decision.actions:  # a pass without one does not tell whether what was refused is taken now
            memory.refusal, memory.not_submitted = None, False
        if again:
            return RequeueAfter(0)
        return self._next_look(decision, target)

    def _next_look(self, decision: Decision, target: SessionTarget) -> Outcome:
        if decision.requeue_after is None:
            return Done()
        seconds, rest = decision.requeue_after.total_seconds(), target.wish.desired.settings.rest_interval.total_seconds()
        if seconds != rest:
            return RequeueAfter(seconds)
        return RequeueAfter(until_tick((target.key[0], target.cluster.name), self._clock.monotonic(), rest))

    def _refused(self, error: TerminalError, wish: SessionWish, memory: Memory) -> Outcome:
        """The next pass records the refusal. Then it is tried again in the rhythm of rest."""
        is_first, memory.refusal = memory.refusal is None, Refusal(type(error).__name__, str(error))
        return RequeueAfter(0.0) if is_first else look_at_rest(wish.desired.settings)
