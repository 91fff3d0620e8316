"""Submissions get lost between operator and JobManager, or their answers do: each job runs once, and none is lost.

A proxy in the JobManager's pod has the port to which the REST service leads, and Flink has another, of which only its command line tells.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cluster import place
from tests.e2e.test_sessionjobs import a_session_job, running
from tests.e2e.world import NAMESPACE, World, a_flinkdeployment
from tests.fakes.losingproxy import Loss

pytestmark = pytest.mark.long
CLUSTER, PROXY = "losing", "losing-proxy"
NAMES = [f"lost-{number}" for number in range(len(Loss))]
_PROGRAM = place.REPOSITORY / "tests" / "fakes" / "losingproxy.py"
_PORT, _BEHIND = "8081", "8082"


def the_program() -> dict[str, Any]:
    """The proxy, for its pod."""
    metadata = {"name": PROXY, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"proxy.py": _PROGRAM.read_text()}}


def a_cluster_behind_the_proxy() -> dict[str, Any]:
    """A session cluster with high availability."""
    manifest = a_flinkdeployment(CLUSTER)
    spec = manifest["spec"]
    del spec["job"]
    spec["flinkConfiguration"] |= {
        "taskmanager.numberOfTaskSlots": str(len(NAMES)),
        "kubernetes.operator.pod-template.merge-arrays-by-name": "true",
        "kubernetes.jobmanager.entrypoint.args": f"-D rest.bind-port={_BEHIND}",
    }
    proxy = {
        "name": PROXY,
        "image": "localhost/flinkop:dev",
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "/program/proxy.py", _PORT, f"http://127.0.0.1:{_BEHIND}"],
        "volumeMounts": [{"name": "program", "mountPath": "/program"}],
    }
    volume = {"name": "program", "configMap": {"name": PROXY}}
    # the size is shared with the TaskManagers, which have no proxy
    spec["jobManager"] = {**spec["jobManager"], "podTemplate": {"spec": {"containers": [proxy], "volumes": [volume]}}}
    return manifest


def a_job(name: str) -> dict[str, Any]:
    manifest = a_session_job(name)
    manifest["spec"]["deploymentName"] = CLUSTER
    return manifest


@pytest.fixture
def jobs(world: World) -> Iterator[World]:
    """The jobs on a session cluster that the operator reaches through the proxy only."""
    world.apply(the_program())
    world.apply(a_cluster_behind_the_proxy())
    world.wait_until_running(CLUSTER, 180)
    yield world.session_jobs(CLUSTER)
    world.delete(CLUSTER, 120)
    world.leaves_nothing(CLUSTER)
    world.cluster.kubectl("-n", NAMESPACE, "delete", "configmap", PROXY)


def ids(jobs: World) -> list[str]:
    """In the order of the names."""
    return [jobs.status(name)["jobStatus"]["jobId"] for name in NAMES]


def known(jobs: World) -> list[str]:
    """The ids of all jobs that the JobManager has ever taken, whatever became of them."""
    return sorted(job["jid"] for job in jobs.flink(CLUSTER, "/jobs/overview")["jobs"])


def submissions(jobs: World) -> list[tuple[str, Loss | None]]:
    """All that the operator has sent, in their order: the job's id, and how it was lost."""
    lines = jobs.cluster.kubectl("-n", NAMESPACE, "logs", f"deployment/{CLUSTER}", "-c", PROXY).splitlines()
    told = [json.loads(line) for line in lines if line.startswith('{"job"')]
    return [(one["job"], Loss(one["loss"]) if one["loss"] else None) for one in told]


def lost_in_every_way(jobs: World, submitted: list[str]) -> None:
    """The first submission of each of these jobs was lost, and what never arrived came again under the same id."""
    sent = submissions(jobs)
    first = [next(loss for one, loss in sent if one == job_id) for job_id in submitted]
    assert sorted(map(str, first)) == sorted(Loss)
    never_sent = submitted[first.index(Loss.NEVER_SENT)]
    assert (never_sent, None) in sent


def test_each_job_runs_once_and_none_is_lost_however_its_submission_was(jobs: World) -> None:
    for name in NAMES:
        jobs.apply(a_job(name))
    for name in NAMES:
        jobs.wait_until_running(name, 180)
    begun = ids(jobs)
    assert running(jobs) == known(jobs) == sorted(begun)
    lost_in_every_way(jobs, begun)

    before = {name: jobs.wait_for_count(name, 100).newest for name in NAMES}
    for name in NAMES:
        jobs.patch(name, {"job": {"args": ["--rate", "250"]}})
    for name in NAMES:
        jobs.wait_until_running(name, 180)
        jobs.goes_on(name, before[name])
        assert jobs.status(name)["restore"]["source"] == "savepoint"
    upgraded = ids(jobs)
    assert running(jobs) == sorted(upgraded)
    assert known(jobs) == sorted([*begun, *upgraded])
    lost_in_every_way(jobs, upgraded)
    for name in NAMES:
        jobs.delete(name)
    assert running(jobs) == []
