"""Random lives of FlinkStateSnapshots: operators die between any two steps, answers are lost, jobs and JobManagers come and go.

Whatever happens, a JobManager takes one savepoint for one resource and try, every life ends, and no file is left that nobody was told of.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from tests.unit.lifecycle.builder import FRESH, NOW
from tests.unit.lifecycle.snapshotbuilder import a_snapshot

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.lifecycle.action import RemoveFinalizer
from flinkop.lifecycle.decision import Fresh
from flinkop.lifecycle.observed import Snapshot, SnapshotCompleted, SnapshotFailed, SnapshotInProgress, SnapshotUnknown
from flinkop.lifecycle.statesnapshot.decide import decide_snapshot
from flinkop.lifecycle.statesnapshot.decision import Dispose, SnapshotAction, TakeCheckpoint, TakeSavepoint
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import ENDED, SnapshotRecord
from flinkop.lifecycle.statesnapshot.seen import Disposal, DisposalCompleted, DisposalFailed, JobPresence, JobSight, SnapshotSeen
from flinkop.lifecycle.statesnapshot.status import read_snapshot_record, write_snapshot_status

SEEDS = range(400)
_STEPS = 4000


@dataclass
class JobManager:
    """Knows triggers by id, as long as it lives. `made` counts the savepoints of each."""

    job_id: str
    triggers: dict[str, Snapshot] = field(default_factory=dict)


@dataclass
class Life:
    """One resource, one job, and what fate has in store. `faults` stop after a while: then everything works."""

    dice: random.Random
    desired: SnapshotDesired
    status: dict[str, object] = field(default_factory=dict)
    now: timedelta = timedelta()
    jobmanager: JobManager | None = None
    jobs: int = 0
    is_over: bool = False
    losses: int = 0
    files: set[str] = field(default_factory=set)
    made: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    disposal: Disposal | None = None
    gone: bool = False

    @property
    def trouble(self) -> bool:
        """Whether things still go wrong by chance."""
        return self.now < timedelta(minutes=10)

    def record(self) -> SnapshotRecord:
        return read_snapshot_record(self.status)

    def fresh(self) -> Fresh:
        return replace(FRESH, now=NOW + self.now, trigger_id=f"{self.dice.getrandbits(128):032x}")

    def sight(self) -> JobSight:
        if self.is_over:
            return JobSight(JobPresence.OVER, "It is Suspended.")
        if self.jobmanager is None:
            return JobSight(JobPresence.NOT_YET, "It is Deploying.")
        return JobSight(JobPresence.RUNNING, "", self.jobmanager.job_id, serves=True)

    def seen(self, record: SnapshotRecord) -> SnapshotSeen:
        outcome: Snapshot | None = None
        silent = self.trouble and self.dice.random() < 0.2
        if self.jobmanager is not None and record.state is SnapshotState.IN_PROGRESS and not silent:
            known = self.jobmanager.job_id == record.job_id
            outcome = self.jobmanager.triggers.get(record.trigger_id or "", SnapshotUnknown()) if known else SnapshotUnknown()
        return SnapshotSeen(self.sight(), outcome, self.disposal)

    def turn(self) -> None:
        """What happens to the job and in its JobManager."""
        self.now += timedelta(seconds=self.dice.choice([1, 1, 1, 5, 30]))
        if self.jobmanager is not None:
            for trigger, outcome in self.jobmanager.triggers.items():
                if isinstance(outcome, SnapshotInProgress) and self.dice.random() < 0.3:
                    self.jobmanager.triggers[trigger] = self.finish(trigger)
        if self.trouble and self.dice.random() < 0.05:
            self.losses += self.jobmanager is not None
            self.jobmanager = None
        elif self.jobmanager is None and not self.is_over and self.dice.random() < 0.3:
            self.jobs += self.dice.random() < 0.3
            self.jobmanager = JobManager(f"{self.jobs:032x}")
        if self.trouble and self.dice.random() < 0.01:
            self.losses += self.jobmanager is not None
            self.is_over, self.jobmanager = True, None

    def finish(self, trigger: str) -> Snapshot:
        if self.trouble and self.dice.random() < 0.4:
            return SnapshotFailed("disk full")
        path = f"s3://bucket/savepoint-{len(self.made)}"
        self.made.append(trigger)
        self.files.add(path)
        return SnapshotCompleted(path)

    def act(self, action: SnapshotAction) -> None:
        match action:
            case TakeSavepoint(job_id, trigger_id):
                assert trigger_id == self.record().trigger_id, "what is not recorded is not asked for"
                self.asked.append(trigger_id)
                if self.jobmanager is not None and self.jobmanager.job_id == job_id:
                    self.jobmanager.triggers.setdefault(trigger_id, SnapshotInProgress())
            case TakeCheckpoint():
                raise AssertionError("a savepoint was wanted")
            case Dispose(path):
                if self.jobmanager is not None:
                    fails = self.trouble and self.dice.random() < 0.3
                    self.disposal = DisposalFailed("not now") if fails else DisposalCompleted()
                    self.files -= set() if fails else {path}
            case RemoveFinalizer():
                self.gone = True

    def reconcile(self) -> None:
        """One pass; the process may die between any two of its steps, and an answer may be lost."""
        record = self.record()
        decision = decide_snapshot(record, self.seen(record), self.desired, self.fresh())
        if self.dies():
            return
        self.status = write_snapshot_status(decision.record, self.status, NOW + self.now)
        self.told += [event.message for event in decision.events]
        for action in decision.actions:
            if self.dies():
                return
            self.act(action)

    def dies(self) -> bool:
        died = self.trouble and self.dice.random() < 0.1
        if died:
            self.disposal = None  # what only the process knew
        return died


def live(seed: int) -> Life:
    """Until the snapshot has come to its end."""
    dice = random.Random(seed)
    life = Life(dice, a_snapshot(backoff_limit=dice.choice([0, 1, 3, 8])))
    for _ in range(_STEPS):
        life.turn()
        life.reconcile()
        if life.record().state in ENDED:
            return life
    raise AssertionError(f"no end: {life.status}")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_life_ends_and_one_try_is_one_savepoint(seed: int) -> None:
    life = live(seed)
    record = life.record()
    assert record.failures <= life.desired.backoff_limit + 1
    assert len(life.made) <= 1 + record.failures + life.losses, "only a JobManager that lost its memory may have taken one before"
    if not life.losses:
        assert len(life.made) == (record.state is SnapshotState.COMPLETED)
    if record.state is SnapshotState.COMPLETED:
        assert record.path in life.files
    else:
        assert record.error
        assert life.told
        asked_once = len(life.asked) == len(set(life.asked))  # else the first of two JobManagers may have made one, and forgot it
        assert not (life.files and asked_once) or any("its files are in s3://bucket" in message for message in (record.message, *life.told))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_deletion_ends_in_time_and_what_it_leaves_is_named(seed: int) -> None:
    life = live(seed) if seed % 2 else Life(random.Random(seed), a_snapshot(backoff_limit=3))
    if seed % 2 == 0:
        for _ in range(life.dice.randrange(40)):
            life.turn()
            life.reconcile()
    life.desired = replace(life.desired, deleting=True)
    asked, began = len(life.asked), life.now
    while not life.gone:
        life.turn()
        life.reconcile()
        assert life.now - began < timedelta(minutes=40), life.status
    assert len(life.asked) == asked, "a deletion asks for nothing new"
    record = life.record()
    if record.state is SnapshotState.COMPLETED and record.path in life.files:
        path = record.path or ""
        assert any(path in message and "by hand" in message for message in life.told)
