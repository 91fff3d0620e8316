"""The client: the few verbs the operator uses, as raw JSON. Every request ends, and ends as a value or as an error of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import orjson

from flinkop.errors import ApiUnavailable, NotFound
from flinkop.kube.connection import Connection
from flinkop.kube.failure import failure_of
from flinkop.kube.resource import Resource
from flinkop.metrics import observe_kube_request

FIELD_MANAGER = "flinkop"
_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"
_TIMEOUT = 30.0
_CONNECTIONS = 64
_WATCH_IDLE = 90.0

Object = dict[str, Any]
_NETWORK = (aiohttp.ClientError, TimeoutError, OSError)


class KubeClient:
    """One HTTP session to the API server. Reads and writes share at most 64 connections; watches have their own."""

    def __init__(self, connection: Connection, user_agent: str = "flinkop") -> None:
        self._connection = connection
        self._session = _session(user_agent, limit=_CONNECTIONS)
        self._watches = _session(user_agent, limit=0)

    async def close(self) -> None:
        """Ends all connections."""
        await self._session.close()
        await self._watches.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """The object, or None when there is none."""
        try:
            return await self._request("GET", resource.path(namespace, name), resource)
        except NotFound:
            return None

    async def list(self, resource: Resource, namespace: str | None = None, label_selector: str | None = None) -> list[Object]:
        """The objects that match. For short lists: informers page through long ones with `list_page`."""
        page = await self.list_page(resource, namespace, {"labelSelector": label_selector} if label_selector else {})
        items: list[Object] = page.get("items") or []
        return items

    async def list_page(self, resource: Resource, namespace: str | None, query: Mapping[str, str]) -> Object:
        """One page of a list, as the server gives it. Raises Expired for an old continue token."""
        return await self._request("GET", resource.path(namespace), resource, query=query)

    async def create(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """Creates the object. Raises AlreadyExists when one of its name is there."""
        path = resource.path(body["metadata"]["namespace"])
        return await self._request("POST", path, resource, body=body, query={"fieldManager": FIELD_MANAGER})

    async def apply(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """Creates or changes the object by server-side apply; fields we applied before and leave out now are removed."""
        metadata = body["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"])
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return await self._request("PATCH", path, resource, body=body, query=query, content_type=_APPLY_PATCH)

    async def patch(self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any]) -> Object:
        """Merges `patch` into the object. With `metadata.resourceVersion` in it, raises Conflict when that is not the newest."""
        path = resource.path(namespace, name)
        return await self._request("PATCH", path, resource, body=patch, query={"fieldManager": FIELD_MANAGER}, content_type=_MERGE_PATCH)

    async def replace(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """Replaces the object; `metadata.resourceVersion` decides whether it is still the one we knew, else Conflict."""
        metadata = body["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"])
        return await self._request("PUT", path, resource, body=body, query={"fieldManager": FIELD_MANAGER})

    async def replace_status(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """Replaces the status of the object in `body`. Raises Conflict when its resourceVersion is not the newest."""
        metadata = body["metadata"]
        path = resource.path(metadata["namespace"], metadata["name"], "status")
        return await self._request("PUT", path, resource, body=body, query={"fieldManager": FIELD_MANAGER})

    async def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str | None = None, propagation: str = "Background"
    ) -> bool:
        """Deletes the object, only the one with `uid` when that is given (else Conflict). False when there is none."""
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        try:
            await self._request("DELETE", resource.path(namespace, name), resource, body=body)
        except NotFound:
            return False
        return True

    async def watch(self, resource: Resource, namespace: str | None, query: Mapping[str, str]) -> AsyncIterator[Object]:
        """The events of a watch until the server ends it. Silence of 90 s counts as a lost connection: bookmarks come each minute.

        Raises:
            Expired, ApiUnavailable, Forbidden, NotFound.
        """
        url = f"{self._connection.url}{resource.path(namespace)}"
        timeout = aiohttp.ClientTimeout(total=None, connect=_TIMEOUT, sock_read=_WATCH_IDLE)
        try:
            async with self._watches.get(
                url,
                params={**query, "watch": "1"},
                headers=await self._connection.credentials.headers(),
                ssl=self._connection.tls or False,
                timeout=timeout,
            ) as response:
                if response.status != 200:
                    raise failure_of(response.status, await response.read(), response.headers.get("Retry-After"))
                observe_kube_request("WATCH", resource.plural, response.status)
                async for line in _lines(response.content):
                    yield _event(line)
        except _NETWORK as error:
            raise _unreachable("WATCH", resource, error) from error

    async def _request(
        self,
        method: str,
        path: str,
        resource: Resource,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        content_type: str = _JSON,
    ) -> Object:
        headers = {"Content-Type": content_type, **await self._connection.credentials.headers()}
        data = orjson.dumps(body) if body is not None else None
        try:
            async with self._session.request(
                method, f"{self._connection.url}{path}", data=data, params=query, headers=headers, ssl=self._connection.tls or False
            ) as response:
                content = await response.read()
        except _NETWORK as error:
            observe_kube_request(method, resource.plural, 0)
            raise _unreachable(method, resource, error) from error
        observe_kube_request(method, resource.plural, response.status)
        if response.status >= 300:
            raise failure_of(response.status, content, response.headers.get("Retry-After"))
        return _parse(content)


def _session(user_agent: str, limit: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=limit, keepalive_timeout=60),
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT),
        headers={"User-Agent": user_agent, "Accept": _JSON},
        auto_decompress=True,
    )


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length; a chunk is looked at once, however long the line becomes."""
    parts: list[bytes] = []
    async for chunk in stream.iter_any():
        *ended, rest = chunk.split(b"\n")
        for line in ended:
            yield b"".join((*parts, line))
            parts.clear()
        if rest:
            parts.append(rest)


def _event(line: bytes) -> Object:
    event = _parse(line)
    if event.get("type") == "ERROR":
        status = event.get("object") or {}
        raise failure_of(int(status.get("code") or 500), orjson.dumps(status))
    return event


def _parse(content: bytes) -> Object:
    try:
        answer: Object = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise ApiUnavailable("the API server's answer is not JSON") from None
    return answer


def _unreachable(method: str, resource: Resource, error: BaseException) -> ApiUnavailable:
    timed_out = isinstance(error, TimeoutError | asyncio.TimeoutError)
    cause = "no answer in time" if timed_out else str(error) or type(error).__name__
    return ApiUnavailable(f"{method} {resource.plural}: {cause}")
