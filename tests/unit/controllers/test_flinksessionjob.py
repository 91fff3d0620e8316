"""What is wanted of a session job is read anew when something of it changes, and only then."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from flinkop.api.flinkdeployment import parse_spec
from flinkop.controllers.flinksessionjob import FlinkSessionJobController, Memory
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.controllers.sessiondesire import CHECKSUM_ANNOTATION, SessionWish
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState

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
