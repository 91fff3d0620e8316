"""What the requests of the audit log amount to."""

from __future__ import annotations

from tests.bench.requestcount import summarize

REQUESTS = {
    ("watch", "pods"): 3,
    ("update", "leases"): 30,
    ("get", "leases"): 1,
    ("watch", "leases"): 2,
    ("update", "flinkdeployments/status"): 5,
    ("patch", "flinkdeployments/status"): 1,
    ("patch", "flinkdeployments"): 4,
    ("create", "events"): 8,
}


def test_watches_and_the_lease_are_no_requests_about_resources() -> None:
    assert summarize(REQUESTS).requests == 5 + 1 + 4 + 8


def test_status_writes_are_those_of_flinkdeployments_whatever_their_verb() -> None:
    assert summarize(REQUESTS).status_writes == 6


def test_requests_about_the_lease_are_told_apart() -> None:
    assert summarize(REQUESTS).lease_requests == 31


def test_the_most_frequent_kinds_come_first() -> None:
    assert list(summarize(REQUESTS).by_kind.items())[:2] == [("create events", 8), ("update flinkdeployments/status", 5)]


def test_no_requests_are_none() -> None:
    count = summarize({})
    assert (count.requests, count.status_writes, count.lease_requests, count.by_kind) == (0, 0, 0, {})
