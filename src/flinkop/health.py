"""The operator's own HTTP endpoints: `/healthz`, `/readyz` and `/metrics`. It knows nothing but the callables it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from flinkop.errors import InvalidConfiguration

Check = Callable[[], str | None]
"""Says in one line what is wrong; None when all is well. It must not block."""

_IN_THREAD = 64 * 1024  # bytes; compressing less is over before a thread has begun
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Lasting:
    """A check that complains only after another one has complained for `patience` seconds without a break."""

    def __init__(self, check: Check, patience: float, monotonic: Callable[[], float]) -> None:
        self._check = check
        self._patience = patience
        self._monotonic = monotonic
        self._since: float | None = None

    def __call__(self) -> str | None:
        """What has been wrong for long."""
        problem = self._check()
        if problem is None:
            self._since = None
            return None
        now = self._monotonic()
        self._since = now if self._since is None else self._since
        return f"{problem}, for {now - self._since:.0f} s" if now - self._since >= self._patience else None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What is asked for each answer. An answer at all means that the event loop is alive."""

    live: Check
    ready: Check
    metrics: Callable[[], Awaitable[bytes]]


@asynccontextmanager
async def serve(
    endpoints: Endpoints, port: int | None, metrics_port: int | None = None, host: str | None = None
) -> AsyncIterator[tuple[int, ...]]:
    """Serves until the block ends: everything on `port`, or the metrics on a port of their own; None means not to serve it.

    Gives the ports in that order; 0 asks for a free one. Raises InvalidConfiguration when a port is taken.
    """
    async with AsyncExitStack() as stack:
        sites = _sites(endpoints, port, metrics_port)
        yield tuple([await stack.enter_async_context(_site(routes, host, at)) for at, routes in sites])


def _sites(endpoints: Endpoints, port: int | None, metrics_port: int | None) -> list[tuple[int, list[web.RouteDef]]]:
    health, metrics = _health_routes(endpoints), _metrics_routes(endpoints)
    if port is not None and (metrics_port is None or metrics_port == port != 0):
        return [(port, [*health, *metrics])]
    return [(at, routes) for at, routes in ((port, health), (metrics_port, metrics)) if at is not None]


@asynccontextmanager
async def _site(routes: list[web.RouteDef], host: str | None, port: int) -> AsyncIterator[int]:
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _listen(web.TCPSite(runner, host, port), port)
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _listen(site: web.TCPSite, port: int) -> None:
    try:
        await site.start()
    except OSError as error:
        raise InvalidConfiguration(f"port {port} cannot be listened on: {error.strerror or error}; choose another") from None


def _health_routes(endpoints: Endpoints) -> list[web.RouteDef]:
    """`/` is where the established operator's probes look."""
    live = _answer(endpoints.live)
    return [web.get("/", live), web.get("/healthz", live), web.get("/readyz", _answer(endpoints.ready))]


def _answer(check: Check) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_request: web.Request) -> web.Response:
        problem = check()
        return web.Response(text="OK") if problem is None else web.Response(status=503, text=problem)

    return handle


def _metrics_routes(endpoints: Endpoints) -> list[web.RouteDef]:
    async def handle(_request: web.Request) -> web.Response:
        text = await endpoints.metrics()
        response = web.Response(body=text, headers={"Content-Type": _METRICS_TYPE}, zlib_executor_size=_IN_THREAD)
        response.enable_compression()
        return response

    return [web.get("/metrics", handle)]
