"""Kubernetes Events: written beside the pass, so that a slow or refusing API server never holds one up."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakValueDictionary

import structlog

from flinkop.clock import Clock
from flinkop.controllers.eventlimit import EventLimit
from flinkop.errors import AlreadyExists, FlinkopError
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import EVENTS
from flinkop.lifecycle.auditline import line_of
from flinkop.lifecycle.decision import Event
from flinkop.lifecycle.statuswriter import timestamp
from flinkop.log import log_established
from flinkop.metrics import EVENTS_DROPPED, EVENTS_RECORDED

_log = structlog.get_logger(__name__)
_MESSAGE_LIMIT = 1024  # of core/v1 Events
_NAME_LIMIT = 200
_UNDER_WAY = 256
EVER_AGAIN = frozenset({"JobException", "JobStatusChanged"})
"""What a job that restarts over and over tells each time anew. They have a limit of their own, so that what happens once has a place."""


class EventRecorder:
    """Creates Events; the same reason and message again raises the count of the one that is there.

    An Event is news, not state: beyond a bound on those under way, and on those of one resource in a time, they are dropped and counted.
    """

    def __init__(self, kube: KubeClient, clock: Clock, instance: str) -> None:
        self._kube, self._clock, self._instance = kube, clock, instance
        self._limit = EventLimit(clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # equal ones at once would each add to the same count

    def record(self, resource: Mapping[str, Any], events: Iterable[Event]) -> None:
        """Writes the events in the background."""
        for event in events:
            log_established(line_of(event))
            EVENTS_RECORDED.labels(resource["kind"], event.type.value, event.reason).inc()
            body = self._body(resource, event)
            if self._has_place(body) and self._is_admitted(body):
                task = asyncio.create_task(self._write(body))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _has_place(self, body: Mapping[str, Any]) -> bool:
        if len(self._tasks) < _UNDER_WAY:
            return True
        _log.warning("event dropped", reason=body["reason"])
        _count_dropped(body, "backlog")
        return False

    def _is_admitted(self, body: dict[str, Any]) -> bool:
        """By the limit of its resource; `count` is then how often it happened since it was written last."""
        source = body["reportingComponent"] + (body["reason"] if body["reason"] in EVER_AGAIN else "")
        admission = self._limit.admit((source, body["involvedObject"]["uid"]), body["metadata"]["name"])
        if not admission.times:
            _count_dropped(body, "limit")
            if admission.begins:
                _log.warning("events held back", reason=body["reason"], component=body["reportingComponent"])
            return False
        body["count"] = admission.times
        return True

    async def flush(self, seconds: float) -> None:
        """Waits until what is under way is written, at most `seconds`."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def close(self) -> None:
        """Drops what is not written yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self, body: dict[str, Any]) -> None:
        try:
            turn = self._turns.setdefault(body["metadata"]["name"], asyncio.Lock())
            async with turn:
                await self._create_or_count(body)
        except FlinkopError as error:
            _log.warning("event not written", reason=body["reason"], cause=str(error))
            _count_dropped(body, "refused")

    async def _create_or_count(self, body: dict[str, Any]) -> None:
        try:
            await self._kube.create(EVENTS, body)
        except AlreadyExists:
            await self._count(body)

    async def _count(self, body: dict[str, Any]) -> None:
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        found = await self._kube.get(EVENTS, namespace, name)
        count = (found or {}).get("count", 0) + body["count"]
        patch = {"count": count, "lastTimestamp": body["lastTimestamp"], "message": body["message"]}
        await self._kube.patch(EVENTS, namespace, name, patch)

    def _body(self, resource: Mapping[str, Any], event: Event) -> dict[str, Any]:
        metadata, now = resource["metadata"], timestamp(self._clock.now())
        identity = "\0".join((metadata["uid"], event.type, event.reason, event.message))
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"namespace": metadata["namespace"], "name": f"{_beginning(metadata['name'])}.{digest}"},
            "involvedObject": {
                "apiVersion": resource["apiVersion"],
                "kind": resource["kind"],
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
                "resourceVersion": metadata["resourceVersion"],
            },
            "type": event.type.value,
            "reason": event.reason,
            "message": event.message[:_MESSAGE_LIMIT],
            "count": 1,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "source": {"component": event.component.value},
            "reportingComponent": event.component.value,
            "reportingInstance": self._instance,
        }


def _beginning(name: str) -> str:
    """What of a name is part of an Event's: a cut must not leave a dash or dot before the dot that follows."""
    return name[:_NAME_LIMIT].rstrip("-.")


def _count_dropped(body: Mapping[str, Any], cause: str) -> None:
    EVENTS_DROPPED.labels(body["involvedObject"]["kind"], cause).inc()
