"""Events: written beside the pass, counted when they repeat, and never anybody's trouble. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from tests.fakes.kubeapi import FakeKubeApi
from tests.unit.controllers.resource import KEY, a_resource
from tests.virtualtime import LoopClock, now, run

from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.errors import ApiUnavailable, FlinkopError, Forbidden, NamespaceTerminating
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import EVENTS
from flinkop.lifecycle.decision import Component, Event, EventType

SUBMIT = Event("Submit", "Starting deployment.")


def record(play: Callable[[FakeKubeApi, EventRecorder], Awaitable[None]]) -> list[dict[str, Any]]:
    """Plays with a recorder; gives the Events that are there in the end."""

    async def main() -> list[dict[str, Any]]:
        api = FakeKubeApi()
        await play(api, EventRecorder(cast(KubeClient, api), LoopClock(), "pod-1"))
        return await api.list(EVENTS, KEY[0])

    return run(main())


def dropped(cause: str) -> float:
    return REGISTRY.get_sample_value("flinkop_events_dropped_total", {"kind": "FlinkDeployment", "cause": cause}) or 0.0


def told(reason: str) -> float:
    labels = {"kind": "FlinkDeployment", "type": "Normal", "reason": reason}
    return REGISTRY.get_sample_value("flinkop_events_total", labels) or 0.0


def test_an_event_says_what_happened_to_what_and_who_says_so() -> None:
    async def play(_: FakeKubeApi, recorder: EventRecorder) -> None:
        recorder.record(a_resource(), [Event("Error", "it broke", EventType.WARNING, Component.JOB)])
        await recorder.flush(10)

    (event,) = record(play)
    reference = {"apiVersion": "flink.apache.org/v1beta1", "kind": "FlinkDeployment", "namespace": "team", "name": "job"}
    assert event["involvedObject"] == {**reference, "uid": "owner", "resourceVersion": "7"}
    assert (event["type"], event["reason"], event["message"], event["count"]) == ("Warning", "Error", "it broke", 1)
    assert event["source"] == {"component": "Job"}
    assert (event["reportingComponent"], event["reportingInstance"]) == ("Job", "pod-1")
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-01-01T00:00:00Z"


def test_the_same_again_is_counted_and_the_last_time_moves() -> None:
    async def play(api: FakeKubeApi, recorder: EventRecorder) -> None:
        for minute in range(3):
            recorder.record(a_resource(resourceVersion=str(minute)), [SUBMIT])
            await recorder.flush(60)
            await asyncio.sleep(60)

    before = told("Submit")
    (event,) = record(play)
    assert (event["count"], told("Submit")) == (3, before + 3)
    assert (event["firstTimestamp"], event["lastTimestamp"][:16]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:02")


@pytest.mark.parametrize(
    ("resource", "event"),
    [
        pytest.param(a_resource(), Event("Submit", "Starting again."), id="another message"),
        pytest.param(a_resource(), Event("Start", SUBMIT.message), id="another reason"),
        pytest.param(a_resource(), Event("Submit", SUBMIT.message, EventType.WARNING), id="another type"),
        pytest.param(a_resource(uid="successor"), SUBMIT, id="another resource of that name"),
    ],
)
def test_what_differs_is_another_event(resource: dict[str, Any], event: Event) -> None:
    async def play(_: FakeKubeApi, recorder: EventRecorder) -> None:
        recorder.record(a_resource(), [SUBMIT])
        recorder.record(resource, [event])
        await recorder.flush(10)

    assert [event["count"] for event in record(play)] == [1, 1]


def test_names_and_messages_stay_within_what_kubernetes_takes() -> None:
    async def play(_: FakeKubeApi, recorder: EventRecorder) -> None:
        recorder.record(a_resource(name="x" * 253), [Event("Error", "y" * 5000)])
        await recorder.flush(10)

    (event,) = record(play)
    assert len(event["metadata"]["name"]) <= 253
    assert len(event["message"]) == 1024


@pytest.mark.parametrize("refusal", [Forbidden("no right"), ApiUnavailable("overloaded"), NamespaceTerminating("ns goes")])
def test_an_event_that_cannot_be_written_is_told_in_the_log_and_harms_nobody(refusal: FlinkopError) -> None:
    async def play(api: FakeKubeApi, recorder: EventRecorder) -> None:
        api.refuse(refusal)
        recorder.record(a_resource(), [SUBMIT])
        await recorder.flush(10)

    before = dropped("refused")
    with capture_logs() as logs:
        assert record(play) == []
    assert dropped("refused") == before + 1
    assert [(log["event"], log["reason"], log["cause"]) for log in logs] == [("event not written", "Submit", str(refusal))]


def test_recording_waits_for_nobody_and_beyond_a_bound_events_are_dropped() -> None:
    async def play(api: FakeKubeApi, recorder: EventRecorder) -> None:
        api.hangs = True
        for number in range(300):
            recorder.record(a_resource(uid=str(number)), [SUBMIT])
        assert now() == 0
        await recorder.flush(2)
        assert now() == 2, "an API server that hangs is not waited for longer"
        await recorder.close()
        api.hangs = False

    before = dropped("backlog")
    with capture_logs() as logs:
        assert record(play) == []
    assert [log["event"] for log in logs] == ["event dropped"] * 44
    assert dropped("backlog") == before + 44


def test_equal_events_at_the_same_moment_are_all_counted() -> None:
    async def play(_: FakeKubeApi, recorder: EventRecorder) -> None:
        for _worker in range(5):
            recorder.record(a_resource(), [SUBMIT])
        await recorder.flush(60)

    (event,) = record(play)
    assert event["count"] == 5


def test_too_many_events_about_one_resource_are_held_back_counted_and_told_once() -> None:
    async def play(_: FakeKubeApi, recorder: EventRecorder) -> None:
        for second in range(30):
            recorder.record(
                a_resource(), [Event("Error", f"broke at {second}"), Event("JobStatusChanged", "RESTARTING", component=Component.JOB)]
            )
            recorder.record(a_resource(uid="other"), [SUBMIT][: second < 10])
            await asyncio.sleep(1)
        await recorder.flush(10)

    before = dropped("limit")
    with capture_logs() as logs:
        events = record(play)
    assert [event["count"] for event in events if event["reason"] == "Error"] == [1] * 25
    assert [event["count"] for event in events if event["reason"] == "JobStatusChanged"] == [25]
    assert [event["count"] for event in events if event["reason"] == "Submit"] == [10]
    assert dropped("limit") == before + 10
    assert [(log["event"], log["component"]) for log in logs] == [("events held back", "JobManagerDeployment"), ("events held back", "Job")]


def test_what_a_restarting_job_tells_each_time_leaves_a_place_for_what_happens_once() -> None:
    async def play(_: FakeKubeApi, recorder: EventRecorder) -> None:
        for number in range(60):
            recorder.record(a_resource(), [Event("JobException", f"broke at {number}", component=Component.JOB)])
        recorder.record(a_resource(), [Event("Error", "gave up", component=Component.JOB)])
        await recorder.flush(10)

    told = [event["reason"] for event in record(play)]
    assert (told.count("JobException"), told.count("Error")) == (25, 1)


def test_an_event_that_was_held_back_is_in_the_count_of_the_next_like_it() -> None:
    async def play(_: FakeKubeApi, recorder: EventRecorder) -> None:
        for _second in range(120):
            recorder.record(a_resource(), [SUBMIT])
            await asyncio.sleep(1)
        await asyncio.sleep(60)
        recorder.record(a_resource(), [SUBMIT])
        await recorder.flush(10)

    (event,) = record(play)
    assert event["count"] == 121
