"""HTTP to the API server: one session for everything; foreign exceptions end here.

Two ways to talk: `request` sends one question and reads the whole answer, `stream` reads an endless answer line by line.
"""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
from yarl import URL

from flinkop.errors import ApiUnavailable, FlinkopError
from flinkop.kube.connection import Connection
from flinkop.kube.failure import failure_of
from flinkop.kube.resource import LEASES
from flinkop.kube.slot import Slots
from flinkop.log import log_request
from flinkop.metrics import observe_kube_request

_JSON = "application/json"
_UNAUTHORIZED = 401
_NO_ANSWER = 0
_SERVER = "kubernetes"
"""What lines of the log call the API server."""
_FOREIGN = (aiohttp.ClientError, TimeoutError, OSError)
_IDLE_CONNECTION_SECONDS = 30.0  # each TLS connection holds 256 KiB of buffers, so idle ones are not kept for long

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are in seconds.

    `silence` is how long a stream may say nothing before it counts as dead; the API server sends a bookmark each minute.
    `requests` is how many may be under way at once; streams and those about leases do not count.
    """

    request: float = 30.0
    silence: float = 90.0
    requests: int = 32


class Transport:
    """Must be made within a running event loop. `close` ends all connections."""

    def __init__(self, connection: Connection, user_agent: str, limits: Limits) -> None:
        self._connection, self._limits = connection, limits
        self._slots = Slots(limits.requests)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=connection.tls or False, limit=0, keepalive_timeout=_IDLE_CONNECTION_SECONDS, socket_factory=_keepalive_socket
            ),
            timeout=aiohttp.ClientTimeout(total=limits.request),
            # lists compress well, but the network within a cluster is cheaper than the time both ends spend on it
            headers={"User-Agent": user_agent, "Accept": _JSON, "Accept-Encoding": "identity"},
            auto_decompress=False,
        )
        self._stream_timeout = aiohttp.ClientTimeout(total=None, connect=limits.request, sock_read=limits.silence)

    async def close(self) -> None:
        """Ends all connections."""
        await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        what: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        content_type: str = _JSON,
    ) -> Object:
        """Sends one request about `what` (the plural of a resource, for metrics and errors); gives the JSON of the answer.

        Raises:
            ApiUnavailable: no answer within the time limit, 429, 5xx, or an answer that is not JSON.
            FlinkopError: the API server's refusal, see `failure_of`.
        """
        data = None if body is None else orjson.dumps(body)
        return parse(await self._send(method, path, what, data, query, content_type))

    async def read_text(self, path: str, what: str, query: Mapping[str, str]) -> str:
        """An answer that is text, such as a log. Raises as `request` does."""
        return (await self._send("GET", path, what, None, query, _JSON)).decode(errors="replace")

    async def _send(
        self, method: str, path: str, what: str, data: bytes | None, query: Mapping[str, str] | None, content_type: str
    ) -> bytes:
        headers = {"Content-Type": content_type, **await self._connection.credentials.headers()}
        async with self._slot(what):
            began = time.monotonic()
            with _as_unavailable(method, what, path):
                async with self._session.request(
                    method, self._url(path, query), data=data, headers=headers, allow_redirects=False
                ) as response:
                    content = await response.read()
        seconds = time.monotonic() - began
        observe_kube_request(method, what, response.status, seconds)
        log_request(_SERVER, method, path, response.status, seconds)
        if response.status >= 300:
            raise self._failure(response, content)
        return content

    @asynccontextmanager
    async def stream(self, path: str, what: str, query: Mapping[str, str]) -> AsyncIterator[AsyncIterator[bytes]]:
        """Opens an endless answer; gives its lines. It ends when the server ends it; a cut one, and silence, raise.

        Raises:
            ApiUnavailable: it cannot be opened, breaks off, or is silent for longer than the limit.
            FlinkopError: the API server's refusal, see `failure_of`.
        """
        headers = await self._connection.credentials.headers()
        began = time.monotonic()
        with _as_unavailable("WATCH", what, path):
            async with self._session.get(
                self._url(path, query), headers=headers, timeout=self._stream_timeout, allow_redirects=False
            ) as response:
                observe_kube_request("WATCH", what, response.status)
                log_request(_SERVER, "WATCH", path, response.status, time.monotonic() - began)
                if response.status >= 300:
                    raise self._failure(response, await response.read())
                yield lines(response.content.iter_any())

    def _slot(self, what: str) -> AbstractAsyncContextManager[None]:
        """A lease that is not renewed in time ends the process: it must not wait until others have been answered."""
        return nullcontext() if what == LEASES.plural else self._slots.taken()

    def _url(self, path: str, query: Mapping[str, str] | None) -> URL:
        url = URL(self._connection.url + path, encoded=True)
        return url.with_query(query) if query else url

    def _failure(self, response: aiohttp.ClientResponse, content: bytes) -> FlinkopError:
        if response.status == _UNAUTHORIZED:
            self._connection.credentials.forget()
        return failure_of(response.status, content, response.headers.get("Retry-After"))


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines of any length out of chunks of any length. Each chunk is looked at once, however long a line becomes.

    What comes after the last line end is not a line: the stream was cut there.
    """
    begun: list[bytes] = []
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            begun.append(end)
            yield b"".join(begun)
            begun.clear()
        if rest:
            begun.append(rest)


def parse(content: bytes) -> Object:
    """JSON of the API server. Raises ApiUnavailable when it is none: something else answered."""
    try:
        answer: Object = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise ApiUnavailable("the API server's answer is not JSON") from None
    return answer


@contextmanager
def _as_unavailable(method: str, what: str, path: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    except _FOREIGN as error:
        observe_kube_request(method, what, _NO_ANSWER)
        log_request(_SERVER, method, path, None, time.monotonic() - began)
        raise ApiUnavailable(f"{method} {what}: {_cause(error)}") from error


def _cause(error: BaseException) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientConnectorError():
            return f"cannot connect to {error.host}:{error.port}: {error.strerror or error.os_error}"
        case aiohttp.ClientPayloadError():
            return "the answer broke off"
        case _:
            return str(error) or type(error).__name__


def _keepalive_socket(address: tuple[Any, ...]) -> socket.socket:
    """A peer that vanished without a word is noticed after 45 s, and network devices between do not forget a quiet watch."""
    family, kind, protocol, *_ = address
    created = socket.socket(family, kind, protocol)
    created.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            created.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return created
