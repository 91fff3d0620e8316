"""How many Events about one object are written: a token bucket for each component and object, as client-go has it.

Source: client-go `tools/record/events_cache.go`, EventSourceObjectSpamFilter: 25 at once and then one every 5 minutes, remembered for 4096.
A person who tries one spec after another makes some five Events with each, so here one comes every minute.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta

from flinkop.clock import Clock
from flinkop.controllers.heldback import HeldBack

_REMEMBERED = 10_000

Source = tuple[str, str]
"""Who tells, and the uid of what it tells about."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float
    held: HeldBack = field(default_factory=HeldBack)
    ran_dry: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """`times` is how often the Event happened since it was written last; 0: it is held back. `begins`: it is the first that is,
    since there was room for all."""

    times: int
    begins: bool = False


class EventLimit:
    """Holds Events back where there are too many. The next like it stands also for those that were held back within the hour before."""

    def __init__(self, clock: Clock, burst: int = 25, pause: timedelta = timedelta(minutes=1), remembered: int = _REMEMBERED) -> None:
        self._clock, self._burst, self._pause, self._remembered = clock, burst, pause.total_seconds(), remembered
        self._buckets: OrderedDict[Source, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def admit(self, source: Source, identity: str) -> Admission:
        """Takes a token for an Event, if there is one. Equal Events have equal identities."""
        bucket = self._bucket(source)
        self._fill(bucket)
        if bucket.tokens < 1:
            return _hold(bucket, identity)
        bucket.tokens -= 1
        return Admission(1 + bucket.held.take(identity, bucket.filled_at))

    def _bucket(self, source: Source) -> _Bucket:
        """Beyond the bound the one that was used least lately is forgotten: that lets through more, never less."""
        bucket = self._buckets.setdefault(source, _Bucket(self._burst, self._clock.monotonic()))
        self._buckets.move_to_end(source)
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        return bucket

    def _fill(self, bucket: _Bucket) -> None:
        now = self._clock.monotonic()
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) / self._pause)
        bucket.filled_at = now
        if bucket.tokens == self._burst:
            bucket.ran_dry = False


def _hold(bucket: _Bucket, identity: str) -> Admission:
    begins, bucket.ran_dry = not bucket.ran_dry, True
    bucket.held.add(identity, bucket.filled_at)
    return Admission(0, begins)
