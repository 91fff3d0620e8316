"""A pod that waits for a volume is told with the words of its Events, and only while it waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import pytest
from tests.unit.controllers.objects import Objects
from tests.unit.controllers.resource import KEY, a_wish
from tests.virtualtime import START, run

from flinkop.controllers.knowledge import Knowledge
from flinkop.controllers.observer import Observer
from flinkop.errors import ApiUnavailable, Forbidden
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import EVENTS, Resource
from flinkop.lifecycle.observed import Trouble, Workers
from flinkop.lifecycle.record import Record

CREATING = {"name": "flink-main-container", "state": {"waiting": {"reason": "ContainerCreating"}}}
RUNNING = {"name": "flink-main-container", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
PULLING = {"name": "flink-main-container", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}
MISSING = 'MountVolume.SetUp failed for volume "conf" : configmap "mine" not found'
OLD = {"lastTimestamp": "2026-01-01T00:00:00Z", "message": "timed out waiting for the condition"}
NEW = {"lastTimestamp": "2026-01-01T00:01:00Z", "message": f"{MISSING}\n"}


class Kube:
    """Answers a list of Events."""

    def __init__(self, answer: list[dict[str, Any]] | Exception) -> None:
        self.answer, self.asked = answer, 0

    async def list_page(self, resource: Resource, namespace: str, query: Mapping[str, str]) -> dict[str, Any]:
        assert (resource, namespace) == (EVENTS, KEY[0])
        assert query == {"fieldSelector": "involvedObject.uid=pod,reason=FailedMount"}
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"items": self.answer}

    async def list(self, *_: Any, **__: Any) -> list[Any]:
        """No ReplicaSets."""
        return []


class Pods(Objects):
    def by_index(self, _index: str, _key: Any) -> list[Any]:
        return list(self.values())


def a_pod(container: dict[str, Any], component: str = "jobmanager", seconds: float = 60) -> dict[str, Any]:
    created = (START - timedelta(seconds=seconds)).isoformat()
    metadata = {"name": "job-x", "uid": "pod", "creationTimestamp": created, "labels": {"component": component}}
    return {"metadata": metadata, "status": {"phase": "Pending", "containerStatuses": [container]}}


def look(kube: Kube, pod: dict[str, Any]) -> tuple[Trouble | None, Workers | None]:
    found = []

    async def scenario() -> None:
        client = cast(KubeClient, kube)
        observer = Observer(Objects(), Pods({"pod": pod}), None, client, cast(FlinkClient, None), lambda *_: "")
        found.append(await observer.observe(KEY, RECORD, a_wish(), Knowledge(None, None), START))

    run(scenario())
    return found[0].trouble, found[0].workers


RECORD = Record(cluster_info={"a": "b"})


@pytest.mark.parametrize("component", ["jobmanager", "taskmanager"])
def test_the_newest_event_of_a_pod_that_waits_is_its_trouble(component: str) -> None:
    trouble, _ = look(Kube([NEW, OLD]), a_pod(CREATING, component))
    assert trouble == Trouble("FailedMount", f"Pod job-x waits for a volume: {MISSING}")


@pytest.mark.parametrize(
    ("pod", "trouble"),
    [
        pytest.param(a_pod(CREATING, seconds=5), None, id="new"),
        pytest.param(a_pod(RUNNING), None, id="running"),
        pytest.param(a_pod(PULLING), Trouble("ErrImagePull", "Container flink-main-container: no such image"), id="in other trouble"),
    ],
)
def test_nothing_is_asked_about_other_pods(pod: dict[str, Any], trouble: Trouble | None) -> None:
    kube = Kube([NEW])
    assert look(kube, pod)[0] == trouble
    assert kube.asked == 0


@pytest.mark.parametrize("answer", [[], Forbidden("events is forbidden"), ApiUnavailable("HTTP status 500")], ids=str)
def test_what_is_not_told_holds_nothing_up(answer: Any) -> None:
    assert look(Kube(answer), a_pod(CREATING))[0] is None


@pytest.mark.parametrize(("container", "running"), [(CREATING, 0), (RUNNING, 1)], ids=["waits", "runs"])
def test_taskmanager_pods_are_counted_and_those_that_run(container: dict[str, Any], running: int) -> None:
    assert look(Kube([]), a_pod(container, "taskmanager"))[1] == Workers(1, running)
    assert look(Kube([]), a_pod(container))[1] == Workers(0, 0)
