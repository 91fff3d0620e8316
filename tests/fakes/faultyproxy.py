"""A proxy before a real API server: slow, refusing, hanging, and cutting answers short, as networks and overloaded servers do."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from flinkop.kube.connection import Connection

_HEADERS = ("Authorization", "Content-Type", "Accept", "Accept-Encoding", "User-Agent")


@dataclass
class Asked:
    """A request that came in at the monotonic time `at`; `status` is that of the answer, 0 while there is none."""

    method: str
    path: str
    query: dict[str, str]
    at: float = field(default_factory=time.monotonic)
    status: int = 0

    @property
    def is_watch(self) -> bool:
        """A streamed list is a watch too."""
        return "watch" in self.query

    @property
    def is_list(self) -> bool:
        """Whether it asked for the collection from nothing, paged or streamed."""
        return self.method == "GET" and ("limit" in self.query or "sendInitialEvents" in self.query)


@dataclass(frozen=True)
class Refusal:
    """An answer that the API server would not give."""

    status: int
    retry_after: int | None = None
    reason: str = "InternalError"


@dataclass(eq=False)
class _OpenWatch:
    request: web.Request
    over: bool = False


Matches = Callable[[Asked], bool]


class FaultyProxy:
    """`connection` leads through it. Without faults it passes everything on as it is."""

    def __init__(self, upstream: Connection) -> None:
        self._upstream = upstream
        self.asked: list[Asked] = []
        self.seconds = 0.0
        self.hangs = False
        self.before: Callable[[Asked], Awaitable[None]] | None = None
        self._refusals: list[tuple[Matches, Refusal]] = []
        self._watches: set[_OpenWatch] = set()
        self._cut_in_the_middle = False

    async def start(self) -> None:
        """Listens on a free port."""
        connector = aiohttp.TCPConnector(ssl=self._upstream.tls or False, limit=0)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None))
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.connection = Connection(f"http://127.0.0.1:{self._runner.addresses[0][1]}", None, self._upstream.credentials)

    async def stop(self) -> None:
        """Ends all connections."""
        self.cut_watches()
        await self._runner.cleanup()
        await self._session.close()

    # faults

    def refuse(self, refusal: Refusal, *, times: int = 1, when: Matches = lambda _: True) -> None:
        """So many of the next requests that match are answered with this."""
        self._refusals += [(when, refusal)] * times

    def accept(self) -> None:
        """Ends what `refuse` began."""
        self._refusals.clear()

    def cut_watches(self) -> None:
        """Breaks the connections of all open watches."""
        for watch in self._watches:
            _abort(watch.request)

    def end_watches(self) -> None:
        """Open watches come to an orderly end."""
        for watch in self._watches:
            watch.over = True

    def cut_next_event_in_the_middle(self) -> None:
        """Passes on half of what comes next in any watch, then breaks the connection."""
        self._cut_in_the_middle = True

    # what was asked

    @property
    def lists(self) -> list[Asked]:
        """The requests for a whole collection."""
        return [asked for asked in self.asked if asked.is_list]

    @property
    def watches(self) -> list[Asked]:
        """The requests for watches, streamed lists included."""
        return [asked for asked in self.asked if asked.is_watch]

    @property
    def open_watches(self) -> int:
        """How many watches are open."""
        return len(self._watches)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.method, request.path, dict(request.query))
        self.asked.append(asked)
        body = await request.read()
        if self.before is not None:
            await self.before(asked)
        await asyncio.sleep(self.seconds)
        if self.hangs:
            await asyncio.Event().wait()
        for entry in self._refusals:
            if entry[0](asked):
                self._refusals.remove(entry)
                asked.status = entry[1].status
                return _refused(entry[1])
        return await self._forward(request, asked, body)

    async def _forward(self, request: web.Request, asked: Asked, body: bytes) -> web.StreamResponse:
        headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
        try:
            async with self._session.request(asked.method, self._upstream.url + request.path_qs, data=body, headers=headers) as answer:
                asked.status = answer.status
                if asked.is_watch and answer.status == 200:
                    return await self._stream(request, answer)
                passed = {name: answer.headers[name] for name in ("Content-Type", "Retry-After") if name in answer.headers}
                return web.Response(status=answer.status, body=await answer.read(), headers=passed)
        except aiohttp.ClientConnectionError:
            _abort(request)
            raise

    async def _stream(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": answer.headers["Content-Type"]})
        await response.prepare(request)
        watch = _OpenWatch(request)
        self._watches.add(watch)
        try:
            await self._pass_on(watch, response, answer)
        finally:
            self._watches.discard(watch)
        return response

    async def _pass_on(self, watch: _OpenWatch, response: web.StreamResponse, answer: aiohttp.ClientResponse) -> None:
        while chunk := await _read(watch, answer):
            await asyncio.sleep(self.seconds)
            if self._cut_in_the_middle:
                self._cut_in_the_middle = False
                await response.write(chunk[: len(chunk) // 2])
                _abort(watch.request)
                return
            await response.write(chunk)


async def _read(watch: _OpenWatch, answer: aiohttp.ClientResponse) -> bytes:
    """The next chunk; empty when either end has ended the watch."""
    reading = asyncio.create_task(answer.content.readany())
    try:
        while not reading.done() and not watch.over:
            await asyncio.wait({reading}, timeout=0.02)
        return reading.result() if reading.done() else b""
    finally:
        reading.cancel()


def _refused(refusal: Refusal) -> web.Response:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": refusal.reason, "message": "refused by the proxy"}
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after is not None else {}
    body = json.dumps({**status, "code": refusal.status}).encode()
    return web.Response(status=refusal.status, body=body, content_type="application/json", headers=headers)


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
