"""The jars of a pretended JobManager, as Flink 1.20 answers for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web

_DIRECTORY = "/tmp/flink-web-upload"
_REST = "org.apache.flink.runtime.rest.handler.RestHandlerException"
DUPLICATE = "org.apache.flink.runtime.client.DuplicateJobSubmissionException: Job has already been submitted."
"""What a second submission of a job id fails with, whether the job runs or has ended."""

Submit = Callable[[dict[str, Any]], str | None]
"""Submits the job of a run request; gives the text of the exception when that fails."""


@dataclass
class Jars:
    """Names by id, and what was done with them."""

    names: dict[str, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.Request, rest: list[str], submit: Submit) -> web.Response:
        """Answers a request for `/jars` or what follows it."""
        match (request.method, *rest):
            case ("GET",):
                return web.json_response({"address": "http://fake", "files": [_file(*jar) for jar in self.names.items()]})
            case ("POST", "upload"):
                return await self._upload(request)
            case ("POST", jar_id, "run"):
                return self._run(jar_id, await request.json(), submit)
            case ("DELETE", jar_id):
                return self._delete(jar_id)
            case _:
                return _error(404, f"Not found: {request.path}")

    async def _upload(self, request: web.Request) -> web.Response:
        part = await (await request.multipart()).next()
        if part is None or part.name != "jarfile" or not str(part.filename).endswith(".jar"):
            return _error(400, f"{_REST}: Only Jar files are allowed.")
        jar_id = f"{uuid4()}_{part.filename}"
        self.contents[jar_id] = bytes(await part.read())
        self.names[jar_id] = str(part.filename)
        return web.json_response({"filename": f"{_DIRECTORY}/{jar_id}", "status": "success"})

    def _run(self, jar_id: str, body: dict[str, Any], submit: Submit) -> web.Response:
        if jar_id not in self.names:
            text = f"java.util.concurrent.CompletionException: {_REST}: Jar file {_DIRECTORY}/{jar_id} does not exist"
            return _error(500, "Internal server error.", f"<Exception on server side:\n{text}\nEnd of exception on server side>")
        self.runs.append({"jar": jar_id, **body})
        failure = submit(body)
        if failure is not None:
            return _error(400, f"{_REST}: Could not execute application.\nCaused by: {failure}")
        return web.json_response({"jobid": body["jobId"]})

    def _delete(self, jar_id: str) -> web.Response:
        if self.names.pop(jar_id, None) is None:
            return _error(400, f"{_REST}: File {jar_id} does not exist in {_DIRECTORY}.")
        del self.contents[jar_id]
        return web.json_response({})


def _file(jar_id: str, name: str) -> dict[str, Any]:
    return {"id": jar_id, "name": name, "uploaded": 1, "entry": []}


def _error(status: int, *texts: str) -> web.Response:
    return web.json_response({"errors": list(texts)}, status=status)
