"""When jobs at rest are looked at: all of one session cluster at the same moment, so that one request serves them all."""

from __future__ import annotations

import zlib

from flinkop.controllers.trigger import Key


def until_tick(cluster: Key, now: float, interval: float) -> float:
    """Seconds until the next look at the jobs of that cluster, at most `interval`; `now` is a monotonic time.

    Clusters have moments of their own, spread over the interval: not all of them are asked at once.
    """
    share = zlib.crc32("/".join(cluster).encode()) / 2**32
    return interval - (now - share * interval) % interval
