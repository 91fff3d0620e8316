"""The client against a small HTTP server: what it sends, and what it makes of what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import REGISTRY
from tests.detailedlog import captured_details

from flinkop.errors import AlreadyExists, ApiUnavailable, Conflict, Expired, NamespaceTerminating, Rejected
from flinkop.kube.client import KubeClient
from flinkop.kube.connection import Connection
from flinkop.kube.resource import CONFIG_MAPS, FLINK_DEPLOYMENTS, LEASES, NAMESPACES
from flinkop.kube.transport import Limits

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
OBJECT = {"metadata": {"namespace": "ns", "name": "a", "resourceVersion": "5"}}


class Account:
    """Credentials that count how often they were refused."""

    def __init__(self) -> None:
        self.refused = 0

    async def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer token-{self.refused}"}

    def forget(self) -> None:
        self.refused += 1


class Api:
    """Records requests, answers with what `answer` makes."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.answer: Answer = answers(OBJECT)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.headers.append(request.headers)
        self.requests.append((request.method, request.path, dict(request.query), orjson.loads(body) if body else None))
        return await self.answer(request)


def answers(body: Any, status: int = 200, **headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=orjson.dumps(body), headers=headers)

    return answer


def refuses(status: int, reason: str, *, cause: str = "", **headers: str) -> Answer:
    return answers({"kind": "Status", "reason": reason, "message": "why", "details": {"causes": [{"reason": cause}]}}, status, **headers)


def streams(*parts: bytes, hangs: bool = False, breaks: bool = False) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for part in parts:
            await response.write(part)
            await asyncio.sleep(0)
        if hangs:
            await asyncio.sleep(30)
        if breaks and request.transport is not None:
            request.transport.abort()
        return response

    return answer


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
async def api() -> Api:
    return Api()


@asynccontextmanager
async def a_client(api: Api, account: Account, limits: Limits) -> AsyncIterator[KubeClient]:
    """A client of that API server."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", api.handle)
    async with TestServer(application) as server:
        client = KubeClient(Connection(str(server.make_url("")).rstrip("/"), None, account), "flinkop/test", limits)
        yield client
        await client.close()


@pytest.fixture
async def client(api: Api, account: Account) -> AsyncIterator[KubeClient]:
    async with a_client(api, account, Limits(request=2.0, silence=0.3)) as client:
        yield client


NS = "/api/v1/namespaces/ns/configmaps"
MANAGED = {"fieldManager": "flinkop"}
DELETION = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
Call = Callable[[KubeClient], Awaitable[Any]]

CALLS: dict[str, tuple[Call, str, str, dict[str, str], Any, str]] = {
    "get": (lambda c: c.get(CONFIG_MAPS, "ns", "a"), "GET", f"{NS}/a", {}, None, "application/json"),
    "list": (lambda c: c.list(CONFIG_MAPS, "ns", "a=b"), "GET", NS, {"labelSelector": "a=b"}, None, "application/json"),
    "list page": (
        lambda c: c.list_page(CONFIG_MAPS, None, {"limit": "5"}),
        "GET",
        "/api/v1/configmaps",
        {"limit": "5"},
        None,
        "application/json",
    ),
    "create": (lambda c: c.create(CONFIG_MAPS, OBJECT), "POST", NS, MANAGED, OBJECT, "application/json"),
    "create, cluster-scoped": (
        lambda c: c.create(NAMESPACES, {"metadata": {"name": "x"}}),
        "POST",
        "/api/v1/namespaces",
        MANAGED,
        {"metadata": {"name": "x"}},
        "application/json",
    ),
    "apply": (
        lambda c: c.apply(CONFIG_MAPS, OBJECT),
        "PATCH",
        f"{NS}/a",
        {**MANAGED, "force": "true"},
        OBJECT,
        "application/apply-patch+yaml",
    ),
    "the log of a container that ended": (
        lambda c: c.read_last_log("ns", "a", "main", 500),
        "GET",
        "/api/v1/namespaces/ns/pods/a/log",
        {"container": "main", "previous": "true", "tailLines": "500", "limitBytes": "262144"},
        None,
        "application/json",
    ),
    "patch": (lambda c: c.patch(CONFIG_MAPS, "ns", "a", {"x": 1}), "PATCH", f"{NS}/a", MANAGED, {"x": 1}, "application/merge-patch+json"),
    "patch of the status": (
        lambda c: c.patch(FLINK_DEPLOYMENTS, "ns", "a", {"status": {}}, subresource="status"),
        "PATCH",
        "/apis/flink.apache.org/v1beta1/namespaces/ns/flinkdeployments/a/status",
        MANAGED,
        {"status": {}},
        "application/merge-patch+json",
    ),
    "replace": (lambda c: c.replace(CONFIG_MAPS, OBJECT), "PUT", f"{NS}/a", MANAGED, OBJECT, "application/json"),
    "replace of the status": (
        lambda c: c.replace_status(CONFIG_MAPS, OBJECT),
        "PUT",
        f"{NS}/a/status",
        MANAGED,
        OBJECT,
        "application/json",
    ),
    "delete": (lambda c: c.delete(CONFIG_MAPS, "ns", "a"), "DELETE", f"{NS}/a", {}, DELETION, "application/json"),
    "delete with preconditions": (
        lambda c: c.delete(CONFIG_MAPS, "ns", "a", uid="u", resource_version="5", propagation="Foreground"),
        "DELETE",
        f"{NS}/a",
        {},
        {**DELETION, "propagationPolicy": "Foreground", "preconditions": {"uid": "u", "resourceVersion": "5"}},
        "application/json",
    ),
}


@pytest.mark.parametrize(("call", "method", "path", "query", "body", "content_type"), CALLS.values(), ids=CALLS)
async def test_what_is_sent(
    client: KubeClient, api: Api, call: Call, method: str, path: str, query: dict[str, str], body: Any, content_type: str
) -> None:
    await call(client)
    assert api.requests == [(method, path, query, body)]
    headers = api.headers[0]
    assert headers["Content-Type"] == content_type
    assert (headers["Authorization"], headers["User-Agent"], headers["Accept"]) == ("Bearer token-0", "flinkop/test", "application/json")


async def test_an_object_that_is_not_there_is_none(client: KubeClient, api: Api) -> None:
    api.answer = refuses(404, "NotFound")
    assert await client.get(CONFIG_MAPS, "ns", "a") is None


async def test_a_deletion_says_whether_there_was_something(client: KubeClient, api: Api) -> None:
    assert await client.delete(CONFIG_MAPS, "ns", "a") is True
    api.answer = refuses(404, "NotFound")
    assert await client.delete(CONFIG_MAPS, "ns", "a") is False


async def test_an_empty_list_is_empty_even_when_the_server_says_null(client: KubeClient, api: Api) -> None:
    api.answer = answers({"metadata": {}, "items": None})
    assert await client.list(CONFIG_MAPS, "ns") == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(refuses(409, "AlreadyExists"), AlreadyExists, id="created before"),
        pytest.param(refuses(409, "Conflict"), Conflict, id="changed meanwhile"),
        pytest.param(refuses(403, "Forbidden", cause="NamespaceTerminating"), NamespaceTerminating, id="the namespace is going"),
        pytest.param(refuses(422, "Invalid"), Rejected, id="invalid"),
        pytest.param(answers({}, 302, Location="http://elsewhere/"), ApiUnavailable, id="a redirection is not followed"),
    ],
)
async def test_a_refusal_is_an_error_of_ours(client: KubeClient, api: Api, answer: Answer, error: type[Exception]) -> None:
    api.answer = answer
    with pytest.raises(error):
        await client.create(CONFIG_MAPS, OBJECT)
    assert len(api.requests) == 1


async def test_an_overloaded_server_says_how_long_to_wait(client: KubeClient, api: Api) -> None:
    api.answer = refuses(429, "TooManyRequests", **{"Retry-After": "7"})
    with pytest.raises(ApiUnavailable) as caught:
        await client.get(CONFIG_MAPS, "ns", "a")
    assert caught.value.retry_after == 7


async def test_a_refused_token_is_not_used_again(client: KubeClient, api: Api) -> None:
    api.answer = refuses(401, "Unauthorized")
    with pytest.raises(ApiUnavailable, match="not authenticated"):
        await client.get(CONFIG_MAPS, "ns", "a")
    api.answer = answers(OBJECT)
    await client.get(CONFIG_MAPS, "ns", "a")
    assert api.headers[-1]["Authorization"] == "Bearer token-1"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        pytest.param(streams(b'{"metadata"', hangs=True), "GET configmaps: no answer in time", id="slow"),
        pytest.param(streams(b'{"metadata"', breaks=True), "GET configmaps: the answer broke off", id="cut in the middle"),
        pytest.param(streams(b"<html>"), "not JSON", id="not the API server"),
    ],
)
async def test_no_answer_is_trouble_that_names_its_cause(client: KubeClient, api: Api, answer: Answer, cause: str) -> None:
    api.answer = answer
    with pytest.raises(ApiUnavailable, match=cause):
        await client.get(CONFIG_MAPS, "ns", "a")


async def test_a_server_that_is_not_there_is_named() -> None:
    client = KubeClient(Connection("http://127.0.0.1:9", None, Account()))
    try:
        with pytest.raises(ApiUnavailable, match=r"GET configmaps: cannot connect to 127\.0\.0\.1:9: .*[Cc]onnect"):
            await client.get(CONFIG_MAPS, "ns", "a")
    finally:
        await client.close()


async def test_only_so_many_requests_are_under_way_at_once(api: Api, account: Account) -> None:
    under_way = most = 0

    async def answer(_request: web.Request) -> web.StreamResponse:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return web.Response(body=b"{}")

    api.answer = answer
    async with a_client(api, account, Limits(requests=3)) as client:
        await asyncio.gather(*(client.get(CONFIG_MAPS, "ns", "a") for _ in range(12)))
    assert most == 3


async def test_a_lease_is_renewed_however_many_requests_wait_for_an_answer(account: Account, api: Api) -> None:
    answered = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if "configmaps" in request.path:
            await answered.wait()
        return web.Response(body=b"{}")

    api.answer = answer
    async with a_client(api, account, Limits(requests=1)) as client:
        others = [asyncio.create_task(client.get(CONFIG_MAPS, "ns", name)) for name in "abc"]
        await asyncio.wait_for(client.get(LEASES, "ns", "flinkop"), 5)
        assert not any(other.done() for other in others)
        answered.set()
        await asyncio.gather(*others)


def an_event(kind: str, name: str) -> bytes:
    return orjson.dumps({"type": kind, "object": {"metadata": {"name": name}}}) + b"\n"


async def events_of(client: KubeClient, seen: list[str]) -> None:
    async with client.watch(CONFIG_MAPS, "ns", {"resourceVersion": "5"}) as events:
        async for event in events:
            seen.append(event["object"]["metadata"]["name"])


async def test_a_watch_gives_its_events_until_the_server_ends_it(client: KubeClient, api: Api) -> None:
    both = an_event("ADDED", "a") + an_event("ADDED", "b")
    api.answer = streams(both[:7], both[7:60], both[60:])
    seen: list[str] = []
    await events_of(client, seen)
    assert seen == ["a", "b"]
    assert api.requests == [("GET", NS, {"resourceVersion": "5", "watch": "1"}, None)]


async def test_a_watch_that_breaks_in_the_middle_of_a_line_gives_what_came_before(client: KubeClient, api: Api) -> None:
    api.answer = streams(an_event("ADDED", "a"), an_event("ADDED", "b")[:20], breaks=True)
    seen: list[str] = []
    with pytest.raises(ApiUnavailable, match="WATCH configmaps: the answer broke off"):
        await events_of(client, seen)
    assert seen == ["a"]


async def test_a_watch_that_is_silent_for_too_long_counts_as_dead(client: KubeClient, api: Api) -> None:
    api.answer = streams(an_event("ADDED", "a"), hangs=True)
    with pytest.raises(ApiUnavailable, match="WATCH configmaps: no answer in time"):
        await events_of(client, [])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refuses(410, "Expired"), id="at once"),
        pytest.param(streams(orjson.dumps({"type": "ERROR", "object": {"code": 410, "message": "too old"}}) + b"\n"), id="in an event"),
    ],
)
async def test_a_version_that_is_too_old_for_a_watch_is_told_in_one_way(client: KubeClient, api: Api, answer: Answer) -> None:
    api.answer = answer
    with pytest.raises(Expired):
        await events_of(client, [])


async def test_a_watch_that_ends_with_an_error_event_tells_it(client: KubeClient, api: Api) -> None:
    api.answer = streams(orjson.dumps({"type": "ERROR", "object": {"message": "storage is (re)initializing", "code": 500}}) + b"\n")
    with pytest.raises(ApiUnavailable, match="storage is"):
        await events_of(client, [])


async def test_leaving_a_watch_early_closes_it(client: KubeClient, api: Api) -> None:
    api.answer = streams(an_event("ADDED", "a"), hangs=True)
    async with client.watch(CONFIG_MAPS, "ns", {}) as events:
        async for _ in events:
            break


async def test_requests_are_counted_with_what_came_back(client: KubeClient, api: Api) -> None:
    def count(method: str, code: int) -> float:
        labels = {"method": method, "resource": "namespaces", "code": str(code)}
        return REGISTRY.get_sample_value("rest_client_requests_total", labels) or 0

    before = count("GET", 200), count("POST", 409), count("GET", 0)
    await client.get(NAMESPACES, "ns", "a")
    api.answer = refuses(409, "Conflict")
    with pytest.raises(Conflict):
        await client.create(NAMESPACES, {"metadata": {"name": "x"}})
    api.answer = streams(b"{", breaks=True)
    with pytest.raises(ApiUnavailable):
        await client.get(NAMESPACES, "ns", "a")
    assert (count("GET", 200), count("POST", 409), count("GET", 0)) == tuple(number + 1 for number in before)


async def test_requests_are_details_of_the_log_with_what_came_back(client: KubeClient, api: Api) -> None:
    async def refused() -> None:
        api.answer = refuses(409, "Conflict")
        with pytest.raises(Conflict):
            await client.create(CONFIG_MAPS, OBJECT)

    async def broken() -> None:
        api.answer = streams(b"{", breaks=True)
        with pytest.raises(ApiUnavailable):
            await client.list(CONFIG_MAPS, "ns", "token=secret")

    with captured_details() as lines:
        await client.get(CONFIG_MAPS, "ns", "a")
        await refused()
        await broken()
        api.answer = streams(an_event("ADDED", "a"))
        await events_of(client, [])

    assert [(line["event"], line["to"], line["method"], line["path"], line["status"]) for line in lines] == [
        ("request", "kubernetes", "GET", f"{NS}/a", 200),
        ("request", "kubernetes", "POST", NS, 409),
        ("request", "kubernetes", "GET", NS, None),
        ("request", "kubernetes", "WATCH", NS, 200),
    ]
    assert all(line["milliseconds"] > 0 for line in lines)
    assert "secret" not in str(lines)
    assert "token" not in str(lines)
