"""Reading and writing down what was decided: one write when something differs, none when nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from flinkop.clock import Clock, SystemClock
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.unreadable import Unreadable
from flinkop.errors import UnreadableStatus
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import Resource
from flinkop.lifecycle.auditline import lines_about
from flinkop.lifecycle.decision import Component, Decision
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.statusreader import read_for_deletion, read_record
from flinkop.log import log_established, tells_details
from flinkop.monitoring.history import History

_log = structlog.get_logger(__name__)


class Remembering(Protocol):
    """What of a key's memory is used here: the version that the cache shows until it shows what was written."""

    stale_version: str | None


class StatusRecorder:
    """Writes the status of one kind of resources, and the Events that go with it."""

    def __init__(self, kube: KubeClient, events: EventRecorder, resource: Resource, clock: Clock | None = None) -> None:
        self._kube, self._events, self._resource = kube, events, resource
        clock = clock or SystemClock()
        self._unreadable = Unreadable(events, clock, Component.OPERATOR)
        self.history = History(resource.kind, clock)

    def read(self, resource: Mapping[str, Any]) -> Record:
        """What the status of `resource` says; of one that is deleted only what can be read: a deletion starts nothing, and has to end.

        Raises:
            UnreadableStatus: somebody else wrote it, or a newer version. An Event says so.
        """
        status = resource.get("status") or {}
        structlog.contextvars.bind_contextvars(phase=status.get("phase") or Phase.CREATED.value)
        try:
            return read_record(status)
        except UnreadableStatus as error:
            if "deletionTimestamp" in resource["metadata"]:
                return read_for_deletion(status)
            self._unreadable.tell(resource, error)
            raise

    async def record(
        self, resource: Mapping[str, Any], record: Record, decision: Decision, after: Mapping[str, Any], memory: Remembering
    ) -> Mapping[str, Any]:
        """Makes `after` the status of `resource`, which was read as `record`; gives the resource as it is then.

        Raises:
            TransientError: the API server cannot answer now, or somebody else was faster.
        """
        before = resource.get("status") or {}
        if after != before:
            version = resource["metadata"]["resourceVersion"]
            resource = await self.replace(resource, after)
            if resource["metadata"]["resourceVersion"] != version:  # an old CRD drops fields, so that nothing may have changed
                memory.stale_version = version
            self.history.tell(resource["metadata"]["uid"], record, decision)
        _tell(record, decision)
        for line in lines_about(before, after, decision):
            log_established(line)
        self.history.tell_events(decision.events)
        self._events.record(resource, decision.events)
        return resource

    async def replace(self, resource: Mapping[str, Any], status: Mapping[str, Any]) -> Mapping[str, Any]:
        """Makes `status` that of the resource; gives the resource as it is then.

        Raises:
            TransientError: the API server cannot answer now, or somebody else was faster.
        """
        metadata = resource["metadata"]
        body = {
            "apiVersion": resource["apiVersion"],
            "kind": resource["kind"],
            "metadata": {field: metadata[field] for field in ("name", "namespace", "uid", "resourceVersion")},
            "status": status,
        }
        return await self._kube.replace_status(self._resource, body)


def is_stale(resource: Mapping[str, Any], memory: Remembering) -> bool:
    """Whether the cache has not shown yet what this process wrote last. Its event comes, and with it the next pass."""
    if memory.stale_version == resource["metadata"]["resourceVersion"]:
        return True
    memory.stale_version = None
    return False


def _tell(before: Record, decision: Decision) -> None:
    """One line for a decision: why, and what is done. None when nothing is done and everything is as it was."""
    after = decision.record
    if tells_details():  # of a pass without a decision, too, its last line tells where the resource is, and why
        structlog.contextvars.bind_contextvars(phase=after.phase.value, reason=after.reason)
    if not decision.actions and (before.phase, before.reason, before.step) == (after.phase, after.reason, after.step):
        return
    structlog.contextvars.bind_contextvars(phase=after.phase.value)
    _log.info(
        "decision",
        was=before.phase.value,
        reason=after.reason,
        message=after.message,
        step=type(after.step).__name__ if after.step is not None else None,
        actions=[type(action).__name__ for action in decision.actions],
    )
