"""The pass of a resource with a cluster of its own, such as a FlinkDeployment: read, observe, decide, record, act."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

import structlog

from flinkop.api.flinkversion import FlinkVersion
from flinkop.clock import Clock
from flinkop.controllers.actuator import Actuator, Target
from flinkop.controllers.again import look_again, look_at_rest
from flinkop.controllers.clusterkind import FLINK_DEPLOYMENT_KIND, ClusterKind
from flinkop.controllers.complaint import retell
from flinkop.controllers.desire import NeverValid, Wish, basis_of, read_wish
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.knowledge import Knowledge, RefusedTrigger, is_refusal
from flinkop.controllers.observer import ObjectStore, Observer
from flinkop.controllers.refusedsnapshots import RefusedSnapshots
from flinkop.controllers.servedkind import NOTHING_AROUND, Around, LookAround, look_at_nothing
from flinkop.controllers.statusrecorder import StatusRecorder, is_stale
from flinkop.controllers.trial import Taken, Trial, Trials, Untold
from flinkop.controllers.trigger import Key
from flinkop.errors import FlinkopError, FlinkRejected, NamespaceTerminating, TerminalError, TransientError
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.action import (
    Action,
    ApplyIngress,
    CreateSnapshot,
    DeleteIngress,
    DeleteJobManager,
    Rescale,
    StartCluster,
    StartSession,
    StopWithSavepoint,
    TriggerCheckpoint,
    TriggerSavepoint,
)
from flinkop.lifecycle.decide import decide, never_accepted, not_observed
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.observed import Observed, Refusal, RefusedIngress
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.rival import give_way
from flinkop.lifecycle.statuswriter import Scale, write_status
from flinkop.lifecycle.trial import is_tried
from flinkop.runtime.controller import Done, Outcome, RequeueAfter

_log = structlog.get_logger(__name__)
_STALE_CHECK = timedelta(seconds=1)
_LOOK_AGAIN = timedelta(seconds=10)
_EXPECTATION_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Expected:
    """A Deployment that this process created or deleted, and that the cache has not shown so yet; believed until `until`."""

    uid: str
    present: bool
    until: float


@dataclass(slots=True)
class Memory:
    """What this process remembers of one key. All of it can be lost: it only saves work, or repeats what an action said."""

    stale_version: str | None = None
    expected: Expected | None = None
    started_uid: str | None = None
    refusal: Refusal | None = None
    refused_ingress: RefusedIngress | None = None
    ingress_again_at: float = 0.0
    refused_trigger: RefusedTrigger | None = None
    refused_rescale: str | None = None
    refused_snapshots: RefusedSnapshots = field(default_factory=RefusedSnapshots)
    trial: Trial | None = None
    wish: Wish | NeverValid | None = None
    wish_key: tuple[Any, ...] = field(default=())
    asked: tuple[Any, ...] = field(default=())


class Configuration(Protocol):
    """The operator's configuration, which may change while it runs; then `revision` does too."""

    revision: int

    def defaults_for(self, namespace: str, version: FlinkVersion) -> Mapping[str, str]:
        """What a cluster starts from."""
        ...


class FlinkDeploymentController:
    """Reconciles resources of one kind. One pass never waits: what takes long is recorded and looked at again."""

    def __init__(
        self,
        store: ObjectStore,
        deployments: ObjectStore,
        observer: Observer,
        actuator: Actuator,
        events: EventRecorder,
        kube: KubeClient,
        clock: Clock,
        configuration: Configuration,
        ids: Callable[[], str] = lambda: uuid.uuid4().hex,
        kind: ClusterKind = FLINK_DEPLOYMENT_KIND,
        look_around: LookAround = look_at_nothing,
        rival: Callable[[Key, str], str | None] = lambda _key, _uid: None,
    ) -> None:
        self._store, self._deployments = store, deployments
        self._observer, self._actuator, self._events = observer, actuator, events
        self._clock, self._configuration, self._ids = clock, configuration, ids
        self._kind, self._look_around, self._rival = kind, look_around, rival
        self._statuses = StatusRecorder(kube, events, kind.endpoint, clock)
        self._trials = Trials(kube, clock, kind.kind)
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
        if is_stale(resource, memory) or self._awaits_deployment(key, memory):
            return RequeueAfter(_STALE_CHECK.total_seconds())
        return await self._pass(key, resource, memory)

    def forget(self, key: Key) -> None:
        """Its resource is gone, or another pass serves it."""
        self._memories.pop(key, None)

    def _awaits_deployment(self, key: Key, memory: Memory) -> bool:
        expected = memory.expected
        if expected is None:
            return False
        found = self._deployments.get(key)
        metadata = found["metadata"] if found else {}
        shown = metadata.get("uid") == expected.uid and (expected.present or "deletionTimestamp" not in metadata)
        if shown is expected.present or self._clock.monotonic() >= expected.until:
            memory.expected = None
            return False
        return True

    async def _pass(self, key: Key, resource: Mapping[str, Any], memory: Memory) -> Outcome:
        record = self._statuses.read(resource)
        around = await self._look_around(resource)
        wish = await self._tried(key, resource, record, memory, around)
        if isinstance(wish, NeverValid):
            decision = never_accepted(record, resource["metadata"]["generation"], wish.problems)
            await self._record(resource, record, decision, None, Scale("", 0), memory)
            return Done() if around.problem is None else RequeueAfter(_LOOK_AGAIN.total_seconds())
        rival = self._rival(key, wish.uid)
        if rival is not None:
            return await self._give_way(key, resource, record, wish, rival, memory)
        knowledge = self._knowledge(memory)
        fresh = Fresh(self._clock.now(), self._ids(), self._ids(), self._ids())
        try:
            observed = await self._observer.observe(key, record, wish, knowledge, fresh.now)
        except TerminalError as error:
            unseen = not_observed(record, type(error).__name__, str(error), wish.desired)
            await self._record(resource, record, unseen, None, _scale(key, wish), memory)
            return look_at_rest(wish.desired.settings)
        decision = decide(record, observed, wish.desired, fresh)
        target = Target(key, await self._record(resource, record, decision, observed, _scale(key, wish), memory), wish)
        return await self._act(decision, target, memory)

    async def _give_way(self, key: Key, resource: Mapping[str, Any], record: Record, wish: Wish, rival: str, memory: Memory) -> Outcome:
        desired = wish.desired
        decision = give_way(record, rival, desired.generation, deleting=desired.deleting, has_finalizer=desired.has_finalizer)
        target = Target(key, await self._write(resource, record, decision, None, _scale(key, wish), memory), wish)
        return await self._act(decision, target, memory)

    async def _tried(self, key: Key, resource: Mapping[str, Any], record: Record, memory: Memory, around: Around) -> Wish | NeverValid:
        """The wish, after the API server was shown it where something would be stopped for it: once, when it takes it."""
        wish = self._wish(resource, record, memory, around)
        if isinstance(wish, NeverValid) or isinstance(memory.trial, Taken) or not is_tried(record, wish.desired):
            return wish
        memory.trial = await self._trials.ask(key, wish, memory.trial)
        return self._wish(resource, record, memory, around)

    def _wish(self, resource: Mapping[str, Any], record: Record, memory: Memory, around: Around = NOTHING_AROUND) -> Wish | NeverValid:
        """Reading a spec costs milliseconds; at rest it is the one that was read before."""
        metadata = resource["metadata"]
        asked = (metadata["uid"], metadata["generation"], metadata.get("deletionTimestamp"), self._configuration.revision, around)
        if memory.asked != asked:  # what was refused, was refused for another wish
            memory.refusal = memory.refused_ingress = memory.refused_rescale = memory.trial = None
            memory.refused_snapshots = RefusedSnapshots()
            memory.asked = asked
        refused = self._trials.refusal_of(memory.trial)
        key = (*asked, tuple(metadata.get("finalizers", ())), *basis_of(record), refused)
        if memory.wish is None or memory.wish_key != key:
            memory.wish, memory.wish_key = read_wish(resource, record, self._configuration.defaults_for, self._kind, around, refused), key
        return memory.wish

    async def _record(
        self, resource: Mapping[str, Any], record: Record, decision: Decision, observed: Observed | None, scale: Scale, memory: Memory
    ) -> Mapping[str, Any]:
        return await self._write(resource, record, retell(decision, self._kind.words), observed, scale, memory)

    async def _write(
        self, resource: Mapping[str, Any], record: Record, told: Decision, observed: Observed | None, scale: Scale, memory: Memory
    ) -> Mapping[str, Any]:
        after = write_status(told.record, resource.get("status") or {}, scale, self._clock.now())
        return await self._statuses.record(resource, record, told, self._kind.complete(resource, after, told.record, observed), memory)

    async def _act(self, decision: Decision, target: Target, memory: Memory) -> Outcome:
        again = False
        for action in decision.actions:
            try:
                uid = await self._actuator.perform(action, target)
            except NamespaceTerminating:
                return Done()
            except (TerminalError, TransientError) as error:
                match action:
                    case ApplyIngress() | DeleteIngress():
                        again = self._without_ingress(action, error, target, memory) or again
                    case StopWithSavepoint() | TriggerSavepoint() | TriggerCheckpoint() if is_refusal(error):
                        memory.refused_trigger, again = RefusedTrigger(action.trigger_id, str(error)), True
                    case CreateSnapshot() if isinstance(error, TerminalError):
                        memory.refused_snapshots.refuse(action, error, self._clock.monotonic())
                        again = True
                    case Rescale() if isinstance(error, FlinkRejected):
                        memory.refused_rescale, again = str(error), True
                    case _ if isinstance(error, TransientError):
                        raise
                    case _:
                        return self._refused(error, target.wish, memory)
                continue
            self._expect(action, uid, memory)
        if decision.actions:  # a pass without one does not tell whether what was refused is taken now
            memory.refusal = None
        return RequeueAfter(0) if again else look_again(decision.requeue_after)

    def _expect(self, action: Action, uid: str | None, memory: Memory) -> None:
        until = self._clock.monotonic() + _EXPECTATION_SECONDS
        match action:
            case StartCluster() | StartSession() if uid is not None:
                memory.started_uid, memory.expected = uid, Expected(uid, True, until)
            case CreateSnapshot():
                memory.refused_snapshots.accept(self._clock.monotonic())
            case DeleteJobManager(deleted):
                memory.expected = Expected(deleted, False, until)

    def _knowledge(self, memory: Memory) -> Knowledge:
        return Knowledge(
            memory.started_uid,
            memory.refusal,
            self._refused_ingress(memory),
            memory.refused_trigger,
            memory.refused_rescale,
            refused_snapshot=memory.refused_snapshots.look(self._clock.monotonic()),
            untold=memory.trial.cause if isinstance(memory.trial, Untold) else None,
        )

    def _refused_ingress(self, memory: Memory) -> RefusedIngress | None:
        return memory.refused_ingress if self._clock.monotonic() < memory.ingress_again_at else None

    def _without_ingress(self, action: ApplyIngress | DeleteIngress, error: FlinkopError, target: Target, memory: Memory) -> bool:
        """The job needs no Ingress: what is wrong with it is told, in the status by the next pass, and tried again after a rest.

        Gives whether this is news."""
        refused = RefusedIngress(action.digest if isinstance(action, ApplyIngress) else None, str(error))
        is_news, memory.refused_ingress = refused != memory.refused_ingress, refused
        memory.ingress_again_at = self._clock.monotonic() + target.wish.desired.settings.rest_interval.total_seconds()
        if is_news:
            _log.warning("ingress refused", cause=str(error))
            event = Event("IngressRefused", f"spec.ingress: {error}", EventType.WARNING, Component.OPERATOR)
            self._events.record(target.resource, (event,))
        return is_news

    def _refused(self, error: TerminalError, wish: Wish, memory: Memory) -> Outcome:
        """The next pass records the refusal. Then it is tried again in the rhythm of rest: that a quota was raised, a permission given or
        a stranger's object deleted is told by no watch of ours."""
        is_first, memory.refusal = memory.refusal is None, Refusal(type(error).__name__, str(error))
        return RequeueAfter(0.0) if is_first else look_at_rest(wish.desired.settings)


def _scale(key: Key, wish: Wish) -> Scale:
    return Scale(f"component=taskmanager,app={key[1]}", wish.taskmanagers)
