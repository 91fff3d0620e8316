"""The operator's HTTP endpoints, asked over real connections."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import aiohttp
import pytest

from flinkop.errors import InvalidConfiguration
from flinkop.health import Check, Endpoints, Lasting, serve


def fine() -> None:
    return None


async def jobs() -> bytes:
    return b"jobs 3\n"


def saying(problem: str) -> Check:
    return lambda: problem


async def get(port: int, path: str) -> tuple[int, str, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text(), response.headers["Content-Type"]


@pytest.mark.parametrize(
    ("path", "live", "ready", "expected"),
    [
        ("/healthz", fine, fine, (200, "OK")),
        ("/readyz", fine, fine, (200, "OK")),
        ("/", fine, fine, (200, "OK")),
        ("/healthz", saying("the Deployment informer has failed"), fine, (503, "the Deployment informer has failed")),
        ("/readyz", fine, saying("not synced"), (503, "not synced")),
        ("/healthz", fine, saying("not synced"), (200, "OK")),
        ("/", saying("stuck"), fine, (503, "stuck")),
        ("/other", fine, fine, (404, "404: Not Found")),
    ],
)
async def test_each_endpoint_answers_by_its_check(path: str, live: Check, ready: Check, expected: tuple[int, str]) -> None:
    async with serve(Endpoints(live, ready, jobs), 0, host="127.0.0.1") as (port,):
        status, text, _ = await get(port, path)

    assert (status, text) == expected


async def test_metrics_are_on_the_same_port_by_default() -> None:
    async with serve(Endpoints(fine, fine, jobs), 0, host="127.0.0.1") as (port,):
        assert await get(port, "/metrics") == (200, "jobs 3\n", "text/plain; version=0.0.4; charset=utf-8")


@pytest.mark.parametrize("size", [10, 1_000_000])
async def test_metrics_are_compressed_for_those_who_can_read_it(size: int) -> None:
    async def many() -> bytes:
        return b"jobs 3\n" * size

    async with serve(Endpoints(fine, fine, many), 0, host="127.0.0.1") as (port,), aiohttp.ClientSession(auto_decompress=False) as session:
        async with session.get(f"http://127.0.0.1:{port}/metrics", headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(await response.read()) == await many()
        async with session.get(f"http://127.0.0.1:{port}/metrics", headers={"Accept-Encoding": "identity"}) as response:
            assert await response.read() == await many()


async def test_metrics_can_have_a_port_of_their_own() -> None:
    async with serve(Endpoints(fine, fine, jobs), 0, metrics_port=0, host="127.0.0.1") as (port, metrics_port):
        statuses = {at: (await get(at, path))[0] for at, path in ((port, "/healthz"), (metrics_port, "/metrics"))}
        elsewhere = {at: (await get(at, path))[0] for at, path in ((port, "/metrics"), (metrics_port, "/healthz"))}

    assert set(statuses.values()) == {200}
    assert set(elsewhere.values()) == {404}


async def test_the_port_is_free_again_after_the_block() -> None:
    async with serve(Endpoints(fine, fine, jobs), 0, host="127.0.0.1") as (port,):
        pass

    async with serve(Endpoints(fine, fine, jobs), port, host="127.0.0.1") as (again,):
        assert again == port


async def test_a_port_that_is_taken_is_an_error() -> None:
    async with serve(Endpoints(fine, fine, jobs), 0, host="127.0.0.1") as (port,):
        with pytest.raises(InvalidConfiguration, match=f"port {port} cannot be listened on: .*address already in use"):
            async with serve(Endpoints(fine, fine, jobs), port, host="127.0.0.1"):
                pass


class HandClock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param([(0, None), (100, None)], None, id="never wrong"),
        pytest.param([(0, "lost")], None, id="wrong for the first time"),
        pytest.param([(0, "lost"), (59, "lost")], None, id="not long enough"),
        pytest.param([(0, "lost"), (60, "lost")], "lost, for 60 s", id="long enough"),
        pytest.param([(0, "lost"), (30, None), (60, "lost"), (119, "lost")], None, id="a good moment starts it anew"),
        pytest.param([(0, "lost"), (30, "late"), (61, "late")], "late, for 61 s", id="what is wrong may change"),
    ],
)
def test_only_lasting_trouble_is_told(history: list[tuple[float, str | None]], expected: str | None) -> None:
    clock, state = HandClock(), iter(problem for _, problem in history)
    check = Lasting(lambda: next(state), patience=60, monotonic=clock.monotonic)

    answers = [ask_at(clock, check, seconds) for seconds, _ in history]

    assert answers[-1] == expected
    assert answers[:-1] == [None] * (len(history) - 1)


def ask_at(clock: HandClock, check: Callable[[], str | None], seconds: float) -> str | None:
    clock.seconds = 100.0 + seconds
    return check()


@pytest.mark.parametrize("metrics_port", [0, None])
async def test_what_has_no_port_is_not_served(metrics_port: int | None) -> None:
    async with serve(Endpoints(fine, fine, jobs), None, metrics_port, host="127.0.0.1") as ports:
        statuses = [(await get(port, path))[0] for port in ports for path in ("/metrics", "/healthz")]

    assert statuses == ([] if metrics_port is None else [200, 404])
