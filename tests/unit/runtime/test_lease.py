"""The rules of leader election."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flinkop.errors import InvalidConfiguration
from flinkop.runtime.lease import ElectionSettings, Verdict, released, renewed, verdict

SETTINGS = ElectionSettings(lease_duration=15, renew_deadline=10, retry_period=2)
NOW = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
MOMENT, EARLIER = "2026-01-02T03:04:05.000678Z", "2026-01-01T00:00:00.000000Z"


def a_record(holder: str = "other", **changes: Any) -> dict[str, Any]:
    return {
        "holderIdentity": holder,
        "leaseDurationSeconds": 15,
        "acquireTime": EARLIER,
        "renewTime": EARLIER,
        "leaseTransitions": 3,
        **changes,
    }


@pytest.mark.parametrize(
    ("record", "age", "expected"),
    [
        pytest.param({}, 0, Verdict.FREE, id="no lease yet"),
        pytest.param(a_record(""), 0, Verdict.FREE, id="released"),
        pytest.param(a_record("me"), 0, Verdict.OURS, id="ours"),
        pytest.param(a_record("me"), 999, Verdict.OURS, id="ours, though nobody has taken it for long"),
        pytest.param(a_record(), 0, Verdict.TAKEN, id="taken, seen just now though its times are old"),
        pytest.param(a_record(), 14.9, Verdict.TAKEN, id="taken, unchanged for nearly its duration"),
        pytest.param(a_record(), 15, Verdict.FREE, id="unchanged for its duration"),
        pytest.param(a_record(leaseDurationSeconds=60), 15, Verdict.TAKEN, id="its holder asked for longer than we would"),
        pytest.param(a_record(leaseDurationSeconds=1), 1, Verdict.FREE, id="its holder asked for less"),
        pytest.param(a_record(leaseDurationSeconds=None), 14.9, Verdict.TAKEN, id="its holder asked for nothing: our duration"),
        pytest.param(a_record(leaseDurationSeconds=None), 15, Verdict.FREE, id="its holder asked for nothing, and that is over"),
        pytest.param(a_record(renewTime="9999-01-01T00:00:00.000000Z"), 15, Verdict.FREE, id="the holder's clock is of no interest"),
    ],
)
def test_verdict(record: dict[str, Any], age: float, expected: Verdict) -> None:
    assert verdict(record, 100.0, 100.0 + age, "me", SETTINGS) is expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {"acquireTime": MOMENT, "leaseTransitions": 0}, id="the first holder ever is no change of hands"),
        pytest.param(a_record(), {"acquireTime": MOMENT, "leaseTransitions": 4}, id="taken from another"),
        pytest.param(a_record(""), {"acquireTime": MOMENT, "leaseTransitions": 4}, id="taken after a release"),
        pytest.param(a_record("me"), {"acquireTime": EARLIER, "leaseTransitions": 3}, id="kept"),
        pytest.param(a_record("me", leaseTransitions=None), {"acquireTime": EARLIER, "leaseTransitions": 0}, id="kept, never counted"),
    ],
)
def test_renewed(before: dict[str, Any], after: dict[str, Any]) -> None:
    common = {"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": MOMENT}
    assert renewed(before, "me", SETTINGS, NOW) == {**common, **after}


def test_fields_that_others_wrote_are_kept() -> None:
    assert renewed({"preferredHolder": "x"}, "me", SETTINGS, NOW)["preferredHolder"] == "x"


def test_a_duration_is_never_rounded_to_less_than_was_meant() -> None:
    settings = ElectionSettings(lease_duration=0.5, renew_deadline=0.4, retry_period=0.1)
    assert renewed({}, "me", settings, NOW)["leaseDurationSeconds"] == 1


def test_a_released_lease_has_no_holder_and_keeps_the_count() -> None:
    expected = {"holderIdentity": "", "leaseDurationSeconds": 1, "acquireTime": MOMENT, "renewTime": MOMENT, "leaseTransitions": 3}
    assert released(a_record("me"), NOW) == expected


@pytest.mark.parametrize(
    ("lease_duration", "renew_deadline", "retry_period"),
    [
        pytest.param(10, 10, 2, id="a leader that gives up too late"),
        pytest.param(15, 2, 2, id="a leader with one try"),
        pytest.param(15, 10, 0, id="a leader that never rests"),
        pytest.param(15, 10, -1, id="a time gone by"),
    ],
)
def test_settings_with_which_two_could_lead_are_refused(lease_duration: float, renew_deadline: float, retry_period: float) -> None:
    with pytest.raises(InvalidConfiguration, match=r"lease duration .* > renew deadline .* > retry period .* > 0 does not hold"):
        ElectionSettings(lease_duration, renew_deadline, retry_period)
