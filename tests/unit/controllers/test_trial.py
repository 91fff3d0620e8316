"""A spec from which no objects can be built is refused before anything is stopped for it."""

from __future__ import annotations

from typing import Any

from flinkop.api.flinkdeployment import parse_spec
from flinkop.controllers.desire import NeverValid, Wish, read_wish
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record

SPEC: dict[str, Any] = {
    "image": "flink:1.20",
    "flinkVersion": "v1_20",
    "serviceAccount": "flink",
    "jobManager": {"resource": {"cpu": 1, "memory": "1024m"}},
    "taskManager": {"resource": {"cpu": 1, "memory": "1024m"}},
    "job": {"jarURI": "local:///job.jar", "parallelism": 1, "upgradeMode": "stateless"},
}
UNBUILDABLE = {**SPEC, "podTemplate": {"spec": {"containers": [{"name": "flink-main-container", "env": "x"}]}}}


def a_resource(spec: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"namespace": "team", "name": "job", "uid": "1", "generation": 2}, "spec": spec}


def test_a_first_spec_that_cannot_be_built_is_refused() -> None:
    assert isinstance(read_wish(a_resource(UNBUILDABLE), Record(), lambda *_: {}), NeverValid)


def test_the_job_that_runs_keeps_its_spec_when_a_new_one_cannot_be_built() -> None:
    running = Record(Phase.RUNNING, reconciled=parse_spec(SPEC).to_wire())
    wish = read_wish(a_resource(UNBUILDABLE), running, lambda *_: {})
    assert isinstance(wish, Wish)
    assert wish.desired.problems
    assert not wish.desired.wants_restart
