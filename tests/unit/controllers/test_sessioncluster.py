"""Session clusters as their jobs find them."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from flinkop.api.flinkdeployment import parse_spec
from flinkop.controllers.applicationkind import ON_CLUSTER
from flinkop.controllers.complaint import in_words
from flinkop.controllers.sessioncluster import SessionClusters
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record, Start
from flinkop.lifecycle.rival import give_way
from flinkop.lifecycle.sessionjob.seen import ClusterState
from flinkop.lifecycle.statuswriter import Scale, write_status
from flinkop.lifecycle.step import StoppingJobs

KEY = ("team", "shared")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_cluster(uid: str, **changes: Any) -> dict[str, Any]:
    size = {"resource": {"memory": "1g", "cpu": 1}}
    spec = {"flinkVersion": "v1_20", "image": "flink:1.20", "jobManager": size, "taskManager": size, **changes}
    return {"metadata": {"uid": uid, "namespace": KEY[0], "name": KEY[1], "generation": 1}, "spec": spec}


def clusters_in(resources: dict[tuple[str, str], Any]) -> SessionClusters:
    configuration = SimpleNamespace(revision=1, defaults_for=lambda _namespace, _version: {})
    return SessionClusters(cast(Any, resources), cast(Any, {}), cast(Any, configuration), lambda key, port: f"http://{key[1]}:{port}")


def test_a_cluster_that_is_made_again_is_read_again_and_one_that_is_gone_is_forgotten() -> None:
    resources: dict[tuple[str, str], Any] = {}
    clusters = clusters_in(resources)
    for number in range(3):
        resources[KEY] = a_cluster(f"uid-{number}", flinkConfiguration={"rest.port": f"{8081 + number}"})
        assert clusters.look(*KEY).url == f"http://shared:{8081 + number}"
    resources.clear()
    assert clusters.look(*KEY).cluster.state is ClusterState.MISSING
    assert clusters._read == {}


@pytest.mark.parametrize(
    ("version", "changes"),
    [
        pytest.param("v1_20", False, id="of the same version"),
        pytest.param("v2_2", True, id="of another one"),
        pytest.param("v9", False, id="of none that there is"),
    ],
)
def test_a_cluster_that_stops_its_jobs_takes_none_and_tells_whether_flink_changes(version: str, changes: bool) -> None:
    running = parse_spec(a_cluster("uid")["spec"]).to_wire()
    record = Record(Phase.RUNNING, reconciled=running, start=Start(NOW, 1, "store"), step=StoppingJobs(NOW))
    resource = {**a_cluster("uid", flinkVersion=version), "status": write_status(record, {}, Scale("", 0), NOW)}
    found = clusters_in({KEY: resource}).look(*KEY)
    assert (found.cluster.state, found.cluster.leaves, found.version_changes) == (ClusterState.NOT_READY, True, changes)


def test_clusters_that_went_together_with_their_jobs_are_forgotten_although_nobody_looks_for_them() -> None:
    resources: dict[tuple[str, str], Any] = {}
    clusters = clusters_in(resources)
    for number in range(300):
        key = (KEY[0], f"shared-{number}")
        cluster = a_cluster(f"uid-{number}")
        resources[key] = {**cluster, "metadata": {**cluster["metadata"], "name": key[1]}}
        assert clusters.look(*key).spec is not None
        resources.pop((KEY[0], f"shared-{number - 3}"), None)
    assert len(clusters._read) < 150
    assert {key for key in resources if key not in clusters._read} == set()


def test_a_cluster_whose_name_is_taken_is_told_right_in_the_words_of_either_kind() -> None:
    taken = give_way(Record(), "FlinkDeployment shared", 1, deleting=False, has_finalizer=False).record
    status = {"phase": taken.phase.value, "reason": taken.reason, "message": taken.message}
    message = clusters_in({KEY: {**a_cluster("uid"), "status": status}}).look(*KEY).cluster.message
    words = "whose name another resource has: its status tells which, and what to do."
    assert message == f"Waiting for session cluster shared, {words}"
    assert in_words(message, ON_CLUSTER.words) == f"Waiting for FlinkCluster shared, {words}"
