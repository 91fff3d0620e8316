"""What the requests of the audit log amount to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

Requests = Mapping[tuple[str, str], int]
"""Number of requests by verb and resource, as tests.cluster.audit counts them."""

_WATCH = "watch"
_LEASES = "leases"
_STATUS = "flinkdeployments/status"


@dataclass(frozen=True, slots=True)
class RequestCount:
    """`requests` are all but watches, which are open for minutes, and those about the lease, which are as many whatever there is to do."""

    requests: int
    status_writes: int
    lease_requests: int
    by_kind: Mapping[str, int]


def summarize(requests: Requests) -> RequestCount:
    """The numbers that figures are made of."""
    counted = Counter({kind: number for kind, number in requests.items() if kind[0] != _WATCH and kind[1] != _LEASES})
    return RequestCount(
        requests=counted.total(),
        status_writes=sum(number for (_, resource), number in counted.items() if resource == _STATUS),
        lease_requests=sum(number for (verb, resource), number in requests.items() if resource == _LEASES and verb != _WATCH),
        by_kind={" ".join(kind): number for kind, number in counted.most_common()},
    )
