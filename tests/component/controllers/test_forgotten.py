"""A session job that ends while no operator is there, and that Flink has forgotten when one comes back."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.component.controllers.stage import Stage, a_spec, condition_of, is_fulfilled
from tests.component.controllers.test_session_crash import CLUSTER, STATELESS, is_at, jobmanager, running, starts

from flinkop.kube.resource import FLINK_SESSION_JOBS, PODS

HOUR = timedelta(hours=1)


async def start_container(stage: Stage, namespace: str, age: timedelta) -> None:
    """What a kubelet writes of the JobManager's pod."""
    (pod,) = await stage.kube.list(PODS, namespace, f"app={CLUSTER},component=jobmanager")
    began = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    container = {
        "name": "flink-main-container",
        "image": "flink",
        "imageID": "flink",
        "ready": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": began}},
    }
    status = {"phase": "Running", "containerStatuses": [container]}
    await stage.kube.patch(PODS, namespace, pod["metadata"]["name"], {"status": status}, subresource="status")


async def a_job_that_was_forgotten(stage: Stage, namespace: str) -> Stage:
    """A job that ran, and its JobManager, which does not know it any more; no operator is there."""
    jobs = replace(stage, kind=FLINK_SESSION_JOBS)
    async with stage.operator(namespace):
        await stage.create(namespace, {name: value for name, value in a_spec(high_availability=False).items() if name != "job"}, CLUSTER)
        await stage.wait_until(namespace, "ready", is_fulfilled, CLUSTER)
        await jobs.create(namespace, dict(STATELESS))
        await jobs.wait_until(namespace, "running", is_at("Running"))
        (job,) = running(stage, namespace)
        job.start_time = int((time.time() - HOUR.total_seconds()) * 1000)
        await jobs.wait_until(namespace, "seen", lambda found: found["status"]["jobStatus"]["startTime"] == str(job.start_time))
    jobmanager(stage, namespace).submitted.clear()
    return jobs


async def test_a_job_that_its_own_jobmanager_has_forgotten_runs_again_only_when_somebody_asks_for_it(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    jobs = await a_job_that_was_forgotten(stage, namespace)
    await start_container(stage, namespace, age=2 * HOUR)
    async with stage.operator(namespace):
        found = await jobs.wait_until(namespace, "failed", lambda one: one["status"]["phase"] == "Failed")
        assert (found["status"]["reason"], condition_of(found, "Stalled")["status"]) == ("JobNotFound", "True")
        assert "the job ended unseen" in found["status"]["message"]
        assert len(starts(stage, namespace)) == 1
    async with stage.operator(namespace):
        await jobs.change(namespace, {"restartNonce": 1})
        await jobs.wait_until(namespace, "running", is_at("Running"))
        assert len(starts(stage, namespace)) == 2
    told = [event["message"] for event in await stage.events(namespace) if event["reason"] == "Missing" and event["type"] == "Warning"]
    assert found["status"]["message"] in told


@pytest.mark.parametrize("age", [pytest.param(0 * HOUR, id="another process"), pytest.param(None, id="nobody knows which process")])
async def test_a_job_whose_jobmanager_may_have_been_lost_is_submitted_again(stage: Stage, age: timedelta | None) -> None:
    namespace = await stage.a_namespace()
    jobs = await a_job_that_was_forgotten(stage, namespace)
    if age is not None:
        await start_container(stage, namespace, age)
    async with stage.operator(namespace):
        await jobs.wait_until(namespace, "running", lambda found: is_at("Running")(found) and len(starts(stage, namespace)) == 2)
