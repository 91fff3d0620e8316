"""Rules about FlinkStateSnapshots."""

from __future__ import annotations

from typing import Any

import pytest

from flinkop.api.flinkstatesnapshot import SnapshotState, parse_snapshot_spec
from flinkop.validation.flinkstatesnapshot import validate_flinkstatesnapshot

JOB = {"kind": "FlinkDeployment", "name": "job"}
EXISTS = {"alreadyExists": True, "path": "s3://sp"}
NAME_IT = "name the FlinkDeployment, FlinkSessionJob or FlinkApplication: kind and name"

ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a savepoint": ({"jobReference": JOB, "savepoint": {}}, []),
    "a checkpoint": ({"jobReference": JOB, "checkpoint": {}}, []),
    "a savepoint of an application": ({"jobReference": {"kind": "FlinkApplication", "name": "job"}, "savepoint": {}}, []),
    "a savepoint that exists": ({"savepoint": EXISTS}, []),
    "a savepoint that exists, of a job": ({"jobReference": JOB, "savepoint": EXISTS}, []),
    "neither": ({"jobReference": JOB}, ["spec: asks for neither a savepoint nor a checkpoint; write savepoint: {} or checkpoint: {}"]),
    "both": (
        {"jobReference": JOB, "savepoint": {}, "checkpoint": {}},
        ["spec: asks for a savepoint and a checkpoint; keep one of spec.savepoint and spec.checkpoint"],
    ),
    "no job": ({"savepoint": {}}, [f"spec.jobReference: is not set; {NAME_IT}"]),
    "no job of a checkpoint": ({"checkpoint": {}}, [f"spec.jobReference: is not set; {NAME_IT}"]),
    "no kind and no name": (
        {"jobReference": {}, "savepoint": {}},
        [f"spec.jobReference.kind: is not set; {NAME_IT}", f"spec.jobReference.name: is not set; {NAME_IT}"],
    ),
    "a savepoint that exists nowhere": (
        {"savepoint": {"alreadyExists": True, "path": " "}},
        ["spec.savepoint.path: is not set, though the savepoint exists already; write the savepoint's path"],
    ),
    "a format that there is not": (
        {"jobReference": JOB, "savepoint": {"formatType": "UNKNOWN"}},
        ["spec.savepoint.formatType: is UNKNOWN, which Flink cannot write; write CANONICAL or NATIVE"],
    ),
    "an unknown format of what exists": ({"savepoint": {**EXISTS, "formatType": "UNKNOWN"}}, []),
}


@pytest.mark.parametrize(("raw", "sentences"), ROWS.values(), ids=ROWS.keys())
def test_what_is_wrong_is_told(raw: dict[str, Any], sentences: list[str]) -> None:
    assert [str(violation) for violation in validate_flinkstatesnapshot(parse_snapshot_spec(raw))] == sentences


@pytest.mark.parametrize(
    ("state", "has_target", "refused"),
    [
        (None, False, True),
        (SnapshotState.TRIGGER_PENDING, False, True),
        (SnapshotState.IN_PROGRESS, False, False),
        (SnapshotState.COMPLETED, False, False),
        (SnapshotState.FAILED, False, False),
        (None, True, False),
        (None, None, False),
    ],
)
def test_the_job_is_there_as_long_as_nothing_has_begun(state: SnapshotState | None, has_target: bool | None, refused: bool) -> None:
    found = validate_flinkstatesnapshot(parse_snapshot_spec({"jobReference": JOB, "savepoint": {}}), state, has_target)

    assert [violation.path for violation in found] == (["spec.jobReference"] if refused else [])


def test_a_savepoint_that_exists_needs_no_job_to_be_there() -> None:
    assert validate_flinkstatesnapshot(parse_snapshot_spec({"jobReference": JOB, "savepoint": EXISTS}), has_target=False) == ()
