"""Clients that can be struck at any request that changes something: the process dies after it, or its answer is never heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from flinkop.errors import ApiUnavailable, FlinkopError, FlinkUnreachable
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient


class Fate(StrEnum):
    """What happens at the request that is struck. The request itself has been carried out in both cases."""

    KILLED = "killed after request"
    UNHEARD = "left without the answer to request"


class Strike:
    """Counts requests that change something. At number `after` fate strikes; after KILLED nothing is asked for any more."""

    def __init__(self, after: int | None = None, fate: Fate = Fate.KILLED) -> None:
        self.after, self.fate, self.count, self.killed = after, fate, 0, asyncio.Event()

    def __str__(self) -> str:
        return f"{self.fate} {self.after}" if self.after else "undisturbed"

    async def before_request(self) -> None:
        """A dead process asks for nothing more."""
        if self.killed.is_set():
            await asyncio.Event().wait()

    async def after_request(self, unheard: type[FlinkopError]) -> None:
        """The request is done. A process that is killed stands still until its task is ended."""
        self.count += 1
        if self.count != self.after:
            return
        if self.fate is Fate.UNHEARD:
            raise unheard("the connection broke before the answer came")
        self.killed.set()
        await asyncio.Event().wait()


def _mortal(method: Callable[..., Any], unheard: type[FlinkopError]) -> Callable[..., Any]:
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        await self.strike.before_request()
        answer = await method(self, *args, **kwargs)
        await self.strike.after_request(unheard)
        return answer

    return call


class MortalKubeClient(KubeClient):
    """A client of the API server with a fate."""

    strike: Strike
    create = _mortal(KubeClient.create, ApiUnavailable)
    apply = _mortal(KubeClient.apply, ApiUnavailable)
    patch = _mortal(KubeClient.patch, ApiUnavailable)
    replace = _mortal(KubeClient.replace, ApiUnavailable)
    replace_status = _mortal(KubeClient.replace_status, ApiUnavailable)
    delete = _mortal(KubeClient.delete, ApiUnavailable)


class MortalFlinkClient(FlinkClient):
    """A client of JobManagers with a fate."""

    strike: Strike
    stop_with_savepoint = _mortal(FlinkClient.stop_with_savepoint, FlinkUnreachable)
    trigger_savepoint = _mortal(FlinkClient.trigger_savepoint, FlinkUnreachable)
    trigger_checkpoint = _mortal(FlinkClient.trigger_checkpoint, FlinkUnreachable)
    dispose_savepoint = _mortal(FlinkClient.dispose_savepoint, FlinkUnreachable)
    cancel_job = _mortal(FlinkClient.cancel_job, FlinkUnreachable)
    upload_jar = _mortal(FlinkClient.upload_jar, FlinkUnreachable)
    run_jar = _mortal(FlinkClient.run_jar, FlinkUnreachable)
    set_resource_requirements = _mortal(FlinkClient.set_resource_requirements, FlinkUnreachable)
