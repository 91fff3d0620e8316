"""Volumes that a pod waits for: its status says no more than that its containers are being created, only Events tell the cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.errors import FlinkopError
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import EVENTS
from flinkop.lifecycle.observed import Trouble
from flinkop.redaction import redact_line

FAILED_MOUNT = "FailedMount"
_LONGEST = 500


class MountFailures:
    """Asks for the Events of a pod."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube

    async def find(self, namespace: str, pod: Mapping[str, str]) -> Trouble | None:
        """What keeps the pod of that name and uid waiting; None when that is no volume, or cannot be read: it must not hold anything up."""
        selector = f"involvedObject.uid={pod['uid']},reason={FAILED_MOUNT}"
        try:
            page = await self._kube.list_page(EVENTS, namespace, {"fieldSelector": selector})
        except FlinkopError:
            return None
        newest = max(page.get("items") or (), key=_seen_at, default=None)
        return None if newest is None else Trouble(FAILED_MOUNT, f"Pod {pod['name']} waits for a volume: {_one_line(newest)}")


def _seen_at(event: Mapping[str, Any]) -> str:
    times = ((event.get("series") or {}).get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next((time for time in times if time), "")


def _one_line(event: Mapping[str, Any]) -> str:
    return redact_line(event.get("message") or "", _LONGEST)
