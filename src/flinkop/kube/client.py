"""The verbs of the Kubernetes API that the operator uses, on plain dicts. Every call ends: as a value or as an error of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import orjson

from flinkop.errors import NotFound
from flinkop.kube.connection import Connection
from flinkop.kube.failure import failure_of
from flinkop.kube.resource import PODS, Resource
from flinkop.kube.transport import Limits, Object, Transport, parse

FIELD_MANAGER = "flinkop"
_MANAGED = {"fieldManager": FIELD_MANAGER}
_MERGE_PATCH = "application/merge-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"
_UNKNOWN_ERROR = 500
_LOG_BYTES = 256 * 1024

Watch = AbstractAsyncContextManager[AsyncIterator[Object]]
"""Entered, the watch is open; it gives the events until the server ends it."""


class KubeClient:
    """All methods raise TransientError (ApiUnavailable, Conflict, AlreadyExists, Expired) or TerminalError (Forbidden, Rejected,
    NotFound, NamespaceTerminating), and nothing else. Must be made within a running event loop."""

    def __init__(self, connection: Connection, user_agent: str = "flinkop", limits: Limits | None = None) -> None:
        self._transport = Transport(connection, user_agent, limits or Limits())

    async def close(self) -> None:
        """Ends all connections."""
        await self._transport.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """The object, or None when there is none."""
        try:
            return await self._transport.request("GET", resource.path(namespace, name), resource.plural)
        except NotFound:
            return None

    async def list(self, resource: Resource, namespace: str | None = None, label_selector: str | None = None) -> list[Object]:
        """The objects that match. For short lists: informers page through long ones with `list_page`."""
        page = await self.list_page(resource, namespace, {"labelSelector": label_selector} if label_selector else {})
        items: list[Object] = page.get("items") or []
        return items

    async def list_page(self, resource: Resource, namespace: str | None, query: Mapping[str, str]) -> Object:
        """One page of a list, as the server gives it. Raises Expired for an old continue token."""
        return await self._transport.request("GET", resource.path(namespace), resource.plural, query=query)

    async def read_last_log(self, namespace: str, pod: str, container: str, lines: int) -> str:
        """The end of what the previous run of a pod's container has written."""
        query = {"container": container, "previous": "true", "tailLines": str(lines), "limitBytes": str(_LOG_BYTES)}
        return await self._transport.read_text(PODS.path(namespace, pod, "log"), "pods/log", query)

    async def create(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """Creates the object. Raises AlreadyExists when one of its name is there."""
        path = resource.path(body["metadata"].get("namespace"))
        return await self._transport.request("POST", path, resource.plural, body=body, query=_MANAGED)

    async def try_create(self, resource: Resource, body: Mapping[str, Any]) -> None:
        """Creates nothing, and raises what `create` would. What is wrong with the object is raised before AlreadyExists is."""
        path = resource.path(body["metadata"].get("namespace"))
        await self._transport.request("POST", path, resource.plural, body=body, query={**_MANAGED, "dryRun": "All"})

    async def apply(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """Creates or changes the object by server-side apply; fields we applied before and leave out now are removed."""
        query = {**_MANAGED, "force": "true"}
        return await self._transport.request(
            "PATCH", _path(resource, body), resource.plural, body=body, query=query, content_type=_APPLY_PATCH
        )

    async def patch(
        self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any], *, subresource: str | None = None
    ) -> Object:
        """Merges `patch` into the object. With `metadata.resourceVersion` in it, raises Conflict when that is not the newest."""
        path = resource.path(namespace, name, subresource)
        return await self._transport.request("PATCH", path, resource.plural, body=patch, query=_MANAGED, content_type=_MERGE_PATCH)

    async def replace(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """Replaces the object; `metadata.resourceVersion` decides whether it is still the one we knew, else Conflict."""
        return await self._transport.request("PUT", _path(resource, body), resource.plural, body=body, query=_MANAGED)

    async def replace_status(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """Replaces the status of the object in `body`. Raises Conflict when its resourceVersion is not the newest."""
        return await self._transport.request("PUT", _path(resource, body, "status"), resource.plural, body=body, query=_MANAGED)

    async def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        propagation: str = "Background",
    ) -> bool:
        """Deletes the object; with a uid or version only the one that has it, else Conflict. False when there is none."""
        preconditions = {key: value for key, value in (("uid", uid), ("resourceVersion", resource_version)) if value is not None}
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if preconditions:
            body["preconditions"] = preconditions
        try:
            await self._transport.request("DELETE", resource.path(namespace, name), resource.plural, body=body)
        except NotFound:
            return False
        return True

    @asynccontextmanager
    async def watch(self, resource: Resource, namespace: str | None, query: Mapping[str, str]) -> AsyncIterator[AsyncIterator[Object]]:
        """Opens a watch; gives its events, `{"type": ..., "object": ...}`, bookmarks included, until the server ends it.

        Raises:
            Expired: the resourceVersion is too old, whether the server says so at once or in an event.
            ApiUnavailable: the connection broke or was silent for too long. What came before stands.
        """
        async with self._transport.stream(resource.path(namespace), resource.plural, {**query, "watch": "1"}) as found:
            yield _events(found)


async def _events(found: AsyncIterator[bytes]) -> AsyncIterator[Object]:
    async for line in found:
        event = parse(line)
        if event.get("type") == "ERROR":
            status = event.get("object") or {}
            raise failure_of(int(status.get("code") or _UNKNOWN_ERROR), orjson.dumps(status))
        yield event


def _path(resource: Resource, body: Mapping[str, Any], subresource: str | None = None) -> str:
    metadata = body["metadata"]
    return resource.path(metadata.get("namespace"), metadata["name"], subresource)
