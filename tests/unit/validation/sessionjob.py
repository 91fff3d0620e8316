"""A FlinkSessionJob in which nothing is wrong, on a session cluster, to be changed by one thing at a time."""

from __future__ import annotations

from typing import Any

from tests.unit.validation import deployment

from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec, parse_sessionjob_spec
from flinkop.resources.sessionjob import build_session_job_configuration
from flinkop.validation.flinksessionjob import validate_flinksessionjob

_JOB: dict[str, Any] = {"jarURI": "https://repository.example.com/job.jar", "parallelism": 2}


def a_session_job(**changes: Any) -> FlinkSessionJobSpec:
    """The healthy spec with top-level fields replaced; `job` is changed field by field, and removed by None."""
    raw = {"deploymentName": "session", "job": _JOB, **changes}
    if changes.get("job"):
        raw["job"] = {**_JOB, **changes["job"]}
    return parse_sessionjob_spec(raw)


def a_session(**changes: Any) -> FlinkDeploymentSpec:
    """The session cluster."""
    return deployment.a_spec(**{"job": None, **changes})


def sentences_of(
    spec: FlinkSessionJobSpec,
    cluster: FlinkDeploymentSpec | None = None,
    previous: FlinkSessionJobSpec | None = None,
    **defaults: str,
) -> list[str]:
    """The violations as people read them, warnings marked."""
    conf = build_session_job_configuration("default", "job", spec, cluster, defaults) if cluster else defaults
    found = validate_flinksessionjob("job", "default", spec, conf, previous, cluster)
    return [f"{'' if violation.is_error else 'warning '}{violation}" for violation in found]
