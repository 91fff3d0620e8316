"""The API server as its administrator reaches it: the benchmark's own requests, which the audit log leaves out."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from tests.cluster.process import Failed, tell

_CONNECTIONS = 32
_MERGE_PATCH = "application/merge-patch+json"
NOT_FOUND, ALREADY_EXISTS = 404, 409
OPENED, LISTED = "OPENED", "LISTED"


class ApiServer:
    """Raises Failed for what the API server refuses, but for the statuses that a call says it accepts."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, path: str) -> dict[str, Any]:
        """An object or a list."""
        return await self._send("GET", path)

    async def create(self, path: str, body: Mapping[str, Any], accept: tuple[int, ...] = ()) -> dict[str, Any]:
        """Creates an object in the collection at `path`."""
        return await self._send("POST", path, body, accept=accept)

    async def patch(self, path: str, body: Mapping[str, Any], accept: tuple[int, ...] = ()) -> dict[str, Any]:
        """Merges `body` into an object."""
        return await self._send("PATCH", path, body, _MERGE_PATCH, accept)

    async def delete(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Deletes an object or a whole collection; one that is not there is no trouble."""
        await self._send("DELETE", path, body, accept=(NOT_FOUND,))

    async def watch(self, path: str, query: Mapping[str, str] | None = None) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Types and objects of a collection's events, what is there first. A watch that ends is opened again, from the start.

        Besides the API's own types there are two: OPENED before what is there, and LISTED after it.
        """
        asked = {"watch": "1", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
        while True:
            yield OPENED, {}
            async with self._session.get(path, params={**asked, **(query or {})}) as answer:
                _check("WATCH", path, answer.status, b"", ())
                async for event in _events(answer.content.iter_any()):
                    if event["type"] == "ERROR":
                        tell(f"the watch of {path} broke and is opened again: {event['object'].get('message')}")
                        break
                    if event["type"] != "BOOKMARK":
                        yield event["type"], event["object"]
                    elif _ends_the_list(event["object"]):
                        yield LISTED, {}

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, kind: str = "application/json", accept: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        data = None if body is None else orjson.dumps(body)
        async with self._session.request(method, path, data=data, headers={"Content-Type": kind}) as answer:
            content = await answer.read()
        _check(method, path, answer.status, content, accept)
        return dict(orjson.loads(content))


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    begun: list[bytes] = []
    async for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            yield orjson.loads(b"".join((*begun, end)))
            begun.clear()
        begun.append(rest)


def _ends_the_list(bookmark: Mapping[str, Any]) -> bool:
    annotations = bookmark["metadata"].get("annotations") or {}
    return annotations.get("k8s.io/initial-events-end") == "true"


def _check(method: str, path: str, status: int, content: bytes, accept: tuple[int, ...]) -> None:
    if status >= 300 and status not in accept:
        raise Failed(f"{method} {path}: HTTP status {status}\n{content[:1000].decode(errors='replace')}")


@asynccontextmanager
async def connect(kubeconfig: Path) -> AsyncIterator[ApiServer]:
    """The API server of a kubeconfig that the local cluster wrote."""
    url, tls, token = _read(kubeconfig)
    async with aiohttp.ClientSession(
        url,
        connector=aiohttp.TCPConnector(ssl=tls, limit=_CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        headers={"Authorization": f"Bearer {token}"},
    ) as session:
        yield ApiServer(session)


def _read(kubeconfig: Path) -> tuple[str, ssl.SSLContext, str]:
    """URL, certificate authority and token. The local cluster's kubeconfig is JSON."""
    config = json.loads(kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    return cluster["server"], tls, config["users"][0]["user"]["token"]
