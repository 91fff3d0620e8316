"""Kubernetes Events: written beside the pass, so that a slow or refusing API server never holds one up."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from flinkop.clock import Clock
from flinkop.errors import AlreadyExists, FlinkopError
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import EVENTS
from flinkop.lifecycle.auditline import line_of
from flinkop.lifecycle.decision import Event
from flinkop.lifecycle.statuswriter import timestamp
from flinkop.log import log_established

_log = structlog.get_logger(__name__)
_MESSAGE_LIMIT = 1024  # of core/v1 Events
_UNDER_WAY = 256


class EventRecorder:
    """Creates Events; the same reason and message again raises the count of the one that is there."""

    def __init__(self, kube: KubeClient, clock: Clock, instance: str) -> None:
        self._kube, self._clock, self._instance = kube, clock, instance
        self._tasks: set[asyncio.Task[None]] = set()

    def record(self, resource: Mapping[str, Any], events: Iterable[Event]) -> None:
        """Writes the events in the background. Beyond a bound they are dropped: an Event is news, not state."""
        for event in events:
            log_established(line_of(event))
            if len(self._tasks) >= _UNDER_WAY:
                _log.warning("event dropped", reason=event.reason)
                continue
            task = asyncio.create_task(self._write(resource, event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def flush(self, seconds: float) -> None:
        """Waits until what is under way is written, at most `seconds`."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def close(self) -> None:
        """Drops what is not written yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self, resource: Mapping[str, Any], event: Event) -> None:
        body = self._body(resource, event)
        try:
            await self._create_or_count(body)
        except FlinkopError as error:
            _log.warning("event not written", reason=event.reason, cause=str(error))

    async def _create_or_count(self, body: dict[str, Any]) -> None:
        try:
            await self._kube.create(EVENTS, body)
        except AlreadyExists:
            await self._count(body)

    async def _count(self, body: dict[str, Any]) -> None:
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        found = await self._kube.get(EVENTS, namespace, name)
        count = (found or {}).get("count", 0) + 1
        patch = {"count": count, "lastTimestamp": body["lastTimestamp"], "message": body["message"]}
        await self._kube.patch(EVENTS, namespace, name, patch)

    def _body(self, resource: Mapping[str, Any], event: Event) -> dict[str, Any]:
        metadata, now = resource["metadata"], timestamp(self._clock.now())
        identity = "\0".join((metadata["uid"], event.type, event.reason, event.message))
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"namespace": metadata["namespace"], "name": f"{metadata['name'][:200]}.{digest}"},
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
