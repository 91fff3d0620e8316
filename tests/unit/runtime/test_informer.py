"""The informer: its store equals the collection, whatever the API server and the network do. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from tests.fakes.kubeapi import FakeKubeApi
from tests.virtualtime import LoopClock, now, run, settle, until

from flinkop.errors import ApiUnavailable, Expired, FlinkopError, Forbidden, NotFound
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS
from flinkop.runtime.informer import Collection, Informer
from flinkop.runtime.watcher import Watching

UNAVAILABLE = ApiUnavailable("connection refused")


class Seen:
    """What callbacks were told, as (name, had an old form, has a new form)."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, bool, bool]] = []

    def __call__(self, old: Any, new: Any) -> None:
        self.changes.append(((new or old)["metadata"]["name"], old is not None, new is not None))

    def take(self) -> list[tuple[str, bool, bool]]:
        changes, self.changes = self.changes, []
        return changes


ADDED, CHANGED, REMOVED = (False, True), (True, True), (True, False)


def an_informer(api: FakeKubeApi, **settings: Any) -> tuple[Informer, Seen]:
    informer, seen = Informer(Collection(cast(KubeClient, api), CONFIG_MAPS), clock=LoopClock(), **settings), Seen()
    informer.on_change(seen)
    return informer, seen


@asynccontextmanager
async def running(informer: Informer) -> AsyncIterator[None]:
    task = asyncio.create_task(informer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def put(api: FakeKubeApi, name: str, data: str = "") -> None:
    api.put(CONFIG_MAPS, "default", name, data={"text": data})


def drop(api: FakeKubeApi, name: str) -> None:
    api.drop(CONFIG_MAPS, "default", name)


def names(informer: Informer) -> set[str]:
    return {name for _, name in informer.store.keys()}  # noqa: SIM118 (a store is no mapping)


Scenario = Callable[[FakeKubeApi, Informer, Seen], Awaitable[None]]


def play(scenario: Scenario, *, streams: bool = True) -> None:
    """Runs a scenario with an informer that has already seen one object, `a`."""

    async def main() -> None:
        api = FakeKubeApi(streams=streams)
        put(api, "a")
        informer, seen = an_informer(api)
        async with running(informer):
            await informer.wait_until_synced(10)
            await asyncio.sleep(1)
            assert seen.take() == [("a", *ADDED)]
            api.requests.clear()
            await scenario(api, informer, seen)

    run(main())


def verbs(api: FakeKubeApi) -> list[str]:
    return [verb for verb, _ in api.requests]


def lists(api: FakeKubeApi) -> int:
    return sum("sendInitialEvents" in query or verb == "list" for verb, query in api.requests)


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "paged"])
def test_changes_reach_the_store_and_the_callbacks(streams: bool) -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        put(api, "b")
        put(api, "a", "new")
        drop(api, "b")
        await asyncio.sleep(0.1)
        assert seen.take() == [("b", *ADDED), ("a", *CHANGED), ("b", *REMOVED)]
        assert names(informer) == {"a"}
        assert api.requests == [], "an open watch brings everything"

    play(scenario, streams=streams)


def test_a_server_without_streamed_lists_is_asked_for_pages() -> None:
    async def main() -> None:
        api = FakeKubeApi(streams=False)
        for number in range(1200):
            put(api, f"object-{number}")
        informer, seen = an_informer(api)
        async with running(informer):
            await informer.wait_until_synced(10)
            assert len(informer.store) == len(seen.take()) == 1200
        assert verbs(api)[:4] == ["watch", "list", "list", "list"]

    run(main())


def test_a_list_whose_pages_become_too_old_begins_anew() -> None:
    async def main() -> None:
        api = FakeKubeApi(streams=False)
        for number in range(1200):
            put(api, f"object-{number}")
        informer, _ = an_informer(api)
        async with running(informer):
            await until(lambda: len(api.requests) == 3)
            drop(api, "object-0")
            api.compact()
            await informer.wait_until_synced(10)
            assert len(informer.store) == 1199

    run(main())


def test_a_watch_that_ends_after_a_while_is_taken_up_at_once_where_it_ended() -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        put(api, "b")
        await asyncio.sleep(100)
        api.break_watches()
        put(api, "c")
        assert await until(lambda: len(seen.changes) == 2) < 0.05
        assert seen.take() == [("b", *ADDED), ("c", *ADDED)]
        assert lists(api) == 0

    play(scenario)


def test_a_bookmark_moves_the_point_from_which_a_watch_is_taken_up() -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        api.bookmark()
        await asyncio.sleep(10)
        api.compact()
        api.break_watches()
        await asyncio.sleep(10)
        put(api, "b")
        await asyncio.sleep(1)
        assert seen.take() == [("b", *ADDED)]
        assert lists(api) == 0

    play(scenario)


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "paged"])
def test_a_version_that_the_server_has_forgotten_leads_to_a_new_list_and_vanished_keys_are_told(streams: bool) -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        put(api, "b")
        await asyncio.sleep(10)
        seen.take()
        api.go_away(UNAVAILABLE)
        drop(api, "a")
        put(api, "c")
        api.compact()
        api.come_back()
        await asyncio.sleep(30)
        assert seen.take() == [("a", *REMOVED), ("c", *ADDED)], "b did not change, so nothing is told of it"
        assert names(informer) == {"b", "c"}

    play(scenario, streams=streams)


def test_readers_never_see_a_list_that_is_half_in() -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        for number in range(1200):
            put(api, f"object-{number}")
        await asyncio.sleep(10)
        api.compact()
        api.refuse(Expired("too old"))
        api.break_watches()
        sizes = set()

        def is_listed_again() -> bool:
            sizes.add(len(informer.store))
            return verbs(api).count("list") == 3 and isinstance(informer._reflector.state, Watching)

        await until(is_listed_again, seconds=60)
        assert sizes == {1201}

    play(scenario, streams=False)


def test_a_watch_that_is_closed_at_once_again_and_again_is_asked_for_less_and_less() -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        began, end = now(), now() + 600
        while now() < end:
            api.break_watches()
            await asyncio.sleep(0.02)
        assert len(api.requests) < (end - began) / 5 + 20, "a pause of 10 s, less half of it by chance"
        put(api, "b")
        await asyncio.sleep(15)
        assert seen.take() == [("b", *ADDED)]

    play(scenario)


def test_a_server_that_lists_and_then_forgets_at_once_is_not_asked_for_lists_without_end() -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        end = now() + 600
        while now() < end:
            put(api, "a", "again")
            api.compact()
            api.break_watches(Expired("too old"))
            await asyncio.sleep(0.02)
        assert lists(api) < 150

    play(scenario)


def test_the_pause_that_an_overloaded_server_asks_for_is_kept() -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        api.refuse(ApiUnavailable("too many requests", retry_after=42.0))
        api.break_watches()
        put(api, "b")
        assert 42 <= await until(lambda: bool(seen.changes)) < 45

    play(scenario)


def test_an_outage_is_waited_out_and_nothing_is_lost() -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        api.go_away(UNAVAILABLE)
        put(api, "b")
        drop(api, "a")
        await asyncio.sleep(60)
        assert names(informer) == {"a"}, "what was known stays readable"
        api.come_back()
        assert await until(lambda: len(seen.changes) == 2) < 10.5
        assert seen.take() == [("b", *ADDED), ("a", *REMOVED)]
        assert lists(api) == 0

    play(scenario)


def test_an_informer_is_healthy_while_it_hears_from_the_server_and_not_long_after() -> None:
    async def scenario(api: FakeKubeApi, informer: Informer, seen: Seen) -> None:
        for _ in range(30):
            api.bookmark()
            await asyncio.sleep(60)
            assert informer.healthy
        api.go_away(UNAVAILABLE)
        await asyncio.sleep(100)
        assert informer.healthy
        await asyncio.sleep(100)
        assert not informer.healthy
        api.come_back()
        await asyncio.sleep(11)
        assert informer.healthy

    play(scenario)


def test_a_list_that_never_comes_is_named_with_its_cause() -> None:
    async def main() -> None:
        api = FakeKubeApi()
        api.go_away(NotFound("the server could not find the requested resource"))
        informer, _ = an_informer(api)
        async with running(informer):
            with pytest.raises(ApiUnavailable, match="configmaps: not listed within 5 s: the server could not find"):
                await informer.wait_until_synced(5)
        assert not informer.synced

    run(main())


def test_what_is_not_needed_is_dropped_on_the_way_in() -> None:
    async def main() -> None:
        api = FakeKubeApi()
        annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{...}"}
        stored = api.put(CONFIG_MAPS, "default", "a", data={"keep": "1", "drop": "2"})
        stored["metadata"] |= {"managedFields": [{}], "annotations": annotations}

        def trim(obj: dict[str, Any]) -> dict[str, Any]:
            del obj["data"]["drop"]
            return obj

        informer, _ = an_informer(api, trim=trim)
        async with running(informer):
            await informer.wait_until_synced(5)
            found = informer.store.get(("default", "a"))
            assert found is not None
            assert found["data"] == {"keep": "1"}
            assert found["metadata"].keys() == {"namespace", "name", "uid", "resourceVersion"}

    run(main())


def test_being_cancelled_ends_an_informer() -> None:
    async def main() -> None:
        informer, _ = an_informer(FakeKubeApi())
        task = asyncio.create_task(informer.run())
        await informer.wait_until_synced(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())


TROUBLE: dict[str, Callable[[FakeKubeApi], None]] = {
    "the watch ends": lambda api: api.break_watches(),
    "the watch breaks": lambda api: api.break_watches(UNAVAILABLE),
    "history is forgotten": lambda api: (api.compact(), api.break_watches(UNAVAILABLE))[1],
    "a request fails": lambda api: (api.refuse(UNAVAILABLE), api.break_watches())[1],
    "two requests fail": lambda api: (api.refuse(UNAVAILABLE, Expired("too old")), api.break_watches())[1],
    "a bookmark comes": lambda api: api.bookmark(),
}


REFUSED_AT_MOST = 2
"""Requests, by one of them."""

LONGEST_PAUSE = 10.0
"""Seconds, after a request that failed: twelve in a row take longer than a minute."""


@pytest.mark.parametrize("turns", range(6))
def test_a_cancellation_that_comes_together_with_the_end_of_the_wait_is_not_lost(turns: int) -> None:
    async def main() -> None:
        api = FakeKubeApi()
        informer, seen = an_informer(api)
        async with running(informer):
            waiting = asyncio.create_task(informer.wait_until_synced(10))
            put(api, "a")
            await until(lambda: bool(seen.changes))
            await settle(turns)
            was_cancelled_in_time = waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert waiting.cancelled() == was_cancelled_in_time

    run(main())


@given(
    history=st.lists(
        st.tuples(st.sampled_from([*TROUBLE, "a", "b", "c", "-a", "-b"]), st.sampled_from([0.0, 0.005, 1.0, 20.0])), max_size=25
    ),
    streams=st.booleans(),
)
@settings(max_examples=60)
def test_whatever_happens_in_the_end_the_store_equals_the_collection_and_so_does_what_was_told(
    history: list[tuple[str, float]], streams: bool
) -> None:
    async def main() -> None:
        api = FakeKubeApi(streams=streams)
        informer, told = an_informer(api)[0], dict[str, Any]()

        def tell(old: Any, new: Any) -> None:
            name = (new or old)["metadata"]["name"]
            assert told.get(name) == old or new is None
            told[name] = new

        informer.on_change(tell)
        async with running(informer):
            for what, pause in history:
                if what in TROUBLE:
                    TROUBLE[what](api)
                elif not what.startswith("-"):
                    put(api, what)
                elif ("configmaps", "default", what[1:]) in api._objects:
                    drop(api, what[1:])
                await asyncio.sleep(pause)
            await asyncio.sleep(60 + REFUSED_AT_MOST * len(history) * LONGEST_PAUSE)
            expected = {obj["metadata"]["name"]: obj for obj in api._of(CONFIG_MAPS, None)}
            assert {name: informer.store.get(("default", name)) for name in names(informer)} == expected
            assert {name: obj for name, obj in told.items() if obj is not None} == expected

    run(main())


# A kind that need not be installed


@pytest.mark.parametrize("error", [NotFound("no such kind"), Forbidden("may not list")], ids=lambda error: type(error).__name__)
def test_an_optional_kind_that_is_not_there_counts_as_empty_until_it_is(error: FlinkopError) -> None:
    async def scenario() -> None:
        api = FakeKubeApi()
        informer, seen = an_informer(api, optional=True)
        api.go_away(error)
        async with running(informer):
            await informer.wait_until_synced(5)
            assert not informer.store.available
            await asyncio.sleep(400)
            assert informer.healthy, "it was told that there is nothing"
            put(api, "one")
            api.come_back()
            await until(lambda: names(informer) == {"one"})
            assert informer.store.available
            assert seen.take() == [("one", *ADDED)]

    run(scenario())


def test_a_kind_that_is_not_there_is_no_list_that_filled_a_cache() -> None:
    """A dashboard takes each list after the first for a watch that broke for good."""

    def filled() -> float:
        return REGISTRY.get_sample_value("flinkop_informer_lists_total", {"resource": "configmaps"}) or 0.0

    async def scenario() -> None:
        api = FakeKubeApi()
        informer, _ = an_informer(api, optional=True)
        api.go_away(NotFound("no such kind"))
        before = filled()
        async with running(informer):
            await asyncio.sleep(400)
            assert filled() == before
            api.come_back()
            await until(lambda: informer.store.available)
            assert filled() == before + 1

    run(scenario())


def test_what_an_optional_kind_has_goes_when_it_is_uninstalled_and_not_when_a_permission_does() -> None:
    async def scenario() -> None:
        api = FakeKubeApi()
        informer, _ = an_informer(api, optional=True)
        put(api, "one")
        async with running(informer):
            await informer.wait_until_synced(5)
            api.go_away(Forbidden("may not list"))
            await asyncio.sleep(100)
            assert names(informer) == {"one"}
            api.go_away(NotFound("no such kind"))
            await until(lambda: names(informer) == set())
            assert not informer.store.available

    run(scenario())


def test_a_kind_that_is_needed_is_waited_for() -> None:
    async def scenario() -> None:
        api = FakeKubeApi()
        informer, _ = an_informer(api)
        api.go_away(NotFound("no such kind"))
        async with running(informer):
            with pytest.raises(ApiUnavailable):
                await informer.wait_until_synced(5)

    run(scenario())
