"""The operator is struck at every single request in the life of a session job: the end is the same, and there is never a second job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from tests.component.controllers.everyrequest import kind_of, strike_every_request
from tests.component.controllers.mortal import Strike
from tests.component.controllers.passingtime import time_that_passes
from tests.component.controllers.stage import Condition, Stage, a_spec, has_reason, is_fulfilled
from tests.component.waiting import until
from tests.fakes.jobmanager import Job, JobManager, Start

from flinkop.kube.resource import FLINK_DEPLOYMENTS, FLINK_SESSION_JOBS

CLUSTER = "shared"
_OPTION = "kubernetes.operator."
Story = Callable[[Stage, str], Awaitable[Any]]


def a_job_spec(configuration: Mapping[str, str] | None = None, **job: Any) -> dict[str, Any]:
    """A job from a jar in the image; keyword arguments are fields of `job`."""
    default = {"jarURI": "local:///job.jar", "entryClass": "Job", "parallelism": 1, "upgradeMode": "savepoint"}
    return {"deploymentName": CLUSTER, "flinkConfiguration": dict(configuration or {}), "job": {**default, **job}}


@dataclass(frozen=True)
class Scenario:
    """As in `test_crash`, with a session job on a cluster that is there already."""

    story: Story
    phase: str | None
    starts: tuple[str | None, ...]
    spec: Mapping[str, Any] = field(default_factory=a_job_spec)
    prepared: tuple[tuple[dict[str, Any], str], ...] = (({}, "Running"),)


def jobmanager(stage: Stage, namespace: str) -> JobManager:
    return stage.world.jobmanagers.alive[namespace, CLUSTER]


def running(stage: Stage, namespace: str) -> list[Job]:
    return [job for job in jobmanager(stage, namespace).submitted.values() if job.state == "RUNNING"]


def starts(stage: Stage, namespace: str) -> list[Start]:
    """Those of the jobs; a cluster that starts has no job."""
    return [start for start in stage.world.jobmanagers.starts((namespace, CLUSTER)) if start.job_id]


def change(spec: dict[str, Any] | None = None, **job: Any) -> Story:
    return lambda stage, namespace: stage.change(namespace, {**(spec or {}), "job": job})


async def create(stage: Stage, namespace: str) -> None:
    await stage.create(namespace, a_job_spec())


async def delete(stage: Stage, namespace: str) -> None:
    await stage.delete(namespace)


async def upgrade_with_a_slow_savepoint(stage: Stage, namespace: str) -> None:
    """An operator that comes back finds the savepoint still in progress."""
    stage.world.jobmanagers.savepoint_seconds = 0.6
    await stage.change(namespace, {"job": {"args": ["new"]}})


async def upgrade_although_the_first_savepoint_fails(stage: Stage, namespace: str) -> None:
    jobmanager(stage, namespace).savepoint_fails_with = "java.io.IOException: disk full"
    await stage.change(namespace, {"job": {"args": ["new"]}})
    await stage.wait_until(namespace, "failed", has_reason("SavepointFailed"))
    assert len(running(stage, namespace)) == 1, "the old job keeps running"
    jobmanager(stage, namespace).savepoint_fails_with = None
    stage.clocks[namespace].put_forward(minutes=20)


async def suspend_while_the_savepoint_of_an_upgrade_is_taken(stage: Stage, namespace: str) -> None:
    found = jobmanager(stage, namespace)
    found.savepoint_may_end.clear()
    await stage.change(namespace, {"job": {"args": ["new"]}})
    await stage.wait_until(namespace, "taking a savepoint", has_reason("TakingSavepoint"))
    await stage.change(namespace, {"job": {"state": "suspended"}})
    found.savepoint_may_end.set()


async def change_its_cluster(stage: Stage, namespace: str) -> None:
    await replace(stage, kind=FLINK_DEPLOYMENTS).change(namespace, {"restartNonce": 1}, CLUSTER)


async def fail(stage: Stage, namespace: str) -> None:
    job = running(stage, namespace)[0]
    job.failure, job.state = "java.lang.RuntimeException: boom", "FAILED"


RUNNING = ({}, "Running")
SUSPENDED = ({"job": {"state": "suspended"}}, "Suspended")
LAST_STATE = a_job_spec(upgradeMode="last-state")
STATELESS = a_job_spec(upgradeMode="stateless")
SAVEPOINT_ON_DELETION = a_job_spec({f"{_OPTION}job.savepoint-on-deletion": "true"})
NEW = change(args=["new"])
SCENARIOS = {
    "create": Scenario(create, "Running", (None,), prepared=()),
    "upgrade with a savepoint": Scenario(NEW, "Running", (None, "savepoint")),
    "upgrade with a slow savepoint": Scenario(upgrade_with_a_slow_savepoint, "Running", (None, "savepoint")),
    "upgrade although the first savepoint fails": Scenario(upgrade_although_the_first_savepoint_fails, "Running", (None, "savepoint")),
    "upgrade from the last state": Scenario(NEW, "Running", (None, "checkpoint"), LAST_STATE),
    "stateless upgrade": Scenario(NEW, "Running", (None, None), STATELESS),
    "restart": Scenario(change({"restartNonce": 7}), "Running", (None, "savepoint")),
    "suspend": Scenario(change(state="suspended"), "Suspended", (None,)),
    "suspend with the last state": Scenario(change(state="suspended"), "Suspended", (None,), LAST_STATE),
    "suspend in the middle of an upgrade": Scenario(suspend_while_the_savepoint_of_an_upgrade_is_taken, "Suspended", (None,)),
    "resume": Scenario(change(state="running"), "Running", (None, "savepoint"), prepared=(RUNNING, SUSPENDED)),
    "resume from the last state": Scenario(change(state="running"), "Running", (None, "checkpoint"), LAST_STATE, (RUNNING, SUSPENDED)),
    "its cluster is deployed anew": Scenario(change_its_cluster, "Running", (None, "savepoint")),
    "its cluster is deployed anew, and it keeps the last state": Scenario(change_its_cluster, "Running", (None, "checkpoint"), LAST_STATE),
    "restart a failed job": Scenario(fail, "Running", (None, "checkpoint"), a_job_spec({f"{_OPTION}job.restart.failed": "true"})),
    "delete": Scenario(delete, None, (None,)),
    "delete with a savepoint": Scenario(delete, None, (None,), SAVEPOINT_ON_DELETION),
}


async def play(stage: Stage, scenario: Scenario, strike: Strike) -> None:
    """One run. Whatever `strike` says, the end is the scenario's."""
    namespace = await stage.a_namespace()
    jobs = replace(stage, kind=FLINK_SESSION_JOBS)
    async with stage.operator(namespace):
        await stage.create(namespace, {name: value for name, value in a_spec(high_availability=False).items() if name != "job"}, CLUSTER)
        await stage.wait_until(namespace, "ready", is_fulfilled, CLUSTER)
        jobmanager(stage, namespace).takes_one = True
        for number, (spec, phase) in enumerate(scenario.prepared):
            await (jobs.change(namespace, spec) if number else jobs.create(namespace, dict(scenario.spec)))
            await jobs.wait_until(namespace, phase, is_at(phase))
    async with stage.mortal_operator(namespace, strike), time_that_passes(stage, namespace):
        await scenario.story(jobs, namespace)
        await until(lambda: len(starts(stage, namespace)) >= len(scenario.starts))
        await jobs.wait_until(namespace, str(scenario.phase), is_at(scenario.phase))
    async with stage.operator(namespace):
        await jobs.wait_until(namespace, str(scenario.phase), is_at(scenario.phase))
        check(stage, scenario, namespace, await jobs.resource(namespace))


def is_at(phase: str | None) -> Condition:
    return lambda found: is_fulfilled(found) and found["status"]["phase"] == phase if phase else not found


def check(stage: Stage, scenario: Scenario, namespace: str, resource: Mapping[str, Any] | None) -> None:
    """The end, and the ledger of starts."""
    made = starts(stage, namespace)
    assert stage.problems(namespace) == []
    assert [kind_of(start.restored_from) for start in made] == list(scenario.starts)
    assert [start.count for start in made] == ([1] * len(made) if scenario.spec is STATELESS else list(range(1, len(made) + 1)))
    alive = [job.job_id for job in running(stage, namespace)]
    assert alive == ([resource["status"]["jobStatus"]["jobId"]] if resource and scenario.phase == "Running" else [])


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
async def test_whatever_request_fate_strikes_at_the_end_is_the_same_and_the_job_is_started_once(stage: Stage, name: str) -> None:
    await strike_every_request(lambda strike: play(stage, SCENARIOS[name], strike))
