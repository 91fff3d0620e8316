"""A proxy before a JobManager that loses the first submission of each job, one after the other in different ways.

It is a program of its own, which runs in a pod beside Flink: it needs aiohttp and nothing of this repository.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from enum import StrEnum

import aiohttp
from aiohttp import web
from yarl import URL

_SUBMISSION = re.compile(r"/jars/[^/]+/run")
_LARGEST = 2**30


class Loss(StrEnum):
    """What becomes of a submission. The JobManager has taken it, unless it never saw it."""

    ANSWER_CUT = "answer cut"
    NO_ANSWER = "no answer"
    NEVER_SENT = "never sent"


class LosingProxy:
    """Passes everything else on as it is. `told`, and a line of output each, has the submissions: the job's id, and what became of it."""

    def __init__(self, target: str, silence: float = 600.0) -> None:
        """`silence` is how many seconds no answer takes."""
        self._target, self._silence = target, silence
        self.told: list[tuple[str, Loss | None]] = []

    def application(self) -> web.Application:
        """To be served."""
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.cleanup_ctx.append(self._connect)
        return app

    async def _connect(self, _app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as self._session:
            yield

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        loss = self._loss_of(body) if request.method == "POST" and _SUBMISSION.fullmatch(request.path) else None
        answer = web.Response() if loss is Loss.NEVER_SENT else await self._pass_on(request, body)
        if loss is Loss.NO_ANSWER:
            await asyncio.sleep(self._silence)
        if loss is not None and request.transport is not None:
            request.transport.abort()
        return answer

    def _loss_of(self, body: bytes) -> Loss | None:
        job_id = str(json.loads(body)["jobId"])
        known = {seen for seen, _ in self.told}
        loss = None if job_id in known else tuple(Loss)[len(known) % len(Loss)]
        self.told.append((job_id, loss))
        sys.stdout.write(f"{json.dumps({'job': job_id, 'loss': loss})}\n")
        sys.stdout.flush()
        return loss

    async def _pass_on(self, request: web.Request, body: bytes) -> web.Response:
        headers = {name: request.headers[name] for name in ("Content-Type", "Accept") if name in request.headers}
        url = URL(self._target + request.raw_path, encoded=True)
        try:
            async with self._session.request(request.method, url, data=body or None, headers=headers, allow_redirects=False) as answer:
                kept = {name: answer.headers[name] for name in ("Content-Type", "Location") if name in answer.headers}
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)
        except aiohttp.ClientError as error:
            return web.Response(status=502, text=str(error))


if __name__ == "__main__":
    web.run_app(LosingProxy(sys.argv[2]).application(), port=int(sys.argv[1]), print=None, access_log=None, shutdown_timeout=1)
