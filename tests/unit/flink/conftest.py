"""A JobManager that answers what a test tells it to, and a client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.unit.flink.transcript import Exchange

from flinkop.flink.client import FlinkClient

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class JobManager:
    """Records requests; answers by request (`GET /config`), and what no test speaks of with 404."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.answers: dict[str, Answer] = {}
        self.raw: dict[str, Answer] = {}
        """Answers to requests whose bodies are not JSON."""

    def says(self, request: str, content: Any, status: int = 200) -> None:
        """Answers that request with JSON, or with bytes as they are."""
        body = content if isinstance(content, bytes) else orjson.dumps(content)

        async def answer(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=status, body=body)

        self.answers[request] = answer

    def replays(self, *exchanges: Exchange) -> None:
        """Answers these requests as they were answered once."""
        for exchange in exchanges:
            self.says(exchange.request, exchange.answer, exchange.status)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serves any request."""
        line = f"{request.method} {request.path_qs}"
        self.requests.append(line)
        if line in self.raw:
            return await self.raw[line](request)
        body = await request.read()
        self.bodies.append(orjson.loads(body) if body and "json" in request.content_type else None)
        self.headers.append(dict(request.headers))
        if line not in self.answers:
            return web.json_response({"errors": [f"Unable to load requested file {request.path}."]}, status=404)
        return await self.answers[line](request)


@asynccontextmanager
async def serving(jobmanager: JobManager, host: str) -> AsyncIterator[TestServer]:
    """Serves it on a free port of `host`."""
    application = web.Application(client_max_size=64 * 2**20)
    application.router.add_route("*", "/{path:.*}", jobmanager.handle)
    server = TestServer(application, host=host)
    await server.start_server()
    jobmanager.url = str(server.make_url("")).rstrip("/")
    yield server
    await server.close()


@pytest.fixture
async def jobmanager() -> AsyncIterator[JobManager]:
    found = JobManager()
    async with serving(found, "127.0.0.1"):
        yield found


@pytest.fixture
async def client() -> AsyncIterator[FlinkClient]:
    found = FlinkClient(timeout=60)
    yield found
    await found.close()
