"""Whole operators and bad input: what people write, what a namespace's end takes away, and what JobManagers answer."""

from __future__ import annotations

import json
from typing import Any

from structlog.testing import capture_logs
from tests.component.controllers.stage import NAME, Stage, a_spec, condition_of, has_reason
from tests.fakes.jobmanager import Job

from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS

NO_PARALLELISM = {"job": {"parallelism": 0}}
SECRET = "AKIAIOSFODNN7EXAMPLE"


def is_stalled(found: Any) -> bool:
    return condition_of(found, "Stalled").get("status") == "True"


async def test_an_invalid_spec_is_told_and_the_running_job_goes_on_until_a_valid_one_comes(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace)
        generation = (await stage.change(namespace, NO_PARALLELISM))["metadata"]["generation"]
        found = await stage.wait_until(namespace, "stalled", is_stalled)
        stalled = condition_of(found, "Stalled")
        assert stalled["reason"] == "ValidationError"
        assert stalled["message"].startswith("spec.job.parallelism: is 0")
        assert found["status"]["observedGeneration"] == generation
        assert (found["status"]["phase"], condition_of(found, "Running")["status"]) == ("Running", "True")
        assert json.loads(found["status"]["error"])["type"] == "ValidationError"
        await stage.change(namespace, {"job": {"parallelism": 2}})
        found = await stage.wait_for(namespace, "Running", 2)
        assert not is_stalled(found)
        assert "error" not in found["status"]
    told = [event for event in await stage.events(namespace) if event["reason"] == "ValidationError"]
    assert [(event["type"], event["count"], event["message"].partition(":")[0]) for event in told] == [
        ("Warning", 1, "spec.job.parallelism")
    ]


async def test_a_spec_that_was_never_valid_starts_nothing_and_can_be_deleted(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.create(namespace, a_spec(parallelism=0))
        found = await stage.wait_until(namespace, "stalled", is_stalled)
        assert found["status"]["phase"] == "Created"
        assert await stage.leftovers(namespace) == []
        await stage.delete(namespace)
        await stage.wait_for(namespace, None)


async def test_a_spec_that_becomes_invalid_while_the_old_cluster_goes_does_not_leave_the_job_stopped(stage: Stage) -> None:
    """What ran before is in force: it is started again from the savepoint."""
    namespace = await stage.a_namespace()
    stage.world.jobmanagers.lingering_seconds = 0.6
    async with stage.operator(namespace):
        await stage.running(namespace)
        await stage.change(namespace, {"job": {"args": ["new"]}})
        await stage.wait_until(namespace, "stopping", has_reason("StoppingCluster"))
        await stage.change(namespace, NO_PARALLELISM)
        await stage.wait_until(namespace, "running", lambda found: is_stalled(found) and found["status"]["phase"] == "Running")
        first, second = stage.world.jobmanagers.starts((namespace, NAME))
        assert (first.restored_from, second.count) == (None, 1)


async def test_a_jobmanager_that_hangs_delays_nobody_else(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace, name="hanging")
        jobmanager = stage.world.jobmanagers.alive[namespace, "hanging"]
        jobmanager.hangs = True
        await stage.running(namespace, name="other")
        await stage.change(namespace, {"job": {"args": ["new"]}}, "other")
        await stage.wait_for(namespace, "Running", 2, "other")
        await stage.wait_until(namespace, "told", has_reason("JobManagerNotAnswering"), "hanging")
        jobmanager.hangs = False
        await stage.wait_for(namespace, "Running", 1, "hanging")
        assert len(stage.world.jobmanagers.starts((namespace, "hanging"))) == 1


GARBAGE: dict[str, tuple[int, bytes]] = {
    "a page": (200, b"<html>Bad gateway</html>"),
    "nothing": (200, b""),
    "not JSON": (200, b"{"),
    "a list": (200, b"[]"),
    "a number for jobs": (200, b'{"jobs": 5}'),
    "jobs without fields": (200, b'{"jobs": [{}]}'),
    "a job that is text": (200, b'{"jobs": ["x"]}'),
    "an unknown state": (200, b'{"jobs": [{"jid": "x", "name": "x", "state": "DANCING", "tasks": {}}]}'),
    "an error": (500, b'{"errors": ["Internal server error.", "java.lang.OutOfMemoryError"]}'),
    "an error that is no text": (500, b'{"errors": 5}'),
    "no leader": (503, b'{"errors": ["Service temporarily unavailable due to an ongoing leader election."]}'),
    "a redirect": (307, b"{}"),
    "not UTF-8": (200, b'{"jobs": "\xff"}'),
}


async def test_whatever_a_jobmanager_answers_its_job_is_left_running(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace)
        jobmanager = stage.world.jobmanagers.alive[namespace, NAME]
        for what, answer in GARBAGE.items():
            jobmanager.says = answer
            await stage.wait_until(namespace, what, has_reason("JobManagerNotAnswering"))
            jobmanager.says = None
            await stage.wait_for(namespace, "Running")
    assert len(stage.world.jobmanagers.starts((namespace, NAME))) == 1
    assert jobmanager.job.triggers == {}


async def test_a_job_that_somebody_else_submitted_is_not_taken_for_ours(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace)
        jobmanager = stage.world.jobmanagers.alive[namespace, NAME]
        jobmanager.others.append(Job("f" * 32, 100, state="FAILED", failure="not ours"))
        await stage.change(namespace, {"job": {"args": ["new"]}})
        await stage.wait_for(namespace, "Running", 2)
    assert stage.problems(namespace) == []
    assert [start.count for start in stage.world.jobmanagers.starts((namespace, NAME))] == [0, 1]


async def test_the_deletion_of_a_namespace_ends(stage: Stage) -> None:
    """What the namespace's controller does: everything is deleted, in any order, and nothing can be made any more."""
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace)
        stage.plane.kubectl("delete", "namespace", namespace, "--wait=false")
        await stage.kube.delete(DEPLOYMENTS, namespace, NAME)
        for config_map in await stage.kube.list(CONFIG_MAPS, namespace):
            await stage.kube.delete(CONFIG_MAPS, namespace, config_map["metadata"]["name"])
        await stage.delete(namespace)
        await stage.wait_for(namespace, None)
    assert len(stage.world.jobmanagers.starts((namespace, NAME))) == 1


async def test_a_resource_in_a_namespace_that_is_being_deleted_starts_nothing_and_goes(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    await stage.create(namespace, a_spec())
    stage.plane.kubectl("delete", "namespace", namespace, "--wait=false")
    async with stage.operator(namespace):
        await stage.wait_until(namespace, "tried", has_reason("ClusterStarting"))
        await stage.delete(namespace)
        await stage.wait_for(namespace, None)
    assert stage.world.jobmanagers.starts((namespace, NAME)) == []


async def test_no_secret_of_a_configuration_is_told(stage: Stage) -> None:
    """The recorded specs are compared with the next one, so they hold what the spec holds. Nothing else does."""
    namespace = await stage.a_namespace()
    spec = a_spec(configuration={"s3.secret-key": SECRET, "env.java.opts.all": f"-Dpassword={SECRET}"})
    with capture_logs() as logs:
        async with stage.operator(namespace):
            await stage.running(namespace, spec)
            jobmanager = stage.world.jobmanagers.alive[namespace, NAME]
            jobmanager.savepoint_fails_with = f"java.io.IOException: s3.secret-key: {SECRET} is not accepted"
            await stage.change(namespace, {"job": {"args": ["new"]}})
            failed = await stage.wait_until(namespace, "failed", has_reason("SavepointFailed"))
            await stage.change(namespace, NO_PARALLELISM)
            invalid = await stage.wait_until(namespace, "stalled", is_stalled)
            jobmanager.savepoint_fails_with = None
            await stage.change(namespace, {"job": {"parallelism": 2}})
            final = await stage.wait_for(namespace, "Running", 2)
    assert len(logs) > 5
    assert SECRET not in json.dumps(logs, default=str)
    assert [event for event in await stage.events(namespace) if SECRET in json.dumps(event)] == []
    for found in (failed, invalid, final):
        assert SECRET not in json.dumps({**found["status"], "reconciliationStatus": None})
