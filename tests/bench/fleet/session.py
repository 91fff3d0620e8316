"""What the JobManager of a session cluster answers: it takes jars, and every job that is submitted to it runs at once."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from aiohttp import web
from tests.bench.fleet.answer import overview

SESSION = "session"
"""What the names of session clusters begin with."""


class SessionJobs:
    """Those of one cluster, by id."""

    def __init__(self) -> None:
        self._jars: dict[str, str] = {}
        self._started: dict[str, int] = {}

    async def answer(self, request: web.Request, path: str) -> Any:
        """The JSON of the answer, or None for a request that is not known here."""
        match (request.method, *path.strip("/").split("/")):
            case ("GET", "jobs", "overview"):
                return {"jobs": [overview(job, job, started) for job, started in self._started.items()]}
            case ("GET", "jars"):
                return {"address": "fleet", "files": [_file(*jar) for jar in self._jars.items()]}
            case ("POST", "jars", "upload"):
                return await self._upload(request)
            case ("POST", "jars", _, "run"):
                job = (await request.json())["jobId"]
                self._started.setdefault(job, int(time.time() * 1000))
                return {"jobid": job}
            case ("PATCH", "jobs", job):
                self._started.pop(job, None)
                return {}
            case _:
                return None

    async def _upload(self, request: web.Request) -> Any:
        part = await (await request.multipart()).next()
        name = str(getattr(part, "filename", ""))
        await request.release()
        jar = f"{uuid4()}_{name}"
        self._jars[jar] = name
        return {"filename": f"/tmp/flink-web-upload/{jar}", "status": "success"}


def _file(jar: str, name: str) -> dict[str, Any]:
    return {"id": jar, "name": name, "uploaded": 1, "entry": []}
