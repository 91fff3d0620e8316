"""A JobManager that ends over and over is told of in the same words whether its container waits or runs; its log is read once a crash."""

from __future__ import annotations

from typing import Any, cast

import pytest
from tests.unit.controllers.objects import Objects
from tests.unit.controllers.resource import KEY, a_wish
from tests.virtualtime import START, run

from flinkop.controllers.knowledge import Knowledge
from flinkop.controllers.observer import Observer
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.record import JobManagerStatus, Record

LAST = {"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:00:00Z"}}
WAITS = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}}
RUNS = {"running": {"startedAt": "2026-01-01T00:00:20Z"}}
CAUSE = "java.io.FileNotFoundException: missing.jar"
WORDS = f"Container flink-main-container (exit code 1): {CAUSE}"


class Kube:
    """Has the log of the container that ended."""

    def __init__(self) -> None:
        self.asked = 0

    async def read_last_log(self, *_: Any) -> str:
        self.asked += 1
        return f"{CAUSE}\n\tat java.base/java.lang.Thread.run(Thread.java:840)\n"

    async def list(self, *_: Any, **__: Any) -> list[Any]:
        """No ReplicaSets."""
        return []


class Pods(Objects):
    """The pods of the cluster."""

    def by_index(self, _index: str, _key: Any) -> list[Any]:
        return list(self.values())


def a_pod(component: str, state: dict[str, Any]) -> dict[str, Any]:
    container = {"name": "flink-main-container", "state": state, "lastState": LAST}
    metadata = {"name": f"{component}-x", "uid": component, "creationTimestamp": START.isoformat(), "labels": {"component": component}}
    return {"metadata": metadata, "status": {"phase": "Running", "containerStatuses": [container]}}


def look(kube: Kube, status: JobManagerStatus, *pods: dict[str, Any]) -> list[Observed]:
    """What is seen at each of two looks."""
    found = []
    record = Record(cluster_info={"a": "b"}, jobmanager=status)

    async def scenario() -> None:
        stored = Pods({str(number): pod for number, pod in enumerate(pods)})
        observer = Observer(Objects(), stored, None, cast(KubeClient, kube), cast(FlinkClient, None), lambda *_: "")
        for _ in range(2):
            found.append(await observer.observe(KEY, record, a_wish(), Knowledge(None, None), START))

    run(scenario())
    return found


def test_the_words_are_the_same_while_it_waits_and_while_it_runs_and_the_log_is_read_once() -> None:
    kube = Kube()
    for seen in look(kube, JobManagerStatus.ERROR, a_pod("jobmanager", WAITS)):
        assert (seen.trouble and seen.trouble.message, seen.crashed) == (WORDS, None)
    assert kube.asked == 1
    for seen in look(kube, JobManagerStatus.ERROR, a_pod("jobmanager", RUNS)):
        assert (seen.trouble, seen.crashed and seen.crashed.message) == (None, WORDS)
    assert kube.asked == 2, "another process"


@pytest.mark.parametrize(
    ("status", "component"),
    [
        pytest.param(JobManagerStatus.DEPLOYING, "jobmanager", id="a JobManager of which no trouble was told"),
        pytest.param(JobManagerStatus.ERROR, "taskmanager", id="a TaskManager"),
    ],
)
def test_another_container_that_runs_again_is_not_looked_into(status: JobManagerStatus, component: str) -> None:
    kube = Kube()
    assert [seen.crashed for seen in look(kube, status, a_pod(component, RUNS))] == [None, None]
    assert kube.asked == 0
