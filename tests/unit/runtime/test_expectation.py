"""A pass must not act on a copy that is older than its own write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.virtualtime import LoopClock, run

from flinkop.runtime.expectation import Created, Deleted, Expectations, Replaced, Write, is_shown
from flinkop.runtime.store import Store

KEY = ("default", "a")


def an_object(version: str = "1", uid: str = "u", **metadata: str) -> dict[str, Any]:
    return {"metadata": {"namespace": "default", "name": "a", "uid": uid, "resourceVersion": version, **metadata}}


@pytest.mark.parametrize(
    ("write", "cached", "shown"),
    [
        pytest.param(Replaced("1"), an_object("1"), False, id="replaced: the copy that was written over"),
        pytest.param(Replaced("1"), an_object("2"), True, id="replaced: another version can only be a later one"),
        pytest.param(Replaced("1"), None, True, id="replaced: gone meanwhile"),
        pytest.param(Created("u"), None, False, id="created: not there yet"),
        pytest.param(Created("u"), an_object(uid="old"), False, id="created: the one before it"),
        pytest.param(Created("u"), an_object(uid="u"), True, id="created: there"),
        pytest.param(Deleted("u"), an_object(uid="u"), False, id="deleted: still there"),
        pytest.param(Deleted("u"), an_object(uid="u", deletionTimestamp="now"), True, id="deleted: on its way out"),
        pytest.param(Deleted("u"), None, True, id="deleted: gone"),
        pytest.param(Deleted("u"), an_object(uid="new"), True, id="deleted: replaced by another"),
    ],
)
def test_is_shown(write: Write, cached: dict[str, Any] | None, shown: bool) -> None:
    assert is_shown(write, cached) is shown


def play(scenario: Callable[[Expectations[Any], Store], Awaitable[None]]) -> None:
    async def main() -> None:
        store = Store()
        store.put(an_object("1"))
        await scenario(Expectations(LoopClock(), lifetime=10), store)

    run(main())


def test_nothing_written_is_nothing_pending() -> None:
    async def scenario(expectations: Expectations[Any], store: Store) -> None:
        assert not expectations.is_pending(KEY)

    play(scenario)


def test_a_write_is_pending_until_the_cache_shows_it() -> None:
    async def scenario(expectations: Expectations[Any], store: Store) -> None:
        expectations.expect(KEY, store, KEY, Replaced("1"))
        assert expectations.is_pending(KEY)
        assert not expectations.is_pending(("default", "b"))
        store.put(an_object("2"))
        assert not expectations.is_pending(KEY)
        store.put(an_object("1"))
        assert not expectations.is_pending(KEY), "what was met once is done with"

    play(scenario)


def test_all_writes_of_a_pass_must_be_shown() -> None:
    async def scenario(expectations: Expectations[Any], store: Store) -> None:
        children = Store()
        expectations.expect(KEY, store, KEY, Replaced("1"))
        expectations.expect(KEY, children, KEY, Created("child"))
        store.put(an_object("2"))
        assert expectations.is_pending(KEY)
        children.put(an_object(uid="child"))
        assert not expectations.is_pending(KEY)

    play(scenario)


def test_a_write_that_the_cache_never_shows_is_waited_for_only_so_long() -> None:
    async def scenario(expectations: Expectations[Any], store: Store) -> None:
        expectations.expect(KEY, store, KEY, Created("never-seen"))
        await asyncio.sleep(9.9)
        assert expectations.is_pending(KEY)
        await asyncio.sleep(0.2)
        assert not expectations.is_pending(KEY)

    play(scenario)


def test_a_forgotten_key_waits_for_nothing() -> None:
    async def scenario(expectations: Expectations[Any], store: Store) -> None:
        expectations.expect(KEY, store, KEY, Replaced("1"))
        expectations.forget(KEY)
        assert not expectations.is_pending(KEY)

    play(scenario)
