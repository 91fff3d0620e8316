"""From a FlinkStateSnapshot to what is desired: the spec is read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.api.flinkstatesnapshot import FlinkStateSnapshotSpec, JobReference, parse_snapshot_spec
from flinkop.controllers.finalizer import finalizer_of
from flinkop.errors import InvalidSpec
from flinkop.kube.resource import FLINK_STATE_SNAPSHOTS
from flinkop.lifecycle.desired import Settings
from flinkop.lifecycle.snapshotkind import CHECKPOINT, SAVEPOINT
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.validation.flinkstatesnapshot import validate_flinkstatesnapshot

_NOTHING = FlinkStateSnapshotSpec()


def read_snapshot_spec(resource: Mapping[str, Any]) -> tuple[FlinkStateSnapshotSpec, tuple[str, ...]]:
    """The spec, and what is wrong with it. Of one that cannot be read nothing is known.

    Whether its job exists is no matter of validity here: it may be about to be created, and is waited for.
    """
    try:
        spec = parse_snapshot_spec(resource.get("spec") or {})
    except InvalidSpec as error:
        return _NOTHING, (str(error),)
    return spec, tuple(str(violation) for violation in validate_flinkstatesnapshot(spec) if violation.is_error)


def reference_of(spec: FlinkStateSnapshotSpec) -> JobReference:
    """The job that is named; an empty reference names none."""
    return spec.job_reference or JobReference()


def desired_of(
    resource: Mapping[str, Any], record: SnapshotRecord, spec: FlinkStateSnapshotSpec, problems: tuple[str, ...], settings: Settings
) -> SnapshotDesired:
    """What the snapshot asks for; `settings` are those of its job."""
    metadata, savepoint, reference = resource["metadata"], spec.savepoint, reference_of(spec)
    return SnapshotDesired(
        kind=CHECKPOINT if savepoint is None else SAVEPOINT,
        settings=settings,
        generation=metadata.get("generation", record.generation),
        exists=savepoint is not None and savepoint.already_exists,
        path=(savepoint.path or None) if savepoint is not None else None,
        format=savepoint.format_type.value if savepoint is not None else "",
        disposes=savepoint is not None and savepoint.dispose_on_delete,
        backoff_limit=spec.backoff_limit,
        names_job=bool(reference.kind and reference.name),
        deleting="deletionTimestamp" in metadata,
        has_finalizer=finalizer_of(FLINK_STATE_SNAPSHOTS) in metadata.get("finalizers", ()),
        problems=problems,
    )
