"""Jars by http and https: every connection is checked, redirects are followed by hand, headers go to nobody else."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from flinkop.artifact.policy import ArtifactPolicy
from flinkop.artifact.sink import check_size
from flinkop.artifact.source import Http, parse_source, shown
from flinkop.errors import ArtifactUnavailable
from flinkop.flinkconf.operatoroptions import REFUSE_RESTRICTED_HOSTS

CHUNK = 256 * 1024
_MOST_REDIRECTS = 5
_CONNECT_TIMEOUT = 10.0
_SILENCE_TIMEOUT = 60.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class RestrictedAddress(OSError):
    """A connection to an address that jars may not be fetched from."""


class WebFetcher:
    """Fetches by http and https. `is_restricted` judges the address of each connection, right before it is made."""

    def __init__(self, policy: ArtifactPolicy, is_restricted: Callable[[str], bool]) -> None:
        self._policy = policy
        # no proxy, cookies or .netrc of the operator: only what the resource says
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=_guard(is_restricted) if policy.refuse_restricted else None, force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT, sock_read=_SILENCE_TIMEOUT),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity", "User-Agent": "flinkop"},
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Ends all connections."""
        await self._session.close()

    async def chunks(self, url: str, headers: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """The content. Raises ArtifactUnavailable or InvalidSpec, without secrets."""
        async with self._answer(_address(url), headers) as response:
            check_size(response.content_length or 0, self._policy.largest)
            received = response.content.iter_chunked(CHUNK).__aiter__()
            while chunk := await _next(received, url):
                yield chunk

    @asynccontextmanager
    async def _answer(self, url: URL, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """The first answer that is not a redirect."""
        origin = url.origin()
        for _ in range(_MOST_REDIRECTS + 1):
            response = await self._ask(url, headers if url.origin() == origin else {})
            async with response:
                if response.status not in _REDIRECTS:
                    _check_status(response, url)
                    yield response
                    return
                url = self._follow(url, response.headers.get("Location", ""))
        raise ArtifactUnavailable(f"{shown(str(origin))} redirects more than {_MOST_REDIRECTS} times")

    async def _ask(self, url: URL, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        try:
            return await self._session.get(url, headers=headers, allow_redirects=False)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unavailable(str(url), error) from None

    def _follow(self, url: URL, location: str) -> URL:
        """The redirect's target, which is held to the same rules. Raises when it may not be followed."""
        try:
            target = url.join(URL(location))
        except ValueError:
            raise ArtifactUnavailable(f"{shown(str(url))} redirects to what is not an address") from None
        self._policy.check_scheme(str(target))
        if not isinstance(parse_source(str(target)), Http) or (url.scheme == "https" and target.scheme != "https"):
            raise ArtifactUnavailable(f"{shown(str(url))} redirects to {shown(str(target))}, away from https; this is not followed")
        return target


def _address(url: str) -> URL:
    try:
        return URL(url)
    except ValueError:
        raise ArtifactUnavailable(f"{shown(url)}: its host is no name of a host") from None


def _guard(is_restricted: Callable[[str], bool]) -> Callable[[tuple[Any, ...]], socket.socket]:
    """Makes sockets for good addresses only. The address is the one that is connected to: no name is looked up after this."""

    def connectable(address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = address_info
        if is_restricted(address[0]):
            raise RestrictedAddress(
                "its address is loopback, private, link-local or otherwise not public; "
                f"the operator's option {REFUSE_RESTRICTED_HOSTS.key} can allow it"
            )
        return socket.socket(family, kind, protocol)

    return connectable


async def _next(chunks: Any, url: str) -> bytes:
    """Empty at the end."""
    try:
        return bytes(await anext(chunks, b""))
    except (aiohttp.ClientError, OSError) as error:
        raise _unavailable(url, error) from None


def _check_status(response: aiohttp.ClientResponse, url: URL) -> None:
    status = response.status
    if status != HTTPStatus.OK:
        phrase = next((known.phrase for known in HTTPStatus if known == status), "")
        raise ArtifactUnavailable(f"{shown(str(url))}: HTTP status {status} {phrase}".rstrip())
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ArtifactUnavailable(f"{shown(str(url))}: the answer is compressed, though that was not asked for")


def _unavailable(url: str, error: Exception) -> ArtifactUnavailable:
    """In the words of the operating system; those of aiohttp may repeat the URL, or a header."""
    inner = getattr(error, "os_error", None) or error
    return ArtifactUnavailable(f"{shown(url)}: {_plain(inner)}")


def _plain(error: BaseException) -> str:
    match error:
        case RestrictedAddress():
            return str(error)
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            return "the connection ended too early"
        case ValueError():
            return "the URL or a header cannot be sent"
        case socket.gaierror():
            return "its host cannot be resolved"
        case OSError(errno=int(number)) if number > 0:
            return os.strerror(number)
        case _:
            return type(error).__name__
