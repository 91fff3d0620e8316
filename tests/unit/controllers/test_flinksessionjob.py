"""What is wanted of a session job is read anew when something of it changes, and only then."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.lifecycle.builder import NOW, a_record
from tests.unit.lifecycle.kstatus import Status, kstatus
from tests.virtualtime import LoopClock, run

from flinkop.api.flinkdeployment import parse_spec
from flinkop.controllers.flinksessionjob import FlinkSessionJobController, Memory
from flinkop.controllers.sessionactuator import SessionTarget, SubmissionRejected
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.controllers.sessiondesire import CHECKSUM_ANNOTATION, SessionWish
from flinkop.errors import FlinkUnreachable, Forbidden
from flinkop.lifecycle.action import SubmitJob
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.observed import Refusal
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.restore import EMPTY
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState
from flinkop.lifecycle.statuswriter import write_job_status
from flinkop.runtime.controller import RequeueAfter

SIZE = {"resource": {"memory": "1g", "cpu": 1}}
SHARED = SessionCluster(
    Cluster(ClusterState.READY, "ready", serves=True),
    "shared",
    spec=parse_spec({"flinkVersion": "v1_20", "image": "flink:1.20", "jobManager": SIZE, "taskManager": SIZE}),
)


def a_resource(**metadata: Any) -> dict[str, Any]:
    job = {"jarURI": "https://example.com/job.jar", "parallelism": 1, "upgradeMode": "stateless"}
    fixed = {"name": "job", "namespace": "team", "uid": "uid-1", "generation": 1, **metadata}
    return {"metadata": fixed, "spec": {"deploymentName": "shared", "job": job}}


def wish_of(memory: Memory, resource: dict[str, Any], cluster: SessionCluster = SHARED) -> SessionWish:
    configuration = SimpleNamespace(revision=1, defaults_for=lambda _namespace, _version: {})
    nothing = cast(Any, None)
    controller = FlinkSessionJobController(nothing, nothing, nothing, nothing, nothing, nothing, nothing, cast(Any, configuration))
    wish = controller._wish(resource, Record(), cluster, memory)
    assert isinstance(wish, SessionWish)
    return wish


def test_at_rest_it_is_the_one_that_was_read_before() -> None:
    memory = Memory()
    assert wish_of(memory, a_resource()) is wish_of(memory, a_resource())


def test_a_checksum_that_is_written_later_counts() -> None:
    memory = Memory()
    assert wish_of(memory, a_resource()).checksum is None
    assert wish_of(memory, a_resource(annotations={CHECKSUM_ANNOTATION: "a" * 64})).checksum == "a" * 64


@pytest.mark.parametrize("high_availability", [True, False])
def test_a_cluster_that_was_started_anew_with_other_defaults_counts(high_availability: bool) -> None:
    memory = Memory()
    wish_of(memory, a_resource(), replace(SHARED, high_availability=not high_availability))
    wish = wish_of(memory, a_resource(), replace(SHARED, high_availability=high_availability))
    assert wish.desired.deployed_high_availability is high_availability


@pytest.mark.parametrize(
    ("error", "known"),
    [
        pytest.param(FlinkUnreachable("no answer in time"), None, id="nobody answered"),
        pytest.param(SubmissionRejected("no such class"), "no such class", id="it was rejected once more"),
    ],
)
def test_what_was_said_of_the_submission_before_does_not_count_for_this_one(error: Exception, known: str | None) -> None:
    """Its program may still run: a deletion has to wait for the job that may come of it."""

    class Actuator:
        async def perform(self, _action: Any, _target: Any) -> None:
            raise error

    async def main() -> None:
        arguments: list[Any] = [None, None, None, Actuator(), None, None, LoopClock(), None]
        controller = FlinkSessionJobController(*cast(Any, arguments))
        memory = Memory(refusal=Refusal("SubmissionRejected", "cannot reach the catalog"))
        target = SessionTarget(("team", "job"), a_resource(), wish_of(Memory(), a_resource()), SHARED)
        decision = Decision(Record(), (SubmitJob("a" * 32, "jar", EMPTY),))
        with nullcontext() if known else pytest.raises(type(error)):
            assert await controller._act(decision, target, memory) == RequeueAfter(0.0)
        assert (memory.refusal.message if memory.refusal else None) == known

    run(main())


def test_what_may_not_be_looked_at_is_told_of_the_newest_spec() -> None:
    async def observe(*_: Any) -> None:
        raise Forbidden("configmaps is forbidden")

    async def replace_status(_resource: Any, body: dict[str, Any]) -> dict[str, Any]:
        written.update(body["status"])
        return {**body, "metadata": {**body["metadata"], "resourceVersion": "8"}}

    async def main() -> None:
        before = write_job_status(a_record(generation=1), {}, NOW)
        resource = {**a_resource(generation=2, resourceVersion="7"), "apiVersion": "v1", "kind": "FlinkSessionJob", "status": before}
        clusters = SimpleNamespace(look=lambda *_: SHARED)
        kube = SimpleNamespace(replace_status=replace_status)
        events = SimpleNamespace(record=lambda *_: None)
        configuration = SimpleNamespace(revision=1, defaults_for=lambda *_: {})
        arguments: list[Any] = [None, clusters, SimpleNamespace(observe=observe), None, events, kube, LoopClock(), configuration]
        await FlinkSessionJobController(*cast(Any, arguments))._pass(("team", "job"), resource, Memory())
        assert (written["reason"], written["observedGeneration"]) == ("Forbidden", 2)
        assert kstatus({**resource, "status": written}) is Status.FAILED

    written: dict[str, Any] = {}
    run(main())
