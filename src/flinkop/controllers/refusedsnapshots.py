"""What a process remembers of FlinkStateSnapshots that the API server did not take: when they are tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from flinkop.errors import Rejected, TerminalError
from flinkop.lifecycle.action import CreateSnapshot
from flinkop.lifecycle.observed import RefusedSnapshot

_log = structlog.get_logger(__name__)

_FIRST_PAUSE, _LAST_PAUSE = 10.0, 600.0
_OLD_DEFINITION = "; if its definition is an older one: kubectl apply --server-side -f manifests/crds"


@dataclass(slots=True)
class RefusedSnapshots:
    """Of one key. Times are monotonic seconds; the pause doubles with every try that is refused."""

    message: str | None = None
    pause: float = 0.0
    again_at: float = 0.0

    def look(self, now: float) -> RefusedSnapshot | None:
        """The refusal, during the pause after it."""
        rest = self.again_at - now
        return RefusedSnapshot(self.message, timedelta(seconds=rest)) if self.message is not None and rest > 0 else None

    def refuse(self, action: CreateSnapshot, error: TerminalError, now: float) -> None:
        """Of several that one pass has tried, the first counts."""
        if now < self.again_at:
            return
        remedy = _OLD_DEFINITION if isinstance(error, Rejected) else ""
        self.message = f"FlinkStateSnapshot {action.name}: {error}{remedy}"
        self.pause = min(max(self.pause * 2, _FIRST_PAUSE), _LAST_PAUSE)
        self.again_at = now + self.pause
        _log.warning("snapshot refused", snapshot=action.name, cause=str(error))

    def accept(self, now: float) -> None:
        """One was taken, and none before it in the same pass was refused."""
        if now >= self.again_at:
            self.message, self.pause = None, 0.0
