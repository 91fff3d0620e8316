"""How old a JobManager is, is read from the caches, and only where it tells whether a job was lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from tests.unit.controllers.test_flinksessionjob import SHARED, a_resource, wish_of
from tests.unit.lifecycle.builder import JOB_ID, NOW, a_record
from tests.virtualtime import run

from flinkop.controllers.flinksessionjob import Memory
from flinkop.controllers.knowledge import Knowledge
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.controllers.sessionobserver import SessionJobObserver
from flinkop.flink.model import JobOverview, JobState
from flinkop.lifecycle.observed import Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState, SessionObserved

STARTED = "2026-01-01T00:00:00Z"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
POD = {
    "metadata": {"name": "shared-x", "namespace": "team", "labels": {"app": "shared", "component": "jobmanager"}},
    "status": {"phase": "Running", "containerStatuses": [{"name": "flink-main-container", "state": {"running": {"startedAt": STARTED}}}]},
}
MISSING = a_record(phase=Phase.DEPLOYING)
JOB = JobOverview(JOB_ID, "job", JobState.RUNNING, 1, 1, tasks_total=1, tasks_running=1, tasks_finished=0)


class Pods:
    """The cache of pods; `asked` counts the looks at it."""

    def __init__(self) -> None:
        self.asked = 0

    def get(self, _key: Any) -> None:
        raise AssertionError("by its cluster")

    def by_index(self, index: str, key: Any) -> list[dict[str, Any]]:
        assert (index, key) == ("owner", ("team", "shared"))
        self.asked += 1
        return [POD]


class Looks:
    """A JobManager that knows these jobs."""

    def __init__(self, *jobs: JobOverview) -> None:
        self._jobs = list(jobs)

    async def jobs(self, *_: Any) -> list[JobOverview]:
        return self._jobs


def look(record: Record, pods: Pods | None, *jobs: JobOverview, cluster: SessionCluster = SHARED) -> SessionObserved:
    """One look. Neither Kubernetes nor, beyond the overview of jobs, Flink can be asked anything."""
    nothing = cast(Any, None)
    observer = SessionJobObserver(nothing, nothing, cast(Any, Looks(*jobs)), nothing, pods=pods)
    wish = wish_of(Memory(), a_resource())
    return run(observer.observe(("team", "job"), record, wish, cluster, Knowledge(None, None), NOW))


def with_standbys(replicas: int) -> SessionCluster:
    """The cluster with so many JobManagers."""
    assert SHARED.spec is not None
    jobmanager = SHARED.spec.job_manager.model_copy(update={"replicas": replicas})
    return replace(SHARED, spec=SHARED.spec.model_copy(update={"job_manager": jobmanager}))


@pytest.mark.parametrize(
    ("cluster", "since"),
    [
        pytest.param(SHARED, SINCE, id="one JobManager"),
        pytest.param(with_standbys(2), None, id="a standby that the cache does not show yet"),
        pytest.param(replace(SHARED, spec=None), None, id="a cluster that cannot be read"),
    ],
)
def test_the_age_of_the_jobmanager_that_does_not_know_a_job_is_that_of_its_container(
    cluster: SessionCluster, since: datetime | None
) -> None:
    assert look(MISSING, Pods(), cluster=cluster).jobmanager_since == since
    assert look(MISSING, None, cluster=cluster).jobmanager_since is None


@pytest.mark.parametrize(
    ("record", "jobs", "cluster"),
    [
        pytest.param(a_record(), [JOB], SHARED, id="a job at rest"),
        pytest.param(MISSING, [JOB], SHARED, id="a job that has come back"),
        pytest.param(MISSING, [], replace(SHARED, cluster=Cluster(ClusterState.NOT_READY, "starts")), id="no JobManager"),
        pytest.param(a_record(phase=Phase.FAILED), [], SHARED, id="a job that is given up"),
    ],
)
def test_elsewhere_the_pods_are_not_looked_at(record: Record, jobs: list[JobOverview], cluster: SessionCluster) -> None:
    pods = Pods()
    seen = look(record, pods, *jobs, cluster=cluster)
    assert (seen.jobmanager_since, pods.asked) == (None, 0)
    assert not isinstance(seen.rest, Unreachable)
