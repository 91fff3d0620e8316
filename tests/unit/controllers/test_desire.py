"""Which spec is in force: the newest valid one, whatever is written now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.controllers.resource import a_resource, a_spec, a_wish

from flinkop.api.flinkdeployment import parse_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.controllers.desire import NeverValid, Wish, read_wish
from flinkop.lifecycle.desired import Scaling
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record, Rollback, Start
from flinkop.lifecycle.specdiff import Effect

INVALID = a_spec(job={"parallelism": 0})
PROGRESS = "kubernetes.operator.cluster.health-check.checkpoint-progress."
HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://ha"}


def running(**changes: Any) -> Record:
    """A record of a job that runs that spec."""
    return Record(Phase.RUNNING, reconciled=parse_spec(a_spec(**changes)).to_wire())


def test_a_first_valid_spec_is_in_force() -> None:
    wish = a_wish()
    assert (wish.uid, wish.desired.generation, wish.desired.problems) == ("owner", 2, ())
    assert wish.desired.change.effect is Effect.NOTHING
    assert not wish.desired.deployed_high_availability, "nothing is deployed yet"


def test_a_changed_valid_spec_is_in_force_and_says_what_changed() -> None:
    wish = a_wish(a_resource(a_spec(job={"args": ["new"]})), running())
    assert wish.desired.change.paths == ("job.args",)
    assert wish.desired.wants_restart


def test_an_invalid_spec_leaves_the_accepted_one_in_force_and_is_told() -> None:
    wish = a_wish(a_resource(INVALID), running(job={"parallelism": 3}))
    assert [problem.partition(":")[0] for problem in wish.desired.problems] == ["spec.job.parallelism"]
    assert wish.spec.job is not None
    assert wish.spec.job.parallelism == 3
    assert not wish.desired.wants_restart
    assert wish.desired.generation == 2, "the refused generation was looked at"


@pytest.mark.parametrize("spec", [INVALID, {}, {"flinkVersion": "v9_9"}], ids=["invalid", "empty", "unreadable"])
def test_without_an_accepted_spec_an_invalid_one_starts_nothing(spec: dict[str, Any]) -> None:
    wish = read_wish(a_resource(spec), Record(), lambda *_: {})
    assert isinstance(wish, NeverValid)
    assert all(wish.problems)


@pytest.mark.parametrize("spec", [INVALID, {}, a_spec()], ids=["invalid", "empty", "valid"])
@pytest.mark.parametrize("record", [Record(), running()], ids=["never started", "running"])
def test_whatever_the_spec_a_deletion_goes_on(spec: dict[str, Any], record: Record) -> None:
    wish = a_wish(a_resource(spec, deleted=True), record)
    assert (wish.uid, wish.desired.deleting, wish.desired.has_finalizer) == ("owner", True, True)


def test_a_deletion_goes_on_even_when_what_was_recorded_cannot_be_read_any_more() -> None:
    unreadable = Record(Phase.RUNNING, reconciled={"flinkVersion": "v9_9"})
    assert a_wish(a_resource(deleted=True), unreadable).desired.deleting


def test_a_recorded_spec_that_cannot_be_read_any_more_is_told_and_nothing_is_done() -> None:
    unreadable = Record(Phase.RUNNING, reconciled={"flinkVersion": "v9_9"})
    wish = read_wish(a_resource(), unreadable, lambda *_: {})
    assert isinstance(wish, NeverValid)
    assert wish.problems[0].startswith("status.reconciliationStatus.lastReconciledSpec: spec.flinkVersion: is not a Flink version")


def test_a_spec_that_was_recorded_is_the_same_spec_when_it_is_read_again() -> None:
    record = running()
    assert not a_wish(a_resource(), record).desired.wants_restart
    assert a_wish(a_resource(), record).desired.change.effect is Effect.NOTHING


@pytest.mark.parametrize(
    ("before", "after", "deployed"),
    [
        pytest.param({}, HA, False, id="the new spec alone has it"),
        pytest.param(HA, {}, True, id="the cluster that runs has it"),
        pytest.param(HA, HA, True, id="both have it"),
    ],
)
def test_whether_the_cluster_that_runs_has_high_availability(before: dict[str, str], after: dict[str, str], deployed: bool) -> None:
    wish = a_wish(a_resource(a_spec(flinkConfiguration=after)), running(flinkConfiguration=before))
    assert wish.desired.deployed_high_availability is deployed
    assert wish.desired.settings.high_availability is bool(after)


def test_the_rest_port_is_that_of_the_cluster_that_runs() -> None:
    wish = a_wish(a_resource(a_spec(flinkConfiguration={"rest.port": "9999"})), running(flinkConfiguration={"rest.port": "8888"}))
    assert wish.running.rest_port == 8888


STANDALONE = {"mode": "standalone", "job": {"parallelism": 8, "entryClass": "x"}}
CHANGED_DEFAULTS = {"rest.port": "9999", "high-availability.type": "kubernetes", "taskmanager.numberOfTaskSlots": "4"}


def with_defaults(record: Record, **spec: Any) -> Wish:
    defaults = {**CHANGED_DEFAULTS, "high-availability.storageDir": "s3://ha"}
    wish = read_wish(a_resource(a_spec(**{**STANDALONE, **spec})), record, lambda *_: defaults)
    assert isinstance(wish, Wish)
    return wish


def started_with(configuration: dict[str, str] | None, **spec: Any) -> Record:
    return replace(
        running(**{**STANDALONE, **spec}), start=Start(datetime(2025, 1, 1, tzinfo=UTC), 1, "store", configuration=configuration)
    )


def test_changed_defaults_say_nothing_about_a_cluster_that_runs() -> None:
    wish = with_defaults(started_with({"taskmanager.numberOfTaskSlots": "2"}))
    assert not wish.desired.wants_restart
    assert (wish.running.rest_port, wish.desired.deployed_high_availability, wish.desired.taskmanagers) == (8081, False, 4)
    assert wish.desired.configuration.items() >= CHANGED_DEFAULTS.items(), "the next start takes them up"


def test_changed_slots_do_not_count_before_the_next_start_even_when_the_cluster_is_scaled() -> None:
    reactive = {"scheduler-mode": "reactive"}
    record = started_with({"taskmanager.numberOfTaskSlots": "2"}, flinkConfiguration=reactive)
    wish = with_defaults(record, flinkConfiguration=reactive, job={"parallelism": 12, "entryClass": "x"})
    assert (wish.desired.scaling, wish.desired.taskmanagers) == (Scaling.REPLICAS, 6)


def test_a_spec_that_waits_for_a_restart_leaves_the_number_of_taskmanagers() -> None:
    wish = with_defaults(started_with({}), job={"parallelism": 40, "entryClass": "x"})
    assert wish.desired.wants_restart
    assert (wish.desired.taskmanagers, wish.taskmanagers) == (8, 10)


def test_what_a_cancelled_job_leaves_is_a_matter_of_the_cluster_that_runs() -> None:
    retention = "execution.checkpointing.externalized-checkpoint-retention"
    deletes = running(flinkConfiguration={retention: "DELETE_ON_CANCELLATION"})
    assert not a_wish(a_resource(), deletes).desired.checkpoints_retained
    assert a_wish(a_resource(), running()).desired.checkpoints_retained


def test_of_a_start_that_recorded_nothing_todays_defaults_are_all_there_is() -> None:
    wish = with_defaults(started_with(None))
    assert (wish.running.rest_port, wish.desired.deployed_high_availability, wish.desired.taskmanagers) == (9999, True, 2)


def test_defaults_are_those_of_the_namespace_and_the_version_and_the_spec_wins() -> None:
    asked = []

    def defaults(namespace: str, version: Any) -> dict[str, str]:
        asked.append((namespace, version))
        return {"taskmanager.numberOfTaskSlots": "4", "rest.port": "9000"}

    spec = a_spec(job={"parallelism": 6}, flinkConfiguration={"rest.port": "9001"})
    wish = read_wish(a_resource(spec), Record(), defaults)
    assert isinstance(wish, Wish)
    assert asked == [("team", FlinkVersion.parse("v1_20"))]
    assert (wish.taskmanagers, wish.running.rest_port) == (2, 9001)


def test_a_progress_interval_longer_than_a_second_is_not_waited_for() -> None:
    configured = {"kubernetes.operator.observer.progress-check.interval": "10 s", "kubernetes.operator.reconcile.interval": "60 s"}
    wish = read_wish(a_resource(), Record(), lambda *_: configured)
    assert isinstance(wish, Wish)
    settings = wish.desired.settings
    assert (settings.progress_interval.total_seconds(), settings.rest_interval.total_seconds()) == (1, 60)


def test_the_rhythms_are_the_operators_own_and_never_a_loop() -> None:
    own = {"kubernetes.operator.reconcile.interval": "1 ms", "kubernetes.operator.observer.progress-check.interval": "0 s"}
    settings = a_wish(a_resource(a_spec(flinkConfiguration=own))).desired.settings
    assert (settings.progress_interval.total_seconds(), settings.rest_interval.total_seconds()) == (1, 60)

    wish = read_wish(a_resource(), Record(), lambda *_: own)
    assert isinstance(wish, Wish)
    assert min(wish.desired.settings.progress_interval, wish.desired.settings.rest_interval) >= timedelta(milliseconds=100)


def test_a_wait_that_would_never_end_ends_in_ten_years() -> None:
    waits = ("jm-deployment.shutdown-ttl", "deployment.readiness.timeout", "checkpoint.trigger.grace-period")
    own = {f"kubernetes.operator.{wait}": "9999999 d" for wait in waits}
    settings = a_wish(a_resource(a_spec(flinkConfiguration=own))).desired.settings
    assert settings.shutdown_ttl == settings.readiness_timeout == settings.checkpoint_grace == timedelta(days=3650)


def rolled_back(generation: int) -> Record:
    """A record of a job whose newest spec, of that generation, gave way to the one before."""
    bad, good = (parse_spec(a_spec(job={"args": [name]})).to_wire() for name in ("bad", "good"))
    return Record(Phase.ROLLING_BACK, reconciled=bad, stable=good, rollback=Rollback(generation, bad, "it broke"))


def test_a_spec_that_was_rolled_back_gives_way_to_the_stable_one() -> None:
    wish = a_wish(a_resource(a_spec(job={"args": ["bad"]})), rolled_back(generation=2))
    assert wish.desired.spec["job"]["args"] == ["good"]
    assert (wish.desired.rolled_back, wish.desired.change.effect, wish.desired.problems) == (True, Effect.UPGRADE, ())


def test_a_spec_that_was_changed_since_is_in_force() -> None:
    wish = a_wish(a_resource(a_spec(job={"args": ["better"]})), rolled_back(generation=1))
    assert wish.desired.spec["job"]["args"] == ["better"]
    assert not wish.desired.rolled_back


def test_going_back_asks_for_no_savepoint_to_be_deployed() -> None:
    record = rolled_back(generation=2)
    assert record.stable is not None
    stable = {**record.stable, "job": {**record.stable["job"], "savepointRedeployNonce": 1, "initialSavepointPath": "s3://old"}}
    wish = a_wish(a_resource(), replace(record, stable=stable))
    assert wish.desired.change.effect is Effect.UPGRADE


@pytest.mark.parametrize(
    ("configuration", "window"),
    [
        pytest.param({}, None, id="no checkpoints, and no window"),
        pytest.param({"execution.checkpointing.interval": "1 min"}, 20, id="twice the timeout"),
        pytest.param({"execution.checkpointing.interval": "30 min"}, 60, id="twice the interval"),
        pytest.param(
            {"execution.checkpointing.interval": "1 min", "execution.checkpointing.tolerable-failed-checkpoints": "3"},
            50,
            id="failed ones",
        ),
        pytest.param({PROGRESS + "window": "2 h"}, 120, id="what is set"),
        pytest.param({"execution.checkpointing.interval": "1 min", PROGRESS + "window": "1 min"}, 20, id="but not less than is needed"),
        pytest.param({"execution.checkpointing.interval": "1 min", PROGRESS + "enabled": "false"}, None, id="off"),
    ],
)
def test_how_long_a_checkpoint_may_take_follows_from_the_configuration(configuration: dict[str, str], window: int | None) -> None:
    wish = a_wish(a_resource(a_spec(flinkConfiguration=configuration)))
    assert wish.desired.settings.checkpoint_progress_window == (timedelta(minutes=window) if window else None)


def test_whether_the_operator_makes_ingresses_is_not_for_a_resource_to_say() -> None:
    wish = a_wish(a_resource(a_spec(flinkConfiguration={"kubernetes.operator.ingress.manage": "false"})))
    assert wish.desired.manages_ingress


def test_a_resource_may_keep_no_more_savepoints_than_the_operator_allows() -> None:
    prefix = "kubernetes.operator.savepoint.history.max."
    own = {f"{prefix}count": "50", f"{prefix}age": "30 d", f"{prefix}count.threshold": "1000"}
    ceilings = {f"{prefix}count.threshold": "20", f"{prefix}age.threshold": "7 d"}
    wish = read_wish(a_resource(a_spec(flinkConfiguration=own)), Record(), lambda *_: ceilings)
    assert isinstance(wish, Wish)
    assert (wish.desired.settings.savepoint_history_count, wish.desired.settings.savepoint_history_age) == (20, timedelta(days=7))

    fewer = a_wish(a_resource(a_spec(flinkConfiguration={f"{prefix}count": "3"}))).desired.settings
    assert (fewer.savepoint_history_count, fewer.savepoint_history_age) == (3, timedelta(days=1))


@pytest.mark.parametrize(("version", "offered"), [("v1_16", False), ("v1_17", True), ("v2_0", True)])
def test_flink_is_asked_for_checkpoints_from_1_17_on(version: str, offered: bool) -> None:
    assert a_wish(a_resource(a_spec(flinkVersion=version))).desired.settings.checkpoints_on_demand is offered


def test_the_directory_of_checkpoints_is_known_for_what_people_are_told() -> None:
    wish = a_wish(a_resource(a_spec(flinkConfiguration={"state.checkpoints.dir": "s3://c"})))
    assert wish.desired.settings.checkpoint_directory == "s3://c"
