"""What JobManagers were asked, and when."""

from __future__ import annotations

from collections import defaultdict
from typing import Any


class Account:
    """Keys are `namespace/cluster`; times are in seconds of whatever clock the caller reads."""

    def __init__(self) -> None:
        self._requests = 0
        self._looks: dict[str, list[float]] = defaultdict(list)

    def note(self, key: str, path: str, now: float) -> None:
        """Notes a request. Asking for the jobs is a look: every observation begins with it."""
        self._requests += 1
        if path == "/jobs/overview":
            self._looks[key].append(now)

    def forget(self) -> None:
        """Begins anew."""
        self._requests = 0
        self._looks.clear()

    def report(self) -> dict[str, Any]:
        """All of it."""
        return {"requests": self._requests, "looks": self._looks}
