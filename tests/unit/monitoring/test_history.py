"""Counting what happens to resources, and measuring how long changes take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from prometheus_client import REGISTRY

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.decision import Decision, Event, EventType
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record, Start
from flinkop.lifecycle.restore import RestoreChoice, RestorePoint, RestoreSource
from flinkop.lifecycle.snapshot import Snapshots, Taken
from flinkop.lifecycle.step import Rescaling
from flinkop.monitoring.history import History
from flinkop.monitoring.journey import advance

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CREATED, DEPLOYING, UPGRADING = Record(), Record(Phase.DEPLOYING), Record(Phase.UPGRADING)
RUNNING, SUSPENDED = Record(Phase.RUNNING, health=Health.SETTLED), Record(Phase.SUSPENDED, health=Health.SETTLED)
ROLLING_BACK, FAILED = Record(Phase.ROLLING_BACK), Record(Phase.FAILED, health=Health.STALLED)
UNSETTLED, DELETING = Record(Phase.RUNNING), Record(Phase.DELETING)


class Watch:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = BEGIN

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    return request.node.name[:60]  # type: ignore[no-any-return]


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([CREATED, DEPLOYING, RUNNING], {"submission": 10, "stabilization": 10}),
        ([CREATED, DEPLOYING, UNSETTLED, RUNNING], {"submission": 20, "stabilization": 20}),
        ([RUNNING, UPGRADING, UPGRADING, DEPLOYING, RUNNING], {"upgrade": 30, "stabilization": 10}),
        ([RUNNING, UPGRADING, SUSPENDED], {"suspend": 10}),
        ([SUSPENDED, DEPLOYING, RUNNING], {"resume": 10, "stabilization": 10}),
        ([RUNNING, DEPLOYING, RUNNING], {"recovery": 10, "stabilization": 10}),
        ([RUNNING, UPGRADING, DEPLOYING, ROLLING_BACK, DEPLOYING, RUNNING], {"rollback": 20, "stabilization": 10}),
        ([RUNNING, UPGRADING, RUNNING], {"upgrade": 10}),  # the savepoint failed: how long the try took
        ([FAILED, UPGRADING, DEPLOYING, RUNNING], {"upgrade": 20, "stabilization": 10}),
        ([CREATED, DEPLOYING, FAILED], {}),
        ([UPGRADING, DEPLOYING, RUNNING], {}),  # this process did not see its beginning
        ([RUNNING, RUNNING], {}),
        ([RUNNING, UPGRADING, DELETING], {}),
    ],
)
def test_a_change_is_measured_from_the_pass_that_began_it_to_the_one_that_saw_it_done(
    path: Sequence[Record], expected: dict[str, float]
) -> None:
    journey, now, found = None, BEGIN, {}
    for before, after in pairwise(path):
        now += timedelta(seconds=10)
        journey, arrivals = advance(journey, before, after, now)
        found |= {arrival.transition: arrival.seconds for arrival in arrivals}

    assert found == expected


def test_what_a_start_restores_and_who_asked_for_it_is_counted(kind: str) -> None:
    history = History(kind, Watch())
    choice = RestoreChoice(RestorePoint(RestoreSource.SAVEPOINT, "s3://x"), "Recorded", "")
    started = replace(DEPLOYING, start=Start(BEGIN, 1, "a"), restore=choice)
    again = replace(DEPLOYING, start=Start(BEGIN, 1, "b", attempt=1), restore=choice)

    for before, after in ((CREATED, started), (started, started), (started, again)):
        history.tell("uid", before, Decision(after))

    assert sample("flinkop_starts_total", kind=kind, restore="savepoint") == 2
    assert sample("flinkop_restarts_total", kind=kind) == 1


def test_snapshots_are_counted_by_what_became_of_them(kind: str) -> None:
    history = History(kind, Watch())
    taken = replace(RUNNING, savepoints=Snapshots(last=Taken(1, "s3://x", TriggerType.MANUAL, "CANONICAL")))
    failed = Event("CheckpointError", "no", EventType.WARNING)

    history.tell("uid", RUNNING, Decision(taken))
    history.tell("uid", taken, Decision(taken))
    history.tell_events((failed,))

    assert sample("flinkop_snapshots_total", kind=kind, snapshot="savepoint", result="completed") == 1
    assert sample("flinkop_snapshots_total", kind=kind, snapshot="checkpoint", result="failed") == 1


def test_a_failure_that_a_resource_of_its_own_tells_is_counted_there(kind: str) -> None:
    history = History(kind, Watch())

    history.tell_events((Event("SavepointError", "no", EventType.WARNING, by_resource=True),))

    assert sample("flinkop_snapshots_total", kind=kind, snapshot="savepoint", result="failed") == 0


def test_a_rescale_is_counted_once(kind: str) -> None:
    history = History(kind, Watch())
    rescaling = replace(RUNNING, step=Rescaling(BEGIN))

    history.tell("uid", RUNNING, Decision(rescaling))
    history.tell("uid", rescaling, Decision(rescaling))

    assert sample("flinkop_rescales_total", kind=kind) == 1


def test_nothing_is_remembered_of_resources_at_rest_or_gone(kind: str) -> None:
    history = History(kind, Watch())

    history.tell("a", CREATED, Decision(DEPLOYING))
    history.tell("b", RUNNING, Decision(UPGRADING))
    assert len(history) == 2
    history.tell("a", DEPLOYING, Decision(RUNNING))
    history.tell("b", UPGRADING, Decision(DELETING))

    assert len(history) == 0
    assert sample("flinkop_transition_seconds_count", kind=kind, transition="submission") == 1


def test_changes_that_never_end_are_forgotten_the_oldest_first(kind: str) -> None:
    history = History(kind, Watch(), limit=2)

    for uid in "abc":
        history.tell(uid, CREATED, Decision(DEPLOYING))
    history.tell("a", DEPLOYING, Decision(RUNNING))
    history.tell("c", DEPLOYING, Decision(RUNNING))

    assert sample("flinkop_transition_seconds_count", kind=kind, transition="submission") == 1
