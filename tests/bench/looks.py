"""How often the operator looked at JobManagers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.bench.distribution import percentile


@dataclass(frozen=True, slots=True)
class Attention:
    """`per_minute` is the mean over all JobManagers; `gap_p99` is in seconds; `never` had no look at all, or just one."""

    per_minute: float
    gap_p99: float
    never: int


def attention(looks: Mapping[str, Sequence[float]], names: Iterable[str], seconds: float) -> Attention:
    """The attention that `names` had in `seconds`; `looks` are the times in seconds at which each was asked for its jobs."""
    wanted = list(names)
    times = [sorted(looks.get(name, ())) for name in wanted]
    gaps = [later - earlier for one in times for earlier, later in pairwise(one)]
    return Attention(
        per_minute=sum(map(len, times)) * 60 / (seconds * len(wanted)),
        gap_p99=percentile(gaps, 99) if gaps else float("inf"),
        never=sum(len(one) < 2 for one in times),
    )
