"""The informer against a real API server, over a network that misbehaves: in the end its store equals what the server has, and whoever
listened to it knows the same."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from tests.component.runtime.surroundings import Informed, Surroundings, persist
from tests.component.waiting import until
from tests.fakes.faultyproxy import Asked, Refusal

from flinkop.errors import ApiUnavailable, Expired
from flinkop.kube.resource import CONFIG_MAPS
from flinkop.runtime.informer import Collection
from flinkop.runtime.reflector import Reflector
from flinkop.runtime.watcher import Change, Changed, Complete, Listed, Restarted

NO_STREAMED_LISTS = Refusal(422, reason="Invalid")


def is_streamed(asked: Asked) -> bool:
    return "sendInitialEvents" in asked.query


def is_watch(asked: Asked) -> bool:
    return asked.is_watch


@asynccontextmanager
async def unrest(around: Surroundings) -> AsyncIterator[None]:
    """Objects are created, changed and deleted without a pause, whenever the API server lets it."""
    rng, over = random.Random(1), asyncio.Event()

    async def one(number: int) -> None:
        for turn in itertools.count():
            if over.is_set():
                return
            config_map = around.a_config_map(f"restless-{number}-{rng.randrange(5)}", str(turn))
            if rng.random() < 0.7:
                await persist(partial(around.direct.apply, CONFIG_MAPS, config_map))
            else:
                await persist(partial(around.delete, config_map["metadata"]["name"]))

    writers = [asyncio.create_task(one(number)) for number in range(4)]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*writers)


async def test_changes_reach_the_store_and_the_callbacks(around: Surroundings) -> None:
    await around.create("a")
    async with around.informed() as informed:
        await around.create("b")
        await around.change("a", "new")
        await around.delete("b")
        await until(lambda: len(informed.changes) == 4, lambda: str(informed.changes))
        assert informed.changes == [("added", "a"), ("added", "b"), ("changed", "a"), ("removed", "b")]
        await around.until_equal(informed)
        assert len(around.proxy.asked) == 1, "one streamed list, which goes on as a watch"


async def test_a_paged_list_gives_what_a_streamed_one_gives(around: Surroundings) -> None:
    await around.create_many(700)
    async with around.informed() as streamed:
        pass
    around.proxy.refuse(NO_STREAMED_LISTS, when=is_streamed)
    async with around.informed() as paged:
        pages = [asked for asked in around.proxy.lists if "limit" in asked.query]
        assert len(pages) == 2
        assert paged.stored() == streamed.stored() == await around.truth()
        assert sorted(paged.changes) == sorted(streamed.changes)


async def test_only_what_the_selector_asks_for_is_kept_and_an_object_that_leaves_it_is_removed(around: Surroundings) -> None:
    await around.create("ours", app="job")
    await around.create("foreign", app="other")
    async with around.informed("app=job") as informed:
        await around.create("ours-too", app="job")
        await around.direct.patch(CONFIG_MAPS, around.namespace, "ours", {"metadata": {"labels": {"app": "other"}}})
        await around.direct.patch(CONFIG_MAPS, around.namespace, "foreign", {"metadata": {"labels": {"app": "job"}}})
        await around.until_equal(informed, "app=job")
        assert {name for _, name in informed.told} == {"ours-too", "foreign"}
        assert ("removed", "ours") in informed.changes


async def test_what_nobody_reads_is_not_kept(around: Surroundings) -> None:
    around.plane.kubectl("create", "configmap", "a", "--namespace", around.namespace, "--save-config", "--from-literal=x=y")
    async with around.informed() as informed:
        (found,) = [informed.informer.store.get(key) for key in informed.told]
        assert found is not None
        assert {"managedFields", "annotations"} & found["metadata"].keys() == set()
        assert found["data"] == {"x": "y"}


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "paged"])
async def test_an_api_server_that_restarts_under_load_leaves_nothing_untold(around: Surroundings, streams: bool) -> None:
    if not streams:
        around.proxy.refuse(NO_STREAMED_LISTS, times=1000, when=is_streamed)
    await around.create_many(30)
    async with around.informed() as informed:
        async with unrest(around):
            await until(lambda: len(informed.changes) > 100)
            await around.restart_apiserver()
            before = len(informed.changes)
            await until(lambda: len(informed.changes) > before + 100)
        await around.until_equal(informed)


async def test_what_was_deleted_while_nobody_could_watch_is_told(around: Surroundings) -> None:
    for name in ("stays", "goes", "changes"):
        await around.create(name)
    async with around.informed() as informed:
        around.proxy.refuse(Refusal(503), times=1000)
        around.proxy.cut_watches()
        await around.delete("goes")
        await around.change("changes", "new")
        await around.create("comes")
        around.plane.compact()
        await around.restart_apiserver()
        informed.changes.clear()
        around.proxy.accept()
        await around.until_equal(informed)
        assert sorted(informed.changes) == [("added", "comes"), ("changed", "changes"), ("removed", "goes")]
        assert around.proxy.lists[-1].at > around.proxy.asked[1].at, "the version was forgotten, so all was listed again"


async def test_a_version_that_the_server_has_forgotten_is_expired(around: Surroundings) -> None:
    old = (await around.create("a"))["metadata"]["resourceVersion"]
    await around.delete("a")
    await around.restart_apiserver()
    query = {"resourceVersion": old, "timeoutSeconds": "60"}
    with pytest.raises(Expired, match="too old resource version"):
        async with around.through.watch(CONFIG_MAPS, around.namespace, query) as events:
            await anext(aiter(events))


async def test_pages_that_the_server_has_forgotten_are_asked_for_anew(around: Surroundings) -> None:
    await around.create_many(700)
    happened: list[str] = []

    async def forget(asked: Asked) -> None:
        if "continue" in asked.query and not happened:
            happened.append("forgotten")
            await persist(lambda: around.delete("object-1"))
            around.plane.compact()
            await around.restart_apiserver()

    around.proxy.before = forget
    around.proxy.refuse(NO_STREAMED_LISTS, times=1000, when=is_streamed)
    async with around.informed() as informed:
        assert 410 in [asked.status for asked in around.proxy.lists]
        await around.until_equal(informed)


async def test_a_slow_api_server_is_waited_for(around: Surroundings) -> None:
    around.proxy.seconds = 0.5
    await around.create_many(20)
    async with around.informed() as informed:
        await around.change("object-7", "new")
        await around.until_equal(informed)
        assert len(around.proxy.asked) == 1, "slow is not broken"


async def test_a_watch_that_is_silent_for_too_long_is_taken_up_again(around: Surroundings) -> None:
    """The client of these tests has a patience of five seconds."""
    await around.create("a")
    async with around.informed() as informed:
        await until(lambda: len(around.proxy.watches) == 2)
        await around.change("a", "new")
        await around.until_equal(informed)
        assert len(around.proxy.lists) == 1, "nothing was listed again"


@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        pytest.param(Refusal(429, retry_after=1, reason="TooManyRequests"), 1.0, id="429 that says how long"),
        pytest.param(Refusal(429, reason="TooManyRequests"), 0.05, id="429 that does not"),
        pytest.param(Refusal(500), 0.05, id="500"),
        pytest.param(Refusal(504, retry_after=1, reason="Timeout"), 1.0, id="504 that says how long"),
    ],
)
async def test_an_overloaded_api_server_is_left_alone_for_as_long_as_it_asks(around: Surroundings, refusal: Refusal, pause: float) -> None:
    await around.create("a")
    around.proxy.refuse(refusal, times=2)
    async with around.informed() as informed:
        await around.until_equal(informed)
    moments = [asked.at for asked in around.proxy.asked[:3]]
    assert [asked.status for asked in around.proxy.asked[:2]] == [refusal.status] * 2
    assert all(later - earlier >= pause for earlier, later in itertools.pairwise(moments))


async def test_a_connection_that_breaks_in_the_middle_of_an_event_loses_nothing(around: Surroundings) -> None:
    await around.create("a")
    async with around.informed() as informed:
        around.proxy.cut_next_event_in_the_middle()
        await around.change("a", "x" * 100_000)
        await around.create("b")
        await around.until_equal(informed)
        assert len(around.proxy.lists) == 1, "the watch was taken up where it broke"


async def test_a_streamed_list_that_breaks_in_the_middle_is_followed_by_a_paged_one(around: Surroundings) -> None:
    await around.create_many(50)
    around.proxy.cut_next_event_in_the_middle()
    async with around.informed() as informed:
        assert informed.stored() == await around.truth()
        assert [is_streamed(asked) for asked in around.proxy.lists] == [True, False]


async def test_watches_that_end_again_and_again_under_load_lose_nothing(around: Surroundings) -> None:
    async with around.informed() as informed:
        async with unrest(around):
            for number in range(8):
                before = len(informed.changes)
                await until(lambda before=before: len(informed.changes) > before + 20)  # type: ignore[misc]
                (around.proxy.cut_watches if number % 2 else around.proxy.end_watches)()
        await around.until_equal(informed)
        assert len(around.proxy.lists) == 1
        assert len(around.proxy.watches) > 5


async def test_an_api_server_that_lists_but_refuses_to_watch_is_not_asked_in_a_loop(around: Surroundings) -> None:
    around.proxy.refuse(NO_STREAMED_LISTS, when=is_streamed)
    around.proxy.refuse(Refusal(500), times=1000, when=is_watch)
    async with around.informed():
        began = len(around.proxy.asked)
        await until(lambda: len(around.proxy.asked) >= began + 4)
        pauses = [later.at - earlier.at for earlier, later in itertools.pairwise(around.proxy.asked[-4:])]
        assert pauses[-1] > pauses[0]


async def test_bookmarks_move_the_point_from_which_a_quiet_watch_is_taken_up(around: Surroundings) -> None:
    """A short watch gets its bookmark just before its end; meanwhile others write."""
    await around.create("a", app="quiet")
    seen: list[Change] = []
    reflector = Reflector(Collection(around.through, CONFIG_MAPS, around.namespace, "app=quiet"), seen.extend, lambda: 6)
    watching = asyncio.create_task(reflector.run_once())
    await until(lambda: Complete() in seen)
    await around.create("b", app="loud")
    written = int((await around.change("b", "new"))["metadata"]["resourceVersion"])
    assert await watching is False
    assert [type(change) for change in seen] == [Restarted, Changed, Complete]
    assert isinstance(reflector.state, Listed)
    assert int(reflector.state.version) >= written


async def test_a_cache_that_cannot_be_filled_says_why(around: Surroundings) -> None:
    around.proxy.refuse(Refusal(500), times=1000)
    informed = Informed(around.an_informer())
    running = asyncio.create_task(informed.informer.run())
    await until(lambda: bool(around.proxy.asked))
    with pytest.raises(ApiUnavailable, match="configmaps: not listed within 1 s: HTTP status 500: refused by the proxy"):
        await informed.informer.wait_until_synced(1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
