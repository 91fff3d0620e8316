"""How generic tools (kubectl's cli-utils, kpt, Flux, Argo CD) tell from a resource how it fares.

Source: kstatus, https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus: the rules for resources of unknown kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """What such tools know of a resource."""

    TERMINATING = "Terminating"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    CURRENT = "Current"


def kstatus(resource: Mapping[str, Any]) -> Status:
    """First match: a deletion, a generation that was not looked at, the first abnormal condition, `Ready`; without it all is well."""
    metadata, status = resource["metadata"], resource.get("status") or {}
    if "deletionTimestamp" in metadata:
        return Status.TERMINATING
    if "observedGeneration" in status and status["observedGeneration"] != metadata["generation"]:
        return Status.IN_PROGRESS
    conditions = [(condition["type"], condition["status"]) for condition in status.get("conditions") or ()]
    for condition in conditions:
        if condition == ("Reconciling", "True"):
            return Status.IN_PROGRESS
        if condition == ("Stalled", "True"):
            return Status.FAILED
    ready = dict(conditions).get("Ready", "True")
    return Status.CURRENT if ready == "True" else Status.IN_PROGRESS
