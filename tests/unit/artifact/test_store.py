"""The store against real HTTP servers and files: what is fetched, refused, kept, and tried again."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.unit.artifact.surroundings import HandClock, Waiter

from flinkop.artifact.policy import ArtifactPolicy
from flinkop.artifact.store import ArtifactStore, Fetched, FetchFailed, Fetching, FetchRequest

JAR = b"PK\x03\x04" + bytes(range(256)) * 4000
DIGEST = hashlib.sha256(JAR).hexdigest()
OTHER_HOST = "127.0.0.2"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class World:
    """A store, and servers on 127.0.0.1 and 127.0.0.2; the latter's address is restricted."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.clock = directory, HandClock()
        self.requests: list[tuple[str, str | None]] = []
        self.answers: dict[str, Handler] = {}
        self.store: ArtifactStore
        self.near, self.far = "", ""

    async def open(self, **changes: Any) -> None:
        """A new store, with these rules."""
        if hasattr(self, "store"):
            await self.store.close()
        rules: dict[str, Any] = {
            "schemes": frozenset({"https", "http", "file"}),
            "refuse_restricted": True,
            "largest": 2 * len(JAR),
            "directory": self.directory,
            "file_directories": (self.directory,),
            "timeout": timedelta(minutes=1),
        }
        policy = ArtifactPolicy(**{**rules, **changes})
        self.store = ArtifactStore(policy, self.clock, lambda address: address == OTHER_HOST)
        self.waiter = Waiter(self.store)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answers with the jar unless told otherwise."""
        self.requests.append((request.path, request.headers.get("X-Secret")))
        found = self.answers.get(request.path)
        return await found(request) if found else web.Response(body=JAR)

    def redirects(self, path: str, target: str) -> None:
        """Has a path redirect."""

        async def answer(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": target})

        self.answers[path] = answer

    def says(self, path: str, **answer: Any) -> None:
        """Has a path answer otherwise."""

        async def respond(_request: web.Request) -> web.StreamResponse:
            return web.Response(**answer)

        self.answers[path] = respond

    def look(self, uri: str, sha256: str | None = None, **headers: str) -> Fetching | Fetched | FetchFailed:
        """One look."""
        return self.store.look(FetchRequest(uri, sha256, headers), "me")

    async def fetch(self, uri: str, sha256: str | None = None, **headers: str) -> Fetched | FetchFailed:
        """Looks until it is there or failed."""
        found = await self.waiter.until_settled(lambda: self.look(uri, sha256, **headers), Fetching())
        assert not isinstance(found, Fetching)
        return found

    async def failure(self, uri: str, sha256: str | None = None, **headers: str) -> str:
        """Why it cannot be had."""
        found = await self.fetch(uri, sha256, **headers)
        assert isinstance(found, FetchFailed)
        assert "hunter2" not in found.cause
        return found.cause

    @property
    def files(self) -> list[str]:
        """What is kept."""
        return sorted(path.name for path in (self.directory / "fetched").glob("*"))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    found = World(tmp_path)
    servers = []
    for host in ("127.0.0.1", OTHER_HOST):
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", found.handle)
        servers.append(TestServer(application, host=host))
        await servers[-1].start_server()
    found.near, found.far = (str(server.make_url("")).rstrip("/") for server in servers)
    await found.open()
    yield found
    await found.store.close()
    for server in servers:
        await server.close()


async def test_a_jar_is_fetched_once_and_kept_by_its_digest(world: World) -> None:
    assert world.look(f"{world.near}/a.jar") == Fetching()
    found = await world.fetch(f"{world.near}/a.jar")
    assert found == Fetched(world.directory / "fetched" / f"{DIGEST}.jar", DIGEST, len(JAR))
    assert found.path.read_bytes() == JAR
    assert world.look(f"{world.near}/a.jar") == found
    assert await world.fetch(f"{world.near}/b.jar") == found
    assert (len(world.requests), world.files) == (2, [f"{DIGEST}.jar"])


async def test_the_digest_that_is_expected_is_checked(world: World) -> None:
    assert isinstance(await world.fetch(f"{world.near}/a.jar", DIGEST.upper()), Fetched)
    assert await world.failure(f"{world.near}/b.jar", "0" * 64) == f"the jar's sha256 is {DIGEST}, and {'0' * 64} is expected"


async def test_headers_are_sent_and_go_to_no_other_server(world: World) -> None:
    await world.open(refuse_restricted=False)
    world.redirects("/a.jar", f"{world.near}/same.jar")
    world.redirects("/same.jar", f"{world.far}/far.jar")
    assert isinstance(await world.fetch(f"{world.near}/a.jar", **{"X-Secret": "hunter2"}), Fetched)
    assert world.requests == [("/a.jar", "hunter2"), ("/same.jar", "hunter2"), ("/far.jar", None)]


async def test_other_headers_are_another_request(world: World) -> None:
    for secret in ("a", "b"):
        await world.fetch(f"{world.near}/a.jar", **{"X-Secret": secret})
    assert [secret for _, secret in world.requests] == ["a", "b"]


def test_a_request_shows_no_header() -> None:
    assert "hunter2" not in repr(FetchRequest("https://repo/a.jar", None, {"X-Secret": "hunter2"}))


RESTRICTED = "its address is loopback, private, link-local or otherwise not public"


async def test_a_restricted_address_is_refused_before_anything_is_sent(world: World) -> None:
    assert RESTRICTED in await world.failure(f"{world.far}/a.jar?token=hunter2")
    assert world.requests == []


async def test_a_redirect_to_a_restricted_address_is_refused(world: World) -> None:
    world.redirects("/a.jar", f"{world.far}/secret")
    assert RESTRICTED in await world.failure(f"{world.near}/a.jar")
    assert world.requests == [("/a.jar", None)]


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("file:///etc/passwd", "this is not followed"),
        ("ftp://host/a.jar", "has the scheme 'ftp', and only"),
        ("http://[", "redirects to what is not an address"),
        ("/a.jar", "redirects more than 5 times"),
    ],
)
async def test_a_redirect_that_may_not_be_followed(target: str, problem: str, world: World) -> None:
    world.redirects("/a.jar", target)
    assert problem in await world.failure(f"{world.near}/a.jar")


async def test_a_scheme_that_is_not_allowed_is_refused(world: World) -> None:
    await world.open(schemes=frozenset({"https"}))
    assert "has the scheme 'http', and only https, local may be used" in await world.failure(f"{world.near}/a.jar")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"status": 404, "text": "hunter2"}, "HTTP status 404 Not Found"),
        ({"status": 401}, "HTTP status 401 Unauthorized"),
        ({"text": "<html>log in</html>"}, "what was sent is not a jar"),
        ({"body": b""}, "what was sent is not a jar"),
        ({"body": JAR * 3}, "the jar is larger than"),
        ({"body": b"x", "headers": {"Content-Encoding": "gzip"}}, "the answer is compressed"),
    ],
    ids=["not found", "not allowed", "a page", "empty", "too large", "compressed"],
)
async def test_what_is_no_jar_is_not_kept(answer: dict[str, Any], problem: str, world: World) -> None:
    world.says("/a.jar", **answer)
    assert problem in await world.failure(f"{world.near}/a.jar?token=hunter2")
    assert world.files == []


async def test_a_jar_that_does_not_tell_its_size_is_cut_off_all_the_same(world: World) -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(JAR)

    world.answers["/a.jar"] = stream
    assert "the jar is larger than" in await world.failure(f"{world.near}/a.jar")
    assert world.files == []


async def test_a_server_that_stops_sending_is_given_up(world: World) -> None:
    over = asyncio.Event()

    async def stall(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(JAR)
        await over.wait()
        return response

    await world.open(timeout=timedelta(seconds=0.2))
    world.answers["/a.jar"] = stall
    assert "took longer than" in await world.failure(f"{world.near}/a.jar")
    assert world.files == []
    over.set()


async def test_a_server_that_cannot_be_reached_is_told_in_the_words_of_the_system(world: World) -> None:
    assert await world.failure("http://127.0.0.1:1/a.jar?token=hunter2") == "http://127.0.0.1:1/a.jar?token=******: Connection refused"


async def test_a_host_that_can_be_none_is_told(world: World) -> None:
    assert await world.failure("https://ex\u00e4mple..com/a.jar") == "https://ex\u00e4mple..com/a.jar: its host is no name of a host"


async def test_a_header_that_cannot_be_sent_is_not_shown(world: World) -> None:
    assert "the URL or a header cannot be sent" in await world.failure(f"{world.near}/a.jar", **{"X-Secret": "hunter2\r\nX: y"})


async def test_a_failure_is_tried_again_after_its_pause(world: World) -> None:
    world.says("/a.jar", status=500)
    await world.failure(f"{world.near}/a.jar")
    del world.answers["/a.jar"]
    assert isinstance(world.look(f"{world.near}/a.jar"), FetchFailed)
    world.clock.move(seconds=5)
    assert isinstance(await world.fetch(f"{world.near}/a.jar"), Fetched)


async def test_a_jar_may_change_unless_its_digest_is_named(world: World) -> None:
    async def look_later(sha256: str | None) -> int:
        before = len(world.requests)
        await world.fetch(f"{world.near}/a.jar", sha256)
        world.clock.move(seconds=59)
        await world.fetch(f"{world.near}/a.jar", sha256)
        assert len(world.requests) - before == 1, "whoever keeps looking sees one content"
        world.clock.move(seconds=61)
        await world.fetch(f"{world.near}/a.jar", sha256)
        return len(world.requests) - before

    assert await look_later(None) == 2
    assert await look_later(DIGEST) == 1


async def test_a_file_that_somebody_deleted_is_fetched_anew(world: World) -> None:
    found = await world.fetch(f"{world.near}/a.jar", DIGEST)
    assert isinstance(found, Fetched)
    found.path.unlink()
    assert await world.fetch(f"{world.near}/a.jar", DIGEST) == found
    assert found.path.exists()


async def test_what_an_earlier_process_left_is_deleted(world: World) -> None:
    await world.fetch(f"{world.near}/a.jar")
    (world.directory / "fetched" / "x.part").touch()
    (world.directory / "mounted.jar").touch()
    await world.open()
    assert world.files == []
    assert (world.directory / "mounted.jar").exists()


async def test_a_directory_that_cannot_be_written_is_named(world: World) -> None:
    (world.directory / "file").touch()
    await world.open(directory=world.directory / "file")
    cause = await world.failure(f"{world.near}/a.jar")
    assert cause.startswith(f"cannot write to {world.directory}/file/fetched: ")
    assert "set the operator's option kubernetes.operator.user.artifacts.base.dir" in cause


async def test_a_file_is_copied_from_an_allowed_directory_only(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for directory in (world.directory, elsewhere):
        (directory / "a.jar").write_bytes(JAR)
    (world.directory / "link.jar").symlink_to(elsewhere / "a.jar")
    os.mkfifo(world.directory / "pipe.jar")
    assert isinstance(await world.fetch(f"file://{world.directory}/a.jar"), Fetched)
    for path in (elsewhere / "a.jar", elsewhere / "none.jar", world.directory / "link.jar", world.directory / ".." / "x.jar"):
        assert f"is not below {world.directory}" in await world.failure(f"file://{path}")
    assert "is not below" in await world.failure(f"file://{world.directory}/fetched/{DIGEST}.jar")
    assert "No such file or directory" in await world.failure(f"file://{world.directory}/none.jar")
    assert "is not a file" in await world.failure(f"file://{world.directory}/pipe.jar")


async def test_a_jar_of_the_image_is_not_fetched(world: World) -> None:
    assert await world.failure("local:///a.jar") == "spec.job.jarURI: a jar of the session cluster's image is not fetched"


async def test_a_server_that_hangs_does_not_hold_up_the_jars_of_others(world: World) -> None:
    await world.open(refuse_restricted=False)
    released = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response(body=JAR)

    for number in range(20):
        world.answers[f"/{number}.jar"] = hang
        world.look(f"{world.near}/{number}.jar")
    assert isinstance(await asyncio.wait_for(world.fetch(f"{world.far}/a.jar"), 10), Fetched)
    assert len(world.requests) == 4 + 1, "and it is not asked for all at once"
    released.set()
    assert isinstance(await world.fetch(f"{world.near}/19.jar"), Fetched)
