"""Rollbacks from the resource to the decision and back: which spec is in force, whatever people and other controllers write meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.controllers.resource import a_resource, a_spec
from tests.unit.lifecycle.builder import (
    FRESH,
    JOB_ID,
    NO_METADATA,
    NOW,
    SAVEPOINT,
    a_jobmanager,
    a_record,
    an_observed,
    ha,
    nothing_left,
)

from flinkop.api.flinkdeployment import parse_spec
from flinkop.controllers.desire import Wish, read_wish
from flinkop.lifecycle.action import ScaleTaskManagers, StartCluster, TriggerSavepoint
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.observed import NotAsked, Observed, TaskManagers
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record, RestartWindow
from flinkop.lifecycle.restore import RestoreSource
from flinkop.lifecycle.specdiff import Effect
from flinkop.lifecycle.statusreader import read_record
from flinkop.lifecycle.statuswriter import Scale, write_status

ROLLBACK = {
    "high-availability.type": "kubernetes",
    "high-availability.storageDir": "s3://ha",
    "kubernetes.operator.deployment.rollback.enabled": "true",
}
NOT_READY = an_observed(jobmanager=a_jobmanager(available=False), rest=NotAsked(), job=None)
GONE = nothing_left(ha=ha(3, job_graphs=0, config_maps=1))


def spec(image: str = "good", conf: Mapping[str, str] | None = None, mode: str = "last-state", **changes: Any) -> dict[str, Any]:
    """A spec with rollbacks on, whose `job` is changed entry by entry."""
    job = {"upgradeMode": mode, **changes.pop("job", {})}
    return a_spec(image=image, flinkConfiguration={**ROLLBACK, **(conf or {})}, job=job, **changes)


def wire(written: Mapping[str, Any]) -> dict[str, Any]:
    """The spec as it is recorded."""
    return dict(parse_spec(written).to_wire())


class Story:
    """One resource, pass after pass; what is recorded goes through the status each time."""

    def __init__(self, written: dict[str, Any]) -> None:
        self.record = a_record(reconciled=wire(written), stable=wire(written))
        self.defaults: dict[str, str] = {}
        self.written, self.generation, self.seconds = written, 1, 0
        self.decision = Decision(self.record)

    def write(self, written: dict[str, Any]) -> Story:
        """Somebody changes the spec."""
        self.written, self.generation = written, self.generation + 1
        return self

    def wish(self) -> Wish:
        """What the resource asks for now."""
        wish = read_wish(a_resource(self.written, generation=self.generation), self.record, lambda *_: self.defaults)
        assert isinstance(wish, Wish), wish
        return wish

    def see(self, observed: Observed, after: int = 1) -> Story:
        """One pass, some seconds later."""
        self.seconds += after
        fresh = replace(FRESH, now=NOW + timedelta(seconds=self.seconds), job_id=f"{self.seconds:032d}")
        self.decision = decide(self.record, observed, self.wish().desired, fresh)
        self.record = read_record(write_status(self.decision.record, {}, Scale("", 0), NOW))
        assert self.record == self.decision.record
        return self

    def deploy(self, written: dict[str, Any], observed: Observed = GONE) -> Story:
        """A new spec is deployed: the old cluster goes, the new one is started."""
        return self.write(written).see(an_observed()).see(observed)

    def time_out(self) -> Story:
        """The new cluster never gets ready."""
        return self.see(NOT_READY, 400)

    def roll_back(self) -> Story:
        """The new spec has its time, and the stable one is started in its place and runs."""
        return self.time_out().see(GONE).see(an_observed(job=self._job()))

    def _job(self) -> Any:
        job = an_observed().job
        assert job is not None
        return replace(job, job_id=self.record.job.job_id or JOB_ID)

    @property
    def started(self) -> StartCluster:
        """The start of the last pass."""
        return next(action for action in self.decision.actions if isinstance(action, StartCluster))

    @property
    def image(self) -> str:
        """What runs."""
        assert self.record.reconciled is not None
        return str(self.record.reconciled["image"])


def rolled_back(rejected: dict[str, Any] | None = None) -> Story:
    """A job whose broken spec gave way to the good one."""
    story = Story(spec()).deploy(rejected or spec("broken")).roll_back()
    assert (story.image, story.record.phase, story.record.reason) == ("good", Phase.RUNNING, "RolledBack")
    return story


# what the stable spec is started from


def test_a_rollback_keeps_the_state_when_the_stable_spec_was_stateless_and_the_newest_is_not() -> None:
    story = Story(spec(mode="stateless")).write(spec(mode="stateless", job={"state": "suspended"})).see(an_observed()).see(GONE)
    story.write(spec(job={"state": "suspended"})).see(GONE)
    story.write(spec("broken")).see(GONE).time_out().see(GONE)

    assert (story.image, story.started.restore.source) == ("good", RestoreSource.LAST_STATE)


def test_a_rollback_keeps_the_state_when_the_rejected_spec_itself_brought_the_mode() -> None:
    story = Story(spec(mode="stateless")).write(spec(mode="stateless", job={"state": "suspended"})).see(an_observed()).see(GONE)
    story.write(spec("broken")).see(GONE).time_out().see(GONE)

    assert story.started.restore.source is RestoreSource.LAST_STATE
    assert story.record.reconciled is not None
    assert story.record.reconciled["job"]["upgradeMode"] == "last-state"


# nonces


REDEPLOY = {"savepointRedeployNonce": 1, "initialSavepointPath": SAVEPOINT}


def test_a_redeployment_is_not_rolled_back_since_the_state_before_it_was_given_up() -> None:
    story = Story(spec()).deploy(spec("broken", job=REDEPLOY), nothing_left(ha=NO_METADATA))
    assert story.started.restore.path == SAVEPOINT
    assert story.time_out().record.phase is Phase.DEPLOYING
    assert story.write(spec("broken-too", job=REDEPLOY)).see(NOT_READY).see(nothing_left(ha=NO_METADATA)).image == "broken-too"
    assert story.time_out().record.phase is Phase.DEPLOYING


def test_a_nonce_of_the_rejected_spec_counts_as_done() -> None:
    """The state made since must not be given up when only the image is mended."""
    story = rolled_back(spec("broken", restartNonce=7))
    assert story.record.stable is not None
    assert story.record.stable["restartNonce"] == 7

    change = story.write(spec("mended", restartNonce=7)).wish().desired.change
    assert change.paths == ("image",)


def test_a_nonce_of_what_another_operator_has_rolled_back_counts_as_done() -> None:
    story = Story(spec("broken", job=REDEPLOY))
    texts = {name: json.dumps({"spec": wire(of)}) for name, of in (("lastReconciledSpec", story.written), ("lastStableSpec", spec()))}
    status = {"observedGeneration": 1, "reconciliationStatus": {"state": "ROLLED_BACK", "reconciliationTimestamp": 1, **texts}}
    story.record = read_record({**status, "jobStatus": {"state": "RUNNING"}, "jobManagerDeploymentStatus": "READY"})
    assert (story.image, story.wish().desired.change.effect) == ("good", Effect.NOTHING)
    assert read_record(write_status(story.record, {}, Scale("", 0), NOW)) == story.record
    story.write(spec("mended", job=REDEPLOY))
    assert story.wish().desired.change.effect is Effect.UPGRADE
    story.write(spec("mended", job={**REDEPLOY, "savepointRedeployNonce": 2}))
    assert story.wish().desired.change.effect is Effect.SAVEPOINT_REDEPLOY


def test_a_spec_that_differs_by_a_nonce_alone_is_not_rolled_back() -> None:
    assert Story(spec()).deploy(spec(restartNonce=7)).time_out().record.phase is Phase.DEPLOYING


def test_a_rollback_needs_another_spec_to_go_back_to() -> None:
    story = Story(spec()).deploy(spec(job={"state": "suspended"}))
    story.write(spec(mode="savepoint")).see(GONE)
    assert story.time_out().record.phase is Phase.DEPLOYING


# what is written while it is rolled back


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"ingress": {"template": "x.example.com"}}, id="an ingress"),
        pytest.param({"mode": "savepoint"}, id="the upgrade mode"),
        pytest.param({"conf": {"kubernetes.operator.job.restart.failed": "true"}}, id="an option of the operator"),
        pytest.param({"job": {"savepointTriggerNonce": 5}}, id="a savepoint is asked for"),
    ],
)
def test_a_change_that_means_no_restart_does_not_bring_the_rejected_spec_back(changes: dict[str, Any]) -> None:
    story = rolled_back().write(spec("broken", **changes))
    running = an_observed(job=story._job())
    story.see(running).see(running)

    assert (story.image, story.record.phase, story.record.generation) == ("good", Phase.RUNNING, 3)
    assert story.record.rollback is not None
    assert story.wish().desired.change.effect <= Effect.IGNORE, "it is in force"


def test_a_savepoint_can_be_asked_for_while_it_is_rolled_back() -> None:
    story = rolled_back().write(spec("broken", job={"savepointTriggerNonce": 5}))
    story.see(an_observed(job=story._job()))
    assert [type(action) for action in story.decision.actions] == [TriggerSavepoint]


def test_an_autoscaler_scales_what_was_rolled_back() -> None:
    reactive = {"conf": {"scheduler-mode": "reactive"}, "api_mode": "standalone"}

    def of(image: str, replicas: int) -> dict[str, Any]:
        made = spec(image, reactive["conf"])  # type: ignore[arg-type]
        return {**made, "mode": reactive["api_mode"], "taskManager": {**made["taskManager"], "replicas": replicas}}

    story = Story(of("good", 2)).deploy(of("broken", 2)).roll_back().write(of("broken", 3))
    story.see(an_observed(job=story._job(), taskmanagers=TaskManagers("tm", 2), taskmanager_pods=2))

    assert ScaleTaskManagers("tm", 3) in story.decision.actions
    assert (story.image, story.record.rollback is not None) == ("good", True)
    assert not story.wish().desired.wants_restart


def test_a_number_that_the_rejected_spec_had_changed_is_not_taken_over() -> None:
    def of(image: str, replicas: int) -> dict[str, Any]:
        made = spec(image)
        return {**made, "mode": "standalone", "taskManager": {**made["taskManager"], "replicas": replicas}}

    story = Story(of("good", 2)).deploy(of("broken", 9)).roll_back()
    assert story.record.reconciled is not None
    assert story.record.reconciled["taskManager"]["replicas"] == 2


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(spec("mended"), id="another image"),
        pytest.param(spec("broken", restartNonce=1), id="the same again"),
        pytest.param(spec("broken", job={"args": ["x"]}), id="another argument"),
        pytest.param(spec("broken", job=REDEPLOY), id="a savepoint is to be deployed"),
        pytest.param(spec("broken", job={"state": "suspended"}), id="suspended"),
    ],
)
def test_a_change_that_means_a_restart_is_always_tried(written: dict[str, Any]) -> None:
    story = rolled_back().write(written)
    story.see(an_observed(job=story._job()))
    assert (story.record.phase, story.record.rollback) == (Phase.UPGRADING, None)


def test_going_back_to_the_stable_spec_by_hand_ends_the_rollback_without_a_restart() -> None:
    story = rolled_back().write(spec())
    story.see(an_observed(job=story._job()))
    assert (story.record.phase, story.record.reason, story.record.rollback) == (Phase.RUNNING, "JobRunning", None)


def test_what_was_rolled_back_stays_so_when_it_is_started_again() -> None:
    story = rolled_back()
    story.record = replace(story.record, restart_window=RestartWindow(0))
    story.see(nothing_left()).see(GONE).see(GONE)
    assert story.started.restore.source is RestoreSource.LAST_STATE
    assert (story.image, story.record.rollback is not None) == ("good", True)


# invalid specs


INVALID = spec("broken", job={"parallelism": 0})


def test_an_invalid_spec_that_came_meanwhile_is_told_before_and_after_the_rollback() -> None:
    story = Story(spec()).deploy(spec("broken")).write(INVALID).see(NOT_READY)
    assert story.record.invalid is not None

    story.time_out()
    assert (story.record.phase, story.record.rollback is not None and story.record.rollback.generation) == (Phase.ROLLING_BACK, 2)
    assert "generation 2" in story.record.message
    story.see(GONE).see(an_observed(job=story._job()))
    assert (story.image, story.record.reason) == ("good", "RolledBack")
    assert story.record.invalid is not None


def test_an_invalid_spec_that_comes_during_the_rollback_does_not_start_the_rejected_one() -> None:
    story = Story(spec()).deploy(spec("broken")).time_out().write(INVALID).see(GONE)
    assert (story.image, story.record.rollback is not None, story.record.invalid is not None) == ("good", True, True)


def test_an_invalid_spec_does_not_end_a_rollback() -> None:
    story = rolled_back().write(INVALID)
    running = an_observed(job=story._job())
    assert story.see(running).record.rollback is not None
    assert story.write(spec("broken")).see(running).record.rollback is not None, "it is the one that was rejected"


def test_a_stable_spec_that_would_not_be_accepted_today_is_started_all_the_same() -> None:
    story = Story(spec())
    story.deploy(spec("broken")).time_out()
    assert story.record.stable is not None
    story.record = replace(story.record, stable=wire(spec(job={"parallelism": 0})))
    story.see(GONE)
    assert (story.image, story.wish().desired.rolled_back, story.record.invalid) == ("good", True, None)


def test_a_stable_spec_that_cannot_be_read_any_more_is_told_and_nothing_is_started() -> None:
    story = Story(spec()).deploy(spec("broken")).time_out()
    record = replace(story.record, stable={"flinkVersion": "v9_9"})
    wish = read_wish(a_resource(story.written, generation=2), record, lambda *_: {})
    assert not isinstance(wish, Wish)
    assert wish.problems[0].startswith("status.reconciliationStatus.lastStableSpec: ")


def test_a_record_without_rollback_is_what_it_was() -> None:
    assert isinstance(read_wish(a_resource(spec()), Record(), lambda *_: {}), Wish)
