"""Workers: take a key, reconcile it, and act on one of four outcomes: done, look again later, transient trouble, terminal trouble."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Generic, TypeVar, assert_never

import structlog

from flinkop.clock import Clock, SystemClock
from flinkop.errors import TerminalError, TransientError
from flinkop.kube.slot import TURN
from flinkop.log import tells_details
from flinkop.metrics import ACTIVE_WORKERS, RECONCILE_ERRORS, RECONCILE_TERMINAL_ERRORS, RECONCILE_TIME, RECONCILES, WORKERS
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


class Result(StrEnum):
    """How a pass ended, as the metric names it. Names are controller-runtime's where it has them."""

    SUCCESS = "success"
    REQUEUE_AFTER = "requeue_after"
    TRANSIENT_ERROR = "transient_error"
    TERMINAL_ERROR = "terminal_error"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class _End:
    """How a pass ended, and in how many seconds the key is looked at again if nothing happens; None: not at all."""

    result: Result
    again_after: float | None = None


class PassTimedOut(TransientError):
    """A pass did not end within its deadline and was cut off."""


class Controller(Generic[K]):
    """Runs up to `workers` passes at a time, one per key. A pass that takes longer than `deadline` seconds is cut off and tried again.

    A worker is a task that lives as long as its pass: a thousand that wait would cost megabytes and make every start slower.

    `kind` is the kind of the resources, as lines of the log name it; metrics have it in small letters, as controller-runtime writes it.
    """

    def __init__(
        self,
        kind: str,
        queue: WorkQueue[K],
        reconcile: Callable[[K], Awaitable[Outcome]],
        workers: int,
        backoff: Backoff[K],
        deadline: float = 120.0,
        clock: Clock | None = None,
    ) -> None:
        self._kind, self._name, self._queue, self._reconcile = kind, kind.lower(), queue, reconcile
        self._workers, self._backoff, self._deadline = workers, backoff, deadline
        self._clock = clock or SystemClock()
        self._time, self._active = RECONCILE_TIME.labels(self._name), ACTIVE_WORKERS.labels(self._name)
        self._errors, self._terminal_errors = RECONCILE_ERRORS.labels(self._name), RECONCILE_TERMINAL_ERRORS.labels(self._name)
        WORKERS.labels(self._name).set(workers)
        self._turns = count(1)

    async def run(self) -> None:
        """Runs until the queue is shut down; passes that are under way are finished, each within its deadline."""
        free = asyncio.Semaphore(self._workers)
        async with asyncio.TaskGroup() as group:
            while await free.acquire():
                try:
                    key = await self._queue.get()
                except ShutDown:
                    return
                group.create_task(self._work(key, free))

    async def _work(self, key: K, free: asyncio.Semaphore) -> None:
        TURN.set(next(self._turns))
        try:
            await self._process(key)
        finally:
            self._queue.done(key)
            free.release()

    async def _process(self, key: K) -> None:
        began = self._clock.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(kind=self._kind, **_named(key), reconcile=uuid.uuid4().hex[:8])
        with self._active.track_inprogress():
            end = await self._attempt(key)
        seconds = self._clock.monotonic() - began
        self._time.observe(seconds)
        RECONCILES.labels(self._name, end.result).inc()
        if tells_details():
            _log.debug("pass", result=end.result, again_after=end.again_after, milliseconds=round(seconds * 1000, 1))

    async def _attempt(self, key: K) -> _End:
        try:
            outcome = await self._within_deadline(key)
        except Exception as error:
            return self._fail(key, _cause(error))
        self._backoff.reset(key)
        match outcome:
            case Done():
                return _End(Result.SUCCESS)
            case RequeueAfter(seconds):
                self._queue.add_after(key, seconds)
                return _End(Result.REQUEUE_AFTER, round(seconds, 1))
        assert_never(outcome)

    async def _within_deadline(self, key: K) -> Outcome:
        timeout = asyncio.timeout(self._deadline)
        try:
            async with timeout:
                return await self._reconcile(key)
        except TimeoutError:
            if timeout.expired():
                raise PassTimedOut(f"the pass did not end within {self._deadline:.0f} s") from None
            raise

    def _fail(self, key: K, error: Exception) -> _End:
        self._errors.inc()
        again_after = self._try_again(key, error)
        match error:
            case TransientError():
                _log.info("pass interrupted", error=type(error).__name__, cause=str(error), again_after=again_after)
                return _End(Result.TRANSIENT_ERROR, again_after)
            case TerminalError():
                self._terminal_errors.inc()
                # again all the same: no watch tells that a permission was given, and an API server that starts knows no permission yet
                _log.warning("pass refused", error=type(error).__name__, cause=str(error), again_after=again_after)
                return _End(Result.TERMINAL_ERROR, again_after)
            case _:
                _log.error("pass failed", exc_info=error, again_after=again_after)
                return _End(Result.ERROR, again_after)

    def _try_again(self, key: K, error: Exception) -> float:
        pause = max(self._backoff.next(key), getattr(error, "retry_after", None) or 0.0)
        self._queue.retry_after(key, pause)
        return round(pause, 1)


def _cause(error: Exception) -> Exception:
    """What a task group has wrapped: a fault of ours first, then trouble that passes, for only a try without it tells the rest."""
    if not isinstance(error, ExceptionGroup):
        return error
    causes = [_cause(inner) for inner in error.exceptions]
    return min(causes, key=lambda cause: (isinstance(cause, TransientError | TerminalError), isinstance(cause, TerminalError)))


def _named(key: Hashable) -> dict[str, str]:
    """The fields of a line that tell which resource it is about."""
    match key:
        case (str(namespace), str(name)):
            return {"namespace": namespace, "name": name}
        case _:
            return {"name": str(key)}
