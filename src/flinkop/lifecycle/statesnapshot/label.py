"""The labels that the established operator sets on FlinkStateSnapshots."""

from __future__ import annotations

from collections.abc import Mapping

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.api.jobstatus import TriggerType
from flinkop.api.label import is_label_value

TYPE, TRIGGER_TYPE, STATE = "snapshot.type", "snapshot.trigger-type", "snapshot.state"
JOB_KIND, JOB_NAME = "job-reference.kind", "job-reference.name"


def labels_of(
    word: str, trigger_type: TriggerType, state: SnapshotState | None, job_kind: str | None, job_name: str | None
) -> Mapping[str, str]:
    """`word` is that of the kind of snapshot. A name that cannot be a label, as a long one, is in `spec.jobReference` only."""
    found = {
        TYPE: word.upper(),
        TRIGGER_TYPE: trigger_type.value,
        STATE: (state or SnapshotState.TRIGGER_PENDING).value,
        JOB_KIND: job_kind,
        JOB_NAME: job_name,
    }
    return {key: value for key, value in found.items() if value and is_label_value(value)}


def trigger_type_of(labels: Mapping[str, str]) -> TriggerType:
    """Who asked for it: what says nothing was made by hand."""
    found = labels.get(TRIGGER_TYPE)
    return TriggerType(found) if found in set(TriggerType) else TriggerType.MANUAL
