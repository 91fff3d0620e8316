"""Workers: what follows each outcome, what bounds a pass, and how they end. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from tests.detailedlog import captured_details
from tests.virtualtime import LoopClock, now, run

from flinkop.errors import ApiUnavailable, Conflict, Forbidden, NamespaceTerminating
from flinkop.kube.slot import TURN
from flinkop.runtime.backoff import Backoff, BackoffSettings
from flinkop.runtime.controller import Controller, Done, Outcome, RequeueAfter
from flinkop.runtime.workqueue import WorkQueue

Reconcile = Callable[[str], Awaitable[Outcome]]


def a_controller(
    reconcile: Reconcile, *, workers: int = 2, deadline: float = 30, name: str = "test"
) -> tuple[Controller[str], WorkQueue[str]]:
    queue: WorkQueue[str] = WorkQueue(name, LoopClock())
    backoff: Backoff[str] = Backoff(BackoffSettings(initial=1, maximum=60), lambda: 0.0)
    return Controller(name, queue, reconcile, workers, backoff, deadline, LoopClock()), queue


def moments_of(outcomes: list[Outcome | BaseException], *, seconds: float = 1000, name: str = "test") -> list[float]:
    """When a key is reconciled if its passes end like this, one after the other; then they are done."""

    async def main() -> list[float]:
        moments: list[float] = []

        async def reconcile(_key: str) -> Outcome:
            moments.append(round(now(), 1))
            outcome = outcomes.pop(0) if outcomes else Done()
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        controller, queue = a_controller(reconcile, name=name)
        queue.add("a")
        task = asyncio.create_task(controller.run())
        await asyncio.sleep(seconds)
        queue.shut_down()
        await task
        return moments

    return run(main())


@pytest.mark.parametrize(
    ("outcomes", "moments"),
    [
        pytest.param([Done()], [0], id="done: not again"),
        pytest.param([RequeueAfter(7), RequeueAfter(0)], [0, 7, 7], id="requeue: again after that time"),
        pytest.param([Conflict(""), Conflict(""), Conflict("")], [0, 1, 3, 7], id="transient: again, with growing pauses"),
        pytest.param([ApiUnavailable("", retry_after=20.0)], [0, 20], id="transient: no sooner than the server asks"),
        pytest.param([Forbidden(""), Forbidden("")], [0, 1, 3], id="terminal: again as well, for nobody tells that it has passed"),
        pytest.param([KeyError("x"), KeyError("x")], [0, 1, 3], id="a fault of ours: again, with growing pauses"),
        pytest.param([TimeoutError()], [0, 1], id="a timeout that is not the pass's own: a fault of ours"),
        pytest.param([Conflict(""), Done()], [0, 1], id="a success forgets failures"),
        pytest.param([Conflict(""), RequeueAfter(1), Conflict("")], [0, 1, 2, 3], id="a requeue forgets failures"),
        pytest.param([ExceptionGroup("", [Conflict("")])], [0, 1], id="a group of transient trouble is transient"),
        pytest.param([ExceptionGroup("", [Forbidden(""), Conflict("")])], [0, 1], id="a group with transient trouble is tried again"),
        pytest.param([ExceptionGroup("", [ExceptionGroup("", [Forbidden("")])])], [0, 1], id="a group in a group"),
    ],
)
def test_outcomes(outcomes: list[Outcome | BaseException], moments: list[float]) -> None:
    assert moments_of(outcomes) == moments


@pytest.mark.parametrize(
    ("outcome", "result", "level", "told"),
    [
        pytest.param(
            Conflict("it was changed"), "transient_error", "info", {"cause": "it was changed", "again_after": 1.0}, id="transient"
        ),
        pytest.param(
            NamespaceTerminating("ns is going"), "terminal_error", "warning", {"cause": "ns is going", "again_after": 1.0}, id="terminal"
        ),
        pytest.param(ValueError("a bug"), "error", "error", {"again_after": 1.0}, id="a fault of ours"),
        pytest.param(RequeueAfter(5000), "requeue_after", None, {}, id="requeue"),
        pytest.param(Done(), "success", None, {}, id="done"),
    ],
)
def test_how_a_pass_ended_is_counted_and_trouble_is_told_with_its_cause(
    outcome: Any, result: str, level: str | None, told: dict[str, Any]
) -> None:
    name = f"counted-{result}"
    with capture_logs() as logs:
        moments_of([outcome], seconds=0.5, name=name)
    assert REGISTRY.get_sample_value("controller_runtime_reconcile_total", {"controller": name, "result": result}) == 1
    assert [log["log_level"] for log in logs] == ([level] if level else [])
    assert all(log.items() >= told.items() for log in logs)


@pytest.mark.parametrize(
    ("outcome", "result", "again_after"),
    [
        pytest.param(Done(), "success", None, id="done"),
        pytest.param(RequeueAfter(5000), "requeue_after", 5000, id="requeue"),
        pytest.param(Conflict(""), "transient_error", 1.0, id="transient"),
        pytest.param(Forbidden(""), "terminal_error", 1.0, id="terminal"),
        pytest.param(ValueError(""), "error", 1.0, id="a fault of ours"),
    ],
)
def test_every_pass_is_a_line_for_those_who_ask_for_details(outcome: Any, result: str, again_after: float | None) -> None:
    with captured_details() as lines:
        moments_of([outcome], seconds=0.5, name="Kind")

    reconcile = lines[-1].pop("reconcile")
    assert lines[-1] == {
        "event": "pass",
        "log_level": "debug",
        "kind": "Kind",
        "name": "a",
        "result": result,
        "again_after": again_after,
        "milliseconds": 0.0,
    }
    assert len(reconcile) == 8


def test_the_line_of_a_pass_tells_how_long_it_took_and_what_was_bound_in_it() -> None:
    async def main() -> None:
        async def reconcile(_key: str) -> Outcome:
            structlog.contextvars.bind_contextvars(phase="Running", reason="JobRunning")
            await asyncio.sleep(1.25)
            return Done()

        controller, queue = a_controller(reconcile)
        queue.add("a")
        task = asyncio.create_task(controller.run())
        await asyncio.sleep(5)
        queue.shut_down()
        await task

    with captured_details() as lines:
        run(main())

    (line,) = lines
    assert (line["milliseconds"], line["phase"], line["reason"]) == (1250.0, "Running", "JobRunning")


def test_a_fault_of_ours_is_told_with_its_stack_trace() -> None:
    with capture_logs() as logs:
        moments_of([ValueError("a bug")], seconds=0.5)
    assert isinstance(logs[0]["exc_info"], ValueError)


def test_a_pass_that_hangs_is_cut_off_and_tried_again() -> None:
    async def main() -> list[float]:
        moments: list[float] = []

        async def reconcile(_key: str) -> Outcome:
            moments.append(now())
            if len(moments) == 1:
                await asyncio.Event().wait()
            return Done()

        controller, queue = a_controller(reconcile, deadline=30)
        queue.add("a")
        with capture_logs() as logs:
            task = asyncio.create_task(controller.run())
            await asyncio.sleep(100)
        queue.shut_down()
        await task
        assert logs[0]["error"] == "PassTimedOut"
        assert logs[0]["cause"] == "the pass did not end within 30 s"
        return moments

    assert run(main()) == [0, 31]


def test_a_key_that_hangs_holds_up_no_other() -> None:
    async def main() -> dict[str, float]:
        finished: dict[str, float] = {}

        async def reconcile(key: str) -> Outcome:
            if key == "hangs":
                await asyncio.sleep(1000)
            finished[key] = now()
            return Done()

        controller, queue = a_controller(reconcile, workers=2, deadline=5000)
        for key in ("hangs", "a", "b"):
            queue.add(key)
        task = asyncio.create_task(controller.run())
        await asyncio.sleep(2000)
        queue.shut_down()
        await task
        return finished

    assert run(main()) == {"hangs": 1000, "a": 0, "b": 0}


def test_shutting_down_lets_passes_end_and_begins_no_new_one() -> None:
    async def main() -> list[str]:
        finished: list[str] = []

        async def reconcile(key: str) -> Outcome:
            await asyncio.sleep(10)
            finished.append(key)
            return RequeueAfter(1)

        controller, queue = a_controller(reconcile, workers=1)
        queue.add("a")
        queue.add("b")
        task = asyncio.create_task(controller.run())
        await asyncio.sleep(5)
        queue.shut_down()
        await task
        assert now() == 10
        return finished

    assert run(main()) == ["a"]


def test_being_cancelled_ends_workers_and_their_passes_at_once() -> None:
    async def main() -> None:
        cut_off: list[str] = []

        async def reconcile(key: str) -> Outcome:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                cut_off.append(key)
                raise
            return Done()

        controller, queue = a_controller(reconcile)
        queue.add("a")
        task = asyncio.create_task(controller.run())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cut_off == ["a"]
        assert now() == 1

    run(main())


def test_every_line_that_a_pass_logs_says_which_pass_it_was() -> None:
    async def main() -> list[dict[str, Any]]:
        bound: list[dict[str, Any]] = []

        async def reconcile(_key: Any) -> Outcome:
            mine = structlog.contextvars.get_contextvars()
            bound.append(mine)
            await asyncio.sleep(1)
            assert structlog.contextvars.get_contextvars() == mine, "another pass does not mix in"
            structlog.contextvars.bind_contextvars(phase="Running")
            return Done()

        controller, queue = a_controller(reconcile, workers=2, name="Kind")
        queue.add(("default", "a"))  # type: ignore[arg-type]
        queue.add(("default", "b"))  # type: ignore[arg-type]
        queue.add(("default", "c"))  # type: ignore[arg-type]
        task = asyncio.create_task(controller.run())
        await asyncio.sleep(5)
        queue.shut_down()
        await task
        return bound

    first, second, third = run(main())
    assert (first["kind"], first["namespace"], first["name"], second["name"]) == ("Kind", "default", "a", "b")
    assert "phase" not in third, "what a pass binds ends with it"
    assert first["reconcile"] != second["reconcile"]
    assert structlog.contextvars.get_contextvars() == {}


def test_requests_of_a_pass_that_began_earlier_go_first_and_those_outside_of_passes_before_all() -> None:
    async def main() -> None:
        turns: list[int] = []

        async def reconcile(_key: str) -> Outcome:
            turns.append(TURN.get())
            return Done()

        controller, queue = a_controller(reconcile, workers=1)
        for key in "abc":
            queue.add(key)
        task = asyncio.create_task(controller.run())
        await asyncio.sleep(1)
        queue.shut_down()
        await task
        assert turns == sorted(set(turns))
        assert TURN.get() < turns[0]

    run(main())


def test_workers_without_work_cost_nothing() -> None:
    async def main() -> int:
        controller, queue = a_controller(lambda _: asyncio.sleep(1, Done()), workers=1000)
        task = asyncio.create_task(controller.run())
        queue.add("a")
        await asyncio.sleep(10)
        tasks = len(asyncio.all_tasks() - {asyncio.current_task()})
        queue.shut_down()
        await task
        return tasks

    assert run(main()) == 1, "the one that waits for keys"
