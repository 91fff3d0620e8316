"""What happens to jobs that get into trouble, are scaled, or run in standalone clusters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.component.controllers.stage import NAME, Stage, a_spec, has_reason
from tests.component.waiting import until
from tests.fakes.flinkworld import BROKEN_IMAGE, image_of
from tests.fakes.jobmanager import VERTEX

from flinkop.kube.resource import DEPLOYMENTS, FLINK_DEPLOYMENTS
from flinkop.resources.naming import taskmanager_deployment_name

Story = Callable[[Stage, str], Awaitable[Any]]
_OPTION = "kubernetes.operator."
OVERRIDES = "pipeline.jobvertex-parallelism-overrides"

WITH_ROLLBACK = a_spec(configuration={f"{_OPTION}deployment.rollback.enabled": "true"})
RESTARTED_WHEN_FAILED = a_spec(configuration={f"{_OPTION}job.restart.failed": "true"})
WATCHED = a_spec(configuration={f"{_OPTION}cluster.health-check.enabled": "true", f"{_OPTION}cluster.health-check.restarts.threshold": "3"})
ADAPTIVE = a_spec(configuration={"jobmanager.scheduler": "adaptive", OVERRIDES: f"{VERTEX}:1"}, upgradeMode="last-state")


def standalone(spec: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """That spec as a cluster of two TaskManagers."""
    return {**spec, "mode": "standalone", "taskManager": {**spec["taskManager"], "replicas": 2}, **changes}


REACTIVE = standalone(a_spec(configuration={"scheduler-mode": "reactive"}))
SESSION = {name: value for name, value in standalone(a_spec()).items() if name != "job"}


async def upgrade_to_an_image_that_never_gets_ready(stage: Stage, namespace: str) -> None:
    """Its JobManager had its time."""
    await stage.change(namespace, {"image": BROKEN_IMAGE})

    async def starts() -> bool:
        found = await stage.kube.get(DEPLOYMENTS, namespace, NAME)
        return found is not None and image_of(found) == BROKEN_IMAGE

    await until(starts)
    stage.clocks[namespace].put_forward(minutes=6)
    # the operator's own alarm clock knows nothing of that
    await stage.kube.patch(FLINK_DEPLOYMENTS, namespace, NAME, {"metadata": {"annotations": {"wake": "up"}}})


async def fail(stage: Stage, namespace: str) -> None:
    job = stage.world.jobmanagers.alive[namespace, NAME].job
    job.failure, job.state = "java.lang.RuntimeException: boom", "FAILED"


async def restart_over_and_over(stage: Stage, namespace: str) -> None:
    await stage.wait_until(namespace, "watched", lambda found: "restartWindow" in found["status"])
    stage.world.jobmanagers.alive[namespace, NAME].job.restarts = 3


async def rescale(stage: Stage, namespace: str) -> None:
    jobmanager = stage.world.jobmanagers.alive[namespace, NAME]
    await stage.change(namespace, {"flinkConfiguration": {OVERRIDES: f"{VERTEX}:3"}})
    await until(lambda: jobmanager.job.bounds == {VERTEX: (1, 3)})


async def rescale_although_flink_refuses(stage: Stage, namespace: str) -> None:
    jobmanager = stage.world.jobmanagers.alive[namespace, NAME]
    jobmanager.rescaling_fails_with = "Job vertex's upper bound exceeds its maximum parallelism 2."
    await stage.change(namespace, {"flinkConfiguration": {OVERRIDES: f"{VERTEX}:3"}})


def start_and_scale(spec: dict[str, Any]) -> Story:
    """A cluster of two TaskManagers gets a third while it starts."""

    async def story(stage: Stage, namespace: str) -> None:
        await stage.create(namespace, spec)
        await until(lambda: bool(stage.world.jobmanagers.starts((namespace, NAME))))
        await stage.change(namespace, {"taskManager": {"replicas": 3}})

    return story


async def check_deployments(stage: Stage, namespace: str, taskmanagers: int | None) -> None:
    """One for the JobManager, and where `taskmanagers` says so one for so many of them."""
    wanted, found = {NAME: 1} | ({} if taskmanagers is None else {taskmanager_deployment_name(NAME): taskmanagers}), dict[str, int]()

    async def is_so() -> bool:
        found.clear()
        found.update({one["metadata"]["name"]: one["spec"]["replicas"] for one in await stage.kube.list(DEPLOYMENTS, namespace)})
        return found == wanted

    await until(is_so, lambda: f"{found}, wanted {wanted}")


def is_rolled_back(found: Mapping[str, Any]) -> bool:
    """Whether the last stable spec runs in the place of the newest."""
    return has_reason("RolledBack")(found) and found["status"]["observedGeneration"] == found["metadata"]["generation"]
