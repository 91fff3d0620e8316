"""When a FlinkStateSnapshot that the API server did not take is tried again, and that nothing else waits for it."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.controllers.resource import KEY
from tests.unit.controllers.test_flinkdeployment import World, play
from tests.unit.lifecycle.builder import NOW

from flinkop.api.jobstatus import TriggerType
from flinkop.controllers.flinksessionjob import FlinkSessionJobController
from flinkop.controllers.flinksessionjob import Memory as SessionMemory
from flinkop.controllers.refusedsnapshots import RefusedSnapshots
from flinkop.errors import ApiUnavailable, Forbidden, Rejected
from flinkop.kube.resource import FLINK_DEPLOYMENTS, FLINK_STATE_SNAPSHOTS
from flinkop.lifecycle.action import CancelJob, CreateSnapshot
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.observed import SnapshotResource, SnapshotResources
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Snapshots, Taken
from flinkop.lifecycle.statusreader import read_record
from flinkop.lifecycle.statuswriter import Scale, write_status
from flinkop.runtime.controller import RequeueAfter

NAME = "job-savepoint-upgrade-1"
CREATION = CreateSnapshot(NAME, True, TriggerType.UPGRADE, "CANONICAL", "s3://state/1", True, False)
OLD = Rejected('kind: Unsupported value: "FlinkApplication"')


def test_the_pause_doubles_up_to_ten_minutes_and_begins_anew_after_one_that_was_taken() -> None:
    memory, now, pauses = RefusedSnapshots(), 100.0, list[float]()
    for _ in range(9):
        assert memory.look(now) is None
        memory.refuse(CREATION, OLD, now)
        refused = memory.look(now)
        assert refused is not None
        pauses.append(refused.pause.total_seconds())
        now += pauses[-1]
    assert pauses == [10, 20, 40, 80, 160, 320, 600, 600, 600]
    memory.accept(now)
    memory.refuse(CREATION, OLD, now)
    assert memory.again_at - now == 10


def test_of_several_in_one_pass_the_first_counts_and_one_that_is_taken_is_no_comfort() -> None:
    memory = RefusedSnapshots()
    memory.refuse(CREATION, OLD, 1.0)
    memory.refuse(replace(CREATION, name="other"), OLD, 1.1)
    memory.accept(1.2)
    refused = memory.look(1.2)
    assert refused is not None
    assert (refused.message.partition(":")[0], memory.pause) == (f"FlinkStateSnapshot {NAME}", 10)


@pytest.mark.parametrize(("error", "is_told"), [(OLD, True), (Forbidden("no right"), False)])
def test_an_object_that_is_refused_may_meet_an_old_definition(error: Any, is_told: bool) -> None:
    memory = RefusedSnapshots()
    memory.refuse(CREATION, error, 1.0)
    assert ("manifests/crds" in (memory.message or "")) == is_told


def with_a_savepoint(world: World) -> SimpleNamespace:
    """An upgrade has left a savepoint for which there is no resource yet. Gives the cache of resources."""
    cache = SimpleNamespace(resources=SnapshotResources("job", ()), look=lambda _key: cache.resources)
    world.controller._observer._snapshots = cast(Any, cache)
    record = read_record(world.status)
    taken = Taken(1, "s3://state/1", TriggerType.UPGRADE, "CANONICAL", resource=NAME)
    status = write_status(replace(record, savepoints=Snapshots(history=(taken,))), world.status, Scale("", 0), NOW)
    world.api._store((FLINK_DEPLOYMENTS.plural, *KEY), {**copy.deepcopy(world.resource), "status": status}, "MODIFIED")
    return cache


def test_a_refused_snapshot_is_told_beside_the_job_and_tried_again_more_and_more_slowly() -> None:
    async def scenario(world: World) -> None:
        await world.passes(5)
        cache, tries = with_a_savepoint(world), list[float]()

        def hook(verb: str, plural: str) -> None:
            if (verb, plural) == ("create", "flinkstatesnapshots"):
                tries.append(round(asyncio.get_running_loop().time()))
                raise OLD

        world.api.hook = hook
        await world.passes(20)
        told = world.condition("SnapshotsReady") or {}
        assert (told["status"], told["reason"]) == ("False", "SnapshotRefused")
        assert "Unsupported value" in told["message"]
        assert world.status["reason"] != "Rejected"
        assert (world.condition("Stalled") or {})["status"] == "False"
        version = world.resource["metadata"]["resourceVersion"]
        await world.passes(140)
        assert world.resource["metadata"]["resourceVersion"] == version, "nothing is written while nothing changes"
        assert [after - before for before, after in pairwise(tries)] == pytest.approx([10, 20, 40, 80], abs=2)

        world.change(restartNonce=7)
        await world.passes(10)
        assert world.status["observedGeneration"] == world.resource["metadata"]["generation"], "the job is looked after"

        world.api.hook = lambda *_: None
        world.change()
        await world.passes(2)
        assert (FLINK_STATE_SNAPSHOTS.plural, KEY[0], NAME) in world.api._objects
        cache.resources = SnapshotResources("job", (SnapshotResource(NAME, "uid", True, TriggerType.UPGRADE, None, 1, None),))
        await world.passes(20)
        assert world.condition("SnapshotsReady") is None

    play(scenario)


def acts(refuses: Exception) -> tuple[Any, SessionMemory, list[Any]]:
    """What a session job's pass does when the snapshot before the cancellation is refused."""
    done, memory = list[Any](), SessionMemory()

    class Actuator:
        async def perform(self, action: Any, _target: Any) -> None:
            if isinstance(action, CreateSnapshot):
                raise refuses
            done.append(action)

    nothing = cast(Any, None)
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    arguments = [nothing, nothing, nothing, Actuator(), nothing, nothing, clock, SimpleNamespace(revision=1)]
    controller = FlinkSessionJobController(*cast(Any, arguments))
    outcome: Callable[[], Any] = lambda: controller._act(Decision(Record(), (CREATION, CancelJob("stray"))), nothing, memory)  # noqa: E731
    return asyncio.run(outcome()), memory, done


def test_the_pass_of_a_session_job_goes_on_behind_a_refused_snapshot() -> None:
    outcome, memory, done = acts(OLD)
    assert (outcome, done, memory.refusal) == (RequeueAfter(0), [CancelJob("stray")], None)
    assert memory.refused_snapshots.look(100.0) is not None


def test_what_may_pass_by_itself_is_tried_again_as_ever() -> None:
    with pytest.raises(ApiUnavailable):
        acts(ApiUnavailable("HTTP status 500"))
