"""Workers: take a key, reconcile it, and act on one of four outcomes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar, assert_never

import structlog

from flinkop.clock import Clock, SystemClock
from flinkop.errors import ApiUnavailable, TerminalError, TransientError
from flinkop.metrics import RECONCILE_TIME, RECONCILES
from flinkop.runtime.backoff import Backoff
from flinkop.runtime.workqueue import ShutDown, WorkQueue

_log = structlog.get_logger(__name__)
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more until something changes."""


@dataclass(frozen=True, slots=True)
class RequeueAfter:
    """Look again after so many seconds."""

    seconds: float


Outcome = Done | RequeueAfter


class Controller(Generic[K]):
    """Runs `workers` passes at a time. A pass that takes longer than `deadline` seconds is ended and tried again."""

    def __init__(
        self,
        name: str,
        queue: WorkQueue[K],
        reconcile: Callable[[K], Awaitable[Outcome]],
        workers: int,
        backoff: Backoff[K],
        deadline: float = 120.0,
        clock: Clock | None = None,
    ) -> None:
        self._name, self._queue, self._reconcile = name, queue, reconcile
        self._workers, self._backoff, self._deadline = workers, backoff, deadline
        self._clock = clock or SystemClock()
        self._time = RECONCILE_TIME.labels(name)

    async def run(self) -> None:
        """Runs until the queue is shut down; passes that are under way are finished."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            try:
                key = await self._queue.get()
            except ShutDown:
                return
            try:
                await self._process(key)
            finally:
                self._queue.done(key)

    async def _process(self, key: K) -> None:
        began = self._clock.monotonic()
        with structlog.contextvars.bound_contextvars(key=key, reconcile=uuid.uuid4().hex[:8]):
            result = await self._pass(key)
        self._time.observe(self._clock.monotonic() - began)
        RECONCILES.labels(self._name, result).inc()

    async def _pass(self, key: K) -> str:
        try:
            async with asyncio.timeout(self._deadline):
                outcome = await self._reconcile(key)
        except TimeoutError:
            return self._again(key, "error", f"the pass took longer than {self._deadline:.0f} s", 0.0)
        except TransientError as error:
            return self._again(key, "requeue", str(error), getattr(error, "retry_after", None) or 0.0, type(error).__name__)
        except TerminalError as error:
            _log.warning("pass refused", cause=str(error))
            self._backoff.reset(key)
            return "terminal_error"
        except Exception:
            _log.exception("pass failed")
            self._queue.add_after(key, self._backoff.next(key))
            return "error"
        return self._follow(key, outcome)

    def _again(self, key: K, result: str, cause: str, at_least: float, kind: str = "Timeout") -> str:
        pause = max(self._backoff.next(key), at_least)
        _log.info("pass interrupted", cause=cause, error=kind, again_after=round(pause, 1))
        self._queue.add_after(key, pause)
        return result

    def _follow(self, key: K, outcome: Outcome) -> str:
        self._backoff.reset(key)
        match outcome:
            case Done():
                return "success"
            case RequeueAfter(seconds):
                self._queue.add_after(key, seconds)
                return "requeue_after"
        assert_never(outcome)


__all__ = ["ApiUnavailable", "Controller", "Done", "Outcome", "RequeueAfter"]
