"""The state of resources as metrics: what a scrape shows, and what it never does."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from tests.cluster import prerequisites
from tests.unit.monitoring.resources import STARTED, a_resource

from flinkop import metrics
from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.status import write_snapshot_status
from flinkop.monitoring.collector import CacheState, Collector, Settings, Sources, shares
from flinkop.monitoring.exposition import Exposition

Found = dict[tuple[str, frozenset[tuple[str, str]]], float]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
FIELDS = ("phase", "state", "lifecycleState", "conditions", "jobStatus", "start", "restore", "operation", "restartWindow", "clusterInfo")


def sources(resources: Mapping[str, Sequence[Any]], settings: Settings | None = None, caches: Sequence[CacheState] = ()) -> Sources:
    return Sources(lambda: resources, lambda: {"jobs": [2.0, 5.5]}, lambda: caches, lambda: settings or Settings())


def told(found: Sources) -> str:
    return "".join(Collector(found).collect())


def scrape(*resources: Any, settings: Settings | None = None, caches: Sequence[CacheState] = ()) -> Found:
    return parsed(told(sources({"FlinkDeployment": resources}, settings, caches)))


def parsed(text: str) -> Found:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def values(found: Found, name: str, /, **labels: str) -> list[float]:
    return [value for (sample, of), value in found.items() if sample == name and labels.items() <= dict(of).items()]


def names(found: Found, name: str) -> list[str]:
    return sorted(dict(of)["name"] for sample, of in found if sample == name)


def test_a_running_job_is_told_with_its_phase_state_and_conditions() -> None:
    found = scrape(a_resource())
    of = {"kind": "FlinkDeployment", "namespace": "shop", "name": "orders"}

    assert values(found, "flinkop_resource_phase", **of, phase="Running") == [1]
    assert values(found, "flinkop_resource_job_state", **of, state="RUNNING") == [1]
    assert values(found, "flinkop_resource_condition", **of, condition="Ready") == [1]
    assert values(found, "flinkop_resource_condition", **of, condition="Stalled") == [0]
    assert values(found, "flinkop_resource_started_timestamp_seconds", **of) == [STARTED - 59.5]
    assert values(found, "flinkop_resource_generations_behind", **of) == [0]


@pytest.mark.parametrize(
    ("status", "name", "expected"),
    [
        ({}, "flinkop_resource_phase_since_timestamp_seconds", [STARTED]),
        ({"operation": {"startedAt": "2025-11-30T00:01:00Z"}}, "flinkop_resource_phase_since_timestamp_seconds", [STARTED + 60]),
        ({"start": {"attempt": 3}}, "flinkop_resource_start_attempts", [3]),
        ({"restartWindow": {"restarts": 7}}, "flinkop_resource_job_restarts", [7]),
        ({"restartWindow": {"restarts": float("nan")}}, "flinkop_resource_job_restarts", []),
        ({"restore": {"source": "savepoint", "reason": "Recorded"}}, "flinkop_resource_restore", [1]),
        (
            {"jobStatus": {"savepointInfo": {"lastSavepoint": {"timeStamp": 1500}}}},
            "flinkop_resource_last_savepoint_timestamp_seconds",
            [1.5],
        ),
        (
            {"jobStatus": {"checkpointInfo": {"lastCheckpoint": {"timeStamp": 2500}}}},
            "flinkop_resource_last_checkpoint_timestamp_seconds",
            [2.5],
        ),
        ({"taskManager": {"replicas": 4}}, "flinkop_resource_task_managers", [4]),
        ({"observedGeneration": 1}, "flinkop_resource_generations_behind", [1]),
    ],
)
def test_each_field_of_the_status_has_its_series(status: dict[str, Any], name: str, expected: list[float]) -> None:
    assert values(scrape(a_resource(**status)), name) == expected


@pytest.mark.parametrize("kind", ["IngressReady", "SnapshotsReady", "somebody.example/Synced"])
def test_a_condition_that_is_beside_the_phase_does_not_move_its_time(kind: str) -> None:
    """Else a resource that is stuck for long begins to be so anew."""
    beside = {"type": kind, "status": "False", "lastTransitionTime": "2025-11-30T08:00:00Z"}
    conditions = [*a_resource()["status"]["conditions"], beside]

    assert values(scrape(a_resource(conditions=conditions)), "flinkop_resource_phase_since_timestamp_seconds") == [STARTED]


OF_SAVEPOINTS, OF_CHECKPOINTS = (f"flinkop_resource_last_{word}_timestamp_seconds" for word in ("savepoint", "checkpoint"))
ORDERS = {"kind": "FlinkDeployment", "name": "orders"}


def a_snapshot(hour: int, spec: Any = None, job: Any = ORDERS, namespace: str = "shop", state: str = "COMPLETED") -> dict[str, Any]:
    """A FlinkStateSnapshot that was asked for at that hour of 2025-11-30."""
    metadata = {"name": f"s-{hour}", "namespace": namespace}
    status = {"state": state, "triggerTimestamp": f"2025-11-30T{hour:02}:00:00Z"}
    return {"metadata": metadata, "spec": {"jobReference": job, **(spec or {"savepoint": {}})}, "status": status}


@pytest.mark.parametrize(
    ("snapshots", "name", "expected"),
    [
        pytest.param([a_snapshot(1), a_snapshot(3), a_snapshot(2)], OF_SAVEPOINTS, STARTED + 3 * 3600, id="the newest"),
        pytest.param([a_snapshot(1, {"checkpoint": {}})], OF_CHECKPOINTS, STARTED + 3600, id="a checkpoint"),
        pytest.param([a_snapshot(1, {"checkpoint": {}})], OF_SAVEPOINTS, None, id="a checkpoint is no savepoint"),
        pytest.param([a_snapshot(1, state="FAILED")], OF_SAVEPOINTS, None, id="one that failed"),
        pytest.param([a_snapshot(1, {"savepoint": {"alreadyExists": True}})], OF_SAVEPOINTS, None, id="one that existed: since when?"),
        pytest.param([a_snapshot(1, namespace="other")], OF_SAVEPOINTS, None, id="in another namespace"),
        pytest.param([a_snapshot(1, job={**ORDERS, "kind": "FlinkSessionJob"})], OF_SAVEPOINTS, None, id="of another kind"),
        pytest.param([a_snapshot(1, job=None), a_snapshot(2, job={"kind": [], "name": {}})], OF_SAVEPOINTS, None, id="of no job"),
    ],
)
def test_a_snapshot_that_is_a_resource_is_the_last_of_its_job(snapshots: list[Any], name: str, expected: float | None) -> None:
    found = parsed(told(sources({"FlinkDeployment": [a_resource()], "FlinkStateSnapshot": snapshots})))

    assert values(found, name) == ([] if expected is None else [expected])


@pytest.mark.parametrize(("hour", "expected"), [(1, STARTED + 7200), (3, STARTED + 3 * 3600)], ids=["the status", "the resource"])
def test_of_a_savepoint_in_the_status_and_one_that_is_a_resource_the_newer_counts(hour: int, expected: float) -> None:
    job = a_resource(jobStatus={"savepointInfo": {"lastSavepoint": {"timeStamp": (STARTED + 7200) * 1000}}})
    found = parsed(told(sources({"FlinkDeployment": [job], "FlinkStateSnapshot": [a_snapshot(hour)]})))

    assert values(found, OF_SAVEPOINTS) == [expected]


def test_a_snapshot_tells_of_itself_and_of_no_start_or_job() -> None:
    snapshot = a_resource()
    snapshot["status"] = write_snapshot_status(SnapshotRecord(state=SnapshotState.COMPLETED), {}, datetime(2025, 11, 30, tzinfo=UTC))
    found = parsed(told(sources({"FlinkStateSnapshot": [snapshot]})))

    assert {name.removeprefix("flinkop_resource_") for name, of in found if ("name", "orders") in of} == {
        "phase",
        "phase_since_timestamp_seconds",
        "condition",
        "generations_behind",
    }


@pytest.mark.parametrize(("start", "expected"), [(None, []), ({"startedAt": "2025-11-30T00:00:00Z"}, [0])], ids=["none", "the first"])
def test_starts_in_a_row_are_told_of_what_was_started(start: Any, expected: list[float]) -> None:
    assert values(scrape(a_resource(start=start)), "flinkop_resource_start_attempts") == expected


def test_a_snapshot_that_is_completed_later_is_told_though_its_job_is_as_it_was() -> None:
    snapshots = [a_snapshot(1)]
    collector = Collector(sources({"FlinkDeployment": [a_resource()], "FlinkStateSnapshot": snapshots}))
    list(collector.collect())
    snapshots.append(a_snapshot(2))

    assert values(parsed("".join(collector.collect())), OF_SAVEPOINTS) == [STARTED + 7200]


@given(st.dictionaries(st.sampled_from(("jobReference", "savepoint", "checkpoint")), JSON), JSON)
def test_whatever_a_snapshot_asks_for_the_scrape_can_be_read(spec: Any, moment: Any) -> None:
    odd = {"metadata": {"name": "odd"}, "spec": spec, "status": {"state": "COMPLETED", "triggerTimestamp": moment}}

    assert parsed(told(sources({"FlinkDeployment": [a_resource()], "FlinkStateSnapshot": [odd, {"spec": moment}]})))


def test_the_series_of_a_deleted_resource_disappear() -> None:
    resources = [a_resource("a"), a_resource("b")]
    collector = Collector(sources({"FlinkDeployment": resources}))
    assert 'name="b"' in "".join(collector.collect())
    resources.pop()

    assert 'name="b"' not in "".join(collector.collect())


def test_a_resource_that_was_replaced_tells_what_it_is_now_beside_one_that_is_as_it_was() -> None:
    resources = [a_resource("a"), a_resource("b")]
    collector = Collector(sources({"FlinkDeployment": resources}))
    before = parsed("".join(collector.collect()))
    resources[1] = a_resource("b", phase="Failed")
    after = parsed("".join(collector.collect()))

    assert values(before, "flinkop_resource_phase", name="b", phase="Running") == [1]
    assert values(after, "flinkop_resource_phase", name="b", phase="Failed") == [1]
    assert not values(after, "flinkop_resource_phase", name="b", phase="Running")
    assert {key: value for key, value in after.items() if ("name", "a") in key[1]} == {
        key: value for key, value in before.items() if ("name", "a") in key[1]
    }


def test_a_limit_that_was_lowered_takes_series_away() -> None:
    settings = [Settings(limit=2)]
    found = Sources(lambda: {"FlinkDeployment": resources}, dict, list, lambda: settings[-1])
    resources = [a_resource("a"), a_resource("b")]
    collector = Collector(found)
    assert names(parsed("".join(collector.collect())), "flinkop_resource_phase") == ["a", "b"]
    settings.append(Settings(limit=1))

    assert names(parsed("".join(collector.collect())), "flinkop_resource_phase") == ["a"]


def test_beyond_the_limit_there_are_totals_only_and_a_count_of_what_was_left_out() -> None:
    found = scrape(*(a_resource(name) for name in "dcba"), settings=Settings(limit=3))

    assert names(found, "flinkop_resource_phase") == ["a", "b", "c"]
    assert values(found, "flinkop_resources_without_series", kind="FlinkDeployment") == [1]
    assert values(found, "flinkop_resources", kind="FlinkDeployment", phase="Running") == [4]


def test_without_series_of_resources_the_totals_stay() -> None:
    found = scrape(a_resource(), settings=Settings(of_resources=False))

    assert not names(found, "flinkop_resource_phase")
    assert values(found, "flinkop_resources", phase="Running") == [1]
    assert values(found, "flinkop_resources_without_series") == [1]


@given(st.integers(-5, 60), st.dictionaries(st.sampled_from("abcd"), st.integers(0, 30)))
def test_the_limit_is_used_up_and_never_passed(limit: int, counts: dict[str, int]) -> None:
    given_out = shares(limit, counts)

    assert sum(given_out.values()) == min(max(0, limit), sum(counts.values()))
    assert all(0 <= given_out[kind] <= count for kind, count in counts.items())


def test_a_rare_kind_is_not_crowded_out() -> None:
    assert shares(100, {"FlinkDeployment": 5000, "FlinkCluster": 20}) == {"FlinkCluster": 20, "FlinkDeployment": 80}


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_whatever_a_status_holds_the_scrape_can_be_read(status: dict[str, Any]) -> None:
    found = scrape(a_resource(**status), settings=Settings(established=True))

    assert names(found, "flinkop_resource_phase") == ["orders"]
    assert sum(values(found, "flinkop_resources")) == 1


@given(JSON)
def test_whatever_stands_for_a_status_the_scrape_can_be_read(status: Any) -> None:
    assert len(values(scrape({"metadata": {"name": "odd"}, "status": status}), "flinkop_resource_phase")) == 1


def test_the_caches_of_all_namespaces_are_one_series() -> None:
    caches = [CacheState("pods", 3, 1.0, True), CacheState("pods", 4, 8.0, False)]
    found = scrape(caches=caches)

    assert values(found, "flinkop_informer_objects", resource="pods") == [7]
    assert values(found, "flinkop_informer_silence_seconds", resource="pods") == [8]
    assert values(found, "flinkop_informer_synced", resource="pods") == [0]


def test_a_queue_tells_about_the_passes_under_way() -> None:
    assert values(scrape(), "workqueue_unfinished_work_seconds", name="jobs") == [7.5]
    assert values(scrape(), "workqueue_longest_running_processor_seconds", name="jobs") == [5.5]


def test_the_established_names_count_by_namespace() -> None:
    found = scrape(a_resource("a"), a_resource("b", lifecycleState="FAILED"), settings=Settings(established=True))

    assert values(found, "flink_k8soperator_namespace_FlinkDeployment_Count", resourcens="shop") == [2]
    assert values(found, "flink_k8soperator_namespace_FlinkDeployment_Lifecycle_State_STABLE_Count") == [1]
    assert values(found, "flink_k8soperator_namespace_FlinkDeployment_Lifecycle_State_SUSPENDED_Count") == [0]
    assert values(found, "flink_k8soperator_namespace_FlinkDeployment_JmDeploymentStatus_READY_Count") == [2]
    assert values(found, "flink_k8soperator_namespace_FlinkDeployment_FlinkVersion_1_20_5_Count") == [2]
    assert not [name for name, _ in scrape(a_resource()) if name.startswith("flink_")]


def test_every_family_that_is_defined_is_told() -> None:
    text = told(sources({"FlinkDeployment": [a_resource()]}, caches=[CacheState("pods", 1, 0.0, True)]))

    assert sorted(line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")) == sorted(
        family.name for family in metrics.FAMILIES
    )


async def test_those_who_ask_at_the_same_time_get_one_answer() -> None:
    asked = []
    exposition = Exposition(Sources(lambda: asked.append(1) or {}, dict, list, Settings))  # type: ignore[func-returns-value]

    first, second = await asyncio.gather(exposition.text(), exposition.text())

    assert first == second
    assert len(asked) == 1
    await exposition.text()
    assert len(asked) == 2


async def test_an_answer_is_made_in_a_thread_so_that_passes_go_on() -> None:
    threads: list[int] = []
    await Exposition(Sources(lambda: threads.append(threading.get_ident()) or {}, dict, list, Settings)).text()  # type: ignore[func-returns-value]

    assert threads != [threading.get_ident()]


def test_prometheus_has_no_complaint_about_the_whole_answer() -> None:
    found = sources({"FlinkDeployment": [a_resource('odd"\\name')]}, Settings(established=True), [CacheState("pods", 1, 0.0, True)])
    command = [prerequisites.ensure_command("promtool"), "check", "metrics"]
    result = subprocess.run(command, input=asyncio.run(Exposition(found).text()), capture_output=True, check=False, timeout=60)
    complaints = [line for line in (result.stdout + result.stderr).decode().splitlines() if "flinkop_" in line or "error" in line]

    assert not complaints
