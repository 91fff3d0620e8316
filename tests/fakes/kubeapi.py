"""An API server in memory, for tests in virtual time: versions, conflicts, lists in pages or streamed, watches that can be broken.

It has the methods of `KubeClient` that the machinery uses. That the real API server behaves like it is shown by tests/component.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from flinkop.errors import AlreadyExists, Conflict, Expired, FlinkopError, NotFound, Rejected
from flinkop.kube.resource import Resource

Object = dict[str, Any]
Objects = list[Object]  # within FakeKubeApi `list` is a method
Path = tuple[str, str, str]


class FakeKubeApi:
    """`refuse` makes requests fail; `requests` tells what was asked."""

    def __init__(self, *, streams: bool = True) -> None:
        self.streams = streams
        self.requests: list[tuple[str, Mapping[str, str]]] = []
        self._refusals: list[FlinkopError] = []
        self._refuses_always: FlinkopError | None = None
        self._version = 10
        self._compacted = 0
        self._objects: dict[Path, Object] = {}
        self._events: list[tuple[int, str, str, Object]] = []
        self._stirred = asyncio.Event()
        self._breaks = 0
        self._break_with: FlinkopError | None = None
        self.hangs = False

    # what a test does

    def refuse(self, *errors: FlinkopError) -> None:
        """The next requests fail with these."""
        self._refusals.extend(errors)

    def go_away(self, error: FlinkopError) -> None:
        """Every request fails, open watches break."""
        self._refuses_always = error
        self.break_watches(error)

    def come_back(self) -> None:
        """Ends `go_away`."""
        self._refuses_always = None

    def break_watches(self, error: FlinkopError | None = None) -> None:
        """Open watches end, or raise."""
        self._breaks += 1
        self._break_with = error
        self._stir()

    def compact(self) -> None:
        """Forgets all history: whoever asks for an older version gets Expired."""
        self._compacted = self._version
        self._events.clear()

    def bookmark(self) -> None:
        """Sends every watch a bookmark."""
        self._version += 1
        self._events.append((self._version, "BOOKMARK", "", {"metadata": {"resourceVersion": str(self._version)}}))
        self._stir()

    def put(self, resource: Resource, namespace: str, name: str, **content: Any) -> Object:
        """Creates or changes an object, without asking for its version."""
        path = (resource.plural, namespace, name)
        metadata = {**self._objects.get(path, {}).get("metadata", {"uid": f"uid-{self._version}"}), "namespace": namespace, "name": name}
        return self._store(path, {"metadata": metadata, **content}, "MODIFIED" if path in self._objects else "ADDED")

    def drop(self, resource: Resource, namespace: str, name: str) -> None:
        """Deletes an object."""
        path = (resource.plural, namespace, name)
        self._store(path, self._objects[path], "DELETED")
        del self._objects[path]

    # what the code under test does

    async def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        await self._ask("get", {})
        return copy.deepcopy(self._objects.get((resource.plural, namespace, name)))

    async def create(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        await self._ask("create", {})
        path = (resource.plural, body["metadata"]["namespace"], body["metadata"]["name"])
        if path in self._objects:
            raise AlreadyExists("it is there")
        created = {**body, "metadata": {"uid": f"uid-{self._version}", "creationTimestamp": "2026-01-01T00:00:00Z", **body["metadata"]}}
        return copy.deepcopy(self._store(path, created, "ADDED"))

    async def try_create(self, resource: Resource, body: Mapping[str, Any]) -> None:
        await self._ask("try_create", {})
        if (resource.plural, body["metadata"]["namespace"], body["metadata"]["name"]) in self._objects:
            raise AlreadyExists("it is there")

    async def replace(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        await self._ask("replace", {})
        path = (resource.plural, body["metadata"]["namespace"], body["metadata"]["name"])
        if path not in self._objects:
            raise NotFound("it is gone")
        if self._objects[path]["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
            raise Conflict("it was changed")
        return copy.deepcopy(self._store(path, dict(body), "MODIFIED"))

    async def list(self, resource: Resource, namespace: str | None = None, label_selector: str | None = None) -> Objects:
        await self._ask("list", {})
        wanted = dict(pair.split("=") for pair in (label_selector or "").split(",") if pair)
        found = (obj for obj in self._of(resource, namespace) if wanted.items() <= (obj["metadata"].get("labels") or {}).items())
        return copy.deepcopy(list(found))

    async def patch(self, resource: Resource, namespace: str, name: str, patch: Mapping[str, Any]) -> Object:
        await self._ask("patch", {})
        path = (resource.plural, namespace, name)
        if path not in self._objects:
            raise NotFound("it is gone")
        version = (patch.get("metadata") or {}).get("resourceVersion")
        if version is not None and version != self._objects[path]["metadata"]["resourceVersion"]:
            raise Conflict("it was changed")
        return copy.deepcopy(self._store(path, _merge(self._objects[path], patch), "MODIFIED"))

    async def apply(self, resource: Resource, body: Mapping[str, Any]) -> Object:
        """All that is applied here is applied whole, so that merging is enough."""
        await self._ask("apply", {})
        path = (resource.plural, body["metadata"]["namespace"], body["metadata"]["name"])
        before = self._objects.get(path, {"metadata": {"uid": f"uid-{self._version}"}})
        return copy.deepcopy(self._store(path, _merge(before, body), "MODIFIED" if path in self._objects else "ADDED"))

    async def delete(self, resource: Resource, namespace: str, name: str, *, uid: str | None = None, propagation: str = "") -> bool:
        await self._ask("delete", {"propagationPolicy": propagation})
        found = self._objects.get((resource.plural, namespace, name))
        if found is None:
            return False
        if uid is not None and uid != found["metadata"]["uid"]:
            raise Conflict("it is another one")
        self.drop(resource, namespace, name)
        return True

    async def list_page(self, resource: Resource, namespace: str | None, query: Mapping[str, str]) -> Object:
        await self._ask("list", query)
        found = self._of(resource, namespace)
        version, _, start = query.get("continue", f"{self._version}:0").partition(":")
        if int(version) < self._compacted:
            raise Expired("the continue token is too old")
        begin, end = int(start), int(start) + int(query["limit"])
        token = f"{version}:{end}" if end < len(found) else ""
        return {"metadata": {"resourceVersion": version, "continue": token}, "items": copy.deepcopy(found[begin:end])}

    @asynccontextmanager
    async def watch(self, resource: Resource, namespace: str | None, query: Mapping[str, str]) -> AsyncIterator[AsyncIterator[Object]]:
        await self._ask("watch", query)
        if "sendInitialEvents" in query and not self.streams:
            raise Rejected("sendInitialEvents is forbidden")
        yield self._follow(resource, namespace, query)

    async def _follow(self, resource: Resource, namespace: str | None, query: Mapping[str, str]) -> AsyncIterator[Object]:
        breaks, ends = self._breaks, asyncio.get_running_loop().time() + int(query["timeoutSeconds"])
        seen = int(query.get("resourceVersion", "0"))
        if "sendInitialEvents" in query:
            seen = self._version
            for obj in copy.deepcopy(self._of(resource, namespace)):
                yield {"type": "ADDED", "object": obj}
            annotations = {"k8s.io/initial-events-end": "true"}
            yield {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(seen), "annotations": annotations}}}
        while True:
            if breaks != self._breaks:
                if self._break_with is not None:
                    raise self._break_with
                return
            if seen < self._compacted:
                raise Expired("too old resource version")
            for version, kind, plural, obj in list(self._events):
                if version > seen and plural in ("", resource.plural):
                    seen = version
                    yield {"type": kind, "object": copy.deepcopy(obj)}
            if not await self._wait(ends):
                return

    async def _wait(self, ends: float) -> bool:
        self._stirred.clear()
        try:
            async with asyncio.timeout_at(ends):
                await self._stirred.wait()
        except TimeoutError:
            return False
        return True

    def _stir(self) -> None:
        self._stirred.set()

    async def _ask(self, verb: str, query: Mapping[str, str]) -> None:
        self.requests.append((verb, query))
        await asyncio.sleep(0.01)
        if self.hangs:
            await asyncio.Event().wait()
        if self._refuses_always is not None:
            raise self._refuses_always
        if self._refusals:
            raise self._refusals.pop(0)

    def _store(self, path: Path, obj: Object, kind: str) -> Object:
        self._version += 1
        stored = copy.deepcopy(obj)
        stored["metadata"]["resourceVersion"] = str(self._version)
        self._objects[path] = stored
        self._events.append((self._version, kind, path[0], stored))
        self._stir()
        return stored

    def _of(self, resource: Resource, namespace: str | None) -> list[Object]:
        found = sorted((path, obj) for path, obj in self._objects.items() if path[0] == resource.plural)
        return [obj for path, obj in found if namespace in (None, path[1])]


def _merge(obj: Mapping[str, Any], patch: Mapping[str, Any]) -> Object:
    """A JSON merge patch (RFC 7386)."""
    merged = dict(obj)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            merged[key] = _merge(merged.get(key) or {}, value)
        else:
            merged[key] = value
    return merged
