"""How a change that only scales is carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.controllers.resource import a_resource, a_spec, a_wish
from tests.virtualtime import START

from flinkop.api.flinkdeployment import parse_spec
from flinkop.lifecycle.desired import Scaling
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import OVERRIDES, Effect
from flinkop.lifecycle.step import Rescaling

ADAPTIVE = {"jobmanager.scheduler": "Adaptive"}
REACTIVE = {"scheduler-mode": "reactive"}
OPTION = "kubernetes.operator.job.upgrade.inplace-scaling.enabled"


def overrides(text: str, **more: str) -> dict[str, Any]:
    """A spec with the adaptive scheduler and that parallelism of single vertices."""
    return {"flinkConfiguration": {**ADAPTIVE, OVERRIDES: text, **more}}


def standalone(replicas: int, conf: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """A standalone cluster of so many TaskManagers."""
    size = {"resource": {"cpu": 1, "memory": "1024m"}, "replicas": replicas}
    return {"mode": "standalone", "taskManager": size, "flinkConfiguration": conf or {}, **changes}


@pytest.mark.parametrize(
    ("before", "after", "scaling"),
    [
        pytest.param(overrides("a:1"), overrides("a:2"), Scaling.REQUIREMENTS, id="another parallelism of a vertex"),
        pytest.param(overrides("a:1"), overrides("a:1,b:2"), Scaling.REQUIREMENTS, id="that of one more vertex"),
        pytest.param(overrides("a:1,b:2"), overrides("a:1"), Scaling.NONE, id="that of one less: nothing tells a job to go back"),
        pytest.param(
            overrides("a:1") | {"flinkVersion": "v1_17"}, overrides("a:2") | {"flinkVersion": "v1_17"}, Scaling.NONE, id="before Flink 1.18"
        ),
        pytest.param(
            {"flinkConfiguration": {OVERRIDES: "a:1"}}, {"flinkConfiguration": {OVERRIDES: "a:2"}}, Scaling.NONE, id="another scheduler"
        ),
        pytest.param(overrides("a:1"), overrides("a:2", **{OPTION: "false"}), Scaling.NONE, id="the option is off"),
        pytest.param(overrides("a:1"), overrides("a:2") | {"image": "new"}, Scaling.NONE, id="the image changes too"),
        pytest.param(standalone(1, REACTIVE), standalone(2, REACTIVE), Scaling.REPLICAS, id="TaskManagers, in reactive mode"),
        pytest.param(standalone(1), standalone(2), Scaling.NONE, id="TaskManagers of a job that is not reactive"),
        pytest.param(standalone(1, job=None), standalone(2, job=None), Scaling.REPLICAS, id="TaskManagers of a session cluster"),
    ],
)
def test_what_scales_without_a_restart_does(before: dict[str, Any], after: dict[str, Any], scaling: Scaling) -> None:
    record = Record(Phase.RUNNING, reconciled=parse_spec(a_spec(**before)).to_wire())
    wish = a_wish(a_resource(a_spec(**after)), record)
    assert wish.desired.scaling is scaling
    assert wish.desired.wants_restart is (scaling is Scaling.NONE)
    assert wish.desired.change.effect is (Effect.UPGRADE if scaling is Scaling.NONE else Effect.SCALE)


def test_what_is_told_to_flink_is_read_in_both_forms() -> None:
    for conf in (overrides("a:2,b:3"), {"flinkConfiguration": {**ADAPTIVE, f"{OVERRIDES}.a": "2", f"{OVERRIDES}.b": "3"}}):
        record = Record(Phase.RUNNING, reconciled=parse_spec(a_spec(**overrides("a:1"))).to_wire())
        assert a_wish(a_resource(a_spec(**conf)), record).desired.parallelism == {"a": 2, "b": 3}


def test_a_rescaling_under_way_that_is_taken_back_has_its_parallelism_to_go_back_to() -> None:
    record = Record(Phase.RUNNING, reconciled=parse_spec(a_spec(**overrides("a:1"))).to_wire())
    resource = a_resource(a_spec(**overrides("a:1")))
    assert a_wish(resource, record).desired.parallelism == {}
    assert a_wish(resource, replace(record, step=Rescaling(START))).desired.parallelism == {"a": 1}


def test_a_change_of_a_job_that_has_ended_starts_it_again() -> None:
    record = Record(Phase.FAILED, reconciled=parse_spec(a_spec(**overrides("a:1"))).to_wire())
    assert a_wish(a_resource(a_spec(**overrides("a:2"))), record).desired.wants_restart


@pytest.mark.parametrize(
    ("spec", "number"),
    [(standalone(3), 3), (standalone(3, job=None), 3), ({"mode": "standalone"}, 1), ({"mode": "standalone", "job": {"parallelism": 5}}, 5)],
)
def test_a_standalone_cluster_has_as_many_taskmanagers_as_are_asked_for(spec: dict[str, Any], number: int) -> None:
    wish = a_wish(a_resource(a_spec(**spec)))
    assert (wish.desired.standalone, wish.desired.taskmanagers, wish.taskmanagers) == (True, number, number)
