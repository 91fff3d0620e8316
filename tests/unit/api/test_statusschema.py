"""The API server drops status fields that the definition does not describe: none of those that the operator writes may be missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flinkop.api.crd import build_crds
from flinkop.api.flinkdeploymentstatus import FlinkDeploymentStatus
from flinkop.api.kind import FLINK_DEPLOYMENT
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.record import JobRecord, Record, Start
from flinkop.lifecycle.restore import Rejected, RestoreChoice, RestorePoint, RestoreSource
from flinkop.lifecycle.statuswriter import Scale, write_status
from flinkop.lifecycle.step import Cancelling, HaFate, Step, TakingSavepoint, TearingDown, WaitingToRetry

NOW = datetime(2025, 1, 1, tzinfo=UTC)

STEPS: dict[str, Step] = {
    "taking a savepoint": TakingSavepoint(NOW, "trigger", attempt=2),
    "cancelling": Cancelling(NOW),
    "tearing down": TearingDown(NOW, HaFate.KEEP),
    "waiting to retry": WaitingToRetry(NOW, generation=2, attempt=1, not_before=NOW),
}


def a_full_status(step: Step) -> dict[str, Any]:
    rejected = (Rejected(RestoreSource.SAVEPOINT, "older", "s3://sp"), Rejected(RestoreSource.EMPTY, "there is state"))
    record = Record(
        step=step,
        start=Start(NOW, generation=2, job_result_store_id="store"),
        invalid="spec.job: is wrong",
        generation=2,
        job=JobRecord("id", "name", JobState.RUNNING, 1, 2),
        savepoint_path="s3://sp",
        restore=RestoreChoice(RestorePoint(RestoreSource.LAST_STATE, "s3://chk", "id"), "HaMetadata", "Because.", rejected),
        reconciled={"image": "a"},
        reconciled_at=3,
        stable={"image": "b"},
        failure="it broke",
        cluster_info={"flink-version": "1.20"},
    )
    return write_status(record, {}, Scale("app=a", 1), NOW)


def pruned(value: Any, schema: dict[str, Any]) -> Any:
    """What the API server keeps of `value`."""
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        return {key: pruned(item, known[key]) for key, item in value.items() if key in known}
    if isinstance(value, list):
        return [pruned(item, schema["items"]) for item in value]
    return value


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_the_api_server_keeps_every_status_field_that_the_operator_writes(step: Step) -> None:
    (crd,) = build_crds([FLINK_DEPLOYMENT])
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
    status = a_full_status(step)
    assert pruned(status, schema) == status


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_every_value_that_the_operator_writes_has_the_described_type(step: Step) -> None:
    FlinkDeploymentStatus.model_validate(a_full_status(step), by_alias=True, by_name=False)
