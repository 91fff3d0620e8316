"""The actuator of session jobs: performs one action. It never decides, and performing an action twice does no more than once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, assert_never

from flinkop.controllers.finalizer import set_finalizer
from flinkop.controllers.jarsupply import JarSupply
from flinkop.controllers.jobactuator import JobActuator
from flinkop.controllers.jobkind import FLINK_SESSION_JOB_KIND, JobKind
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.controllers.sessiondesire import SessionWish
from flinkop.controllers.snapshotresources import SnapshotActuator
from flinkop.controllers.submissionturns import SubmissionTurns
from flinkop.controllers.trigger import Key
from flinkop.errors import FlinkUnreachable, TerminalError
from flinkop.flink.client import FlinkClient
from flinkop.flink.jar import Accepted, AlreadyRunning, JarUnknown, Rejected, RunRequest
from flinkop.flinkconf.jar import PYTHON_CLASSES
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.action import (
    Action,
    AddFinalizer,
    CancelJob,
    CreateSnapshot,
    DeleteSnapshot,
    DisposeSavepoint,
    RemoveFinalizer,
    Rescale,
    StopWithSavepoint,
    SubmitJob,
    TriggerCheckpoint,
    TriggerSavepoint,
)
from flinkop.resources.sessionjob import run_configuration

TARGET_LABEL = "target.session"

_TURN_SECONDS, _ALONE_SECONDS = 10.0, 80.0
"""A program in Python takes long to begin, and has to be alone until its job is submitted. Both together fit into a pass."""


@dataclass(slots=True)
class SessionTarget:
    """What the actions of one pass are performed on. `resource` is replaced by each write to it."""

    key: Key
    resource: Mapping[str, Any]
    wish: SessionWish
    cluster: SessionCluster


class NotSubmitted(FlinkUnreachable):
    """The job was not submitted, and nothing of it is under way: after `pause` seconds it can be tried."""

    pause = 5.0


class JarLost(NotSubmitted):
    """The JobManager has lost the jar: as soon as that is there again the job can be submitted."""

    pause = 0.0


class SubmissionRejected(TerminalError):
    """The JobManager did not take the job: its program does not run, or names a class that is not there."""


class SessionJobActuator:
    """Performs actions against Kubernetes and the session cluster's JobManager."""

    def __init__(
        self,
        kube: KubeClient,
        flink: FlinkClient,
        jars: JarSupply,
        kind: JobKind = FLINK_SESSION_JOB_KIND,
        selector: str | None = None,
    ) -> None:
        """`selector` is what the labels of resources have to match."""
        self._kube, self._flink, self._jars, self._kind = kube, flink, jars, kind
        self._job, self._snapshots = JobActuator(flink), SnapshotActuator(kube, selector)
        self._turns = SubmissionTurns()

    async def perform(self, action: Action, target: SessionTarget) -> None:
        """Performs `action`.

        Raises:
            TransientError: try again later.
            TerminalError: trying again unchanged will not help.
        """
        match action:
            case AddFinalizer():
                labels = {TARGET_LABEL: target.cluster.name}
                target.resource = await set_finalizer(self._kube, self._kind.endpoint, target.resource, present=True, labels=labels)
            case RemoveFinalizer():
                target.resource = await set_finalizer(self._kube, self._kind.endpoint, target.resource, present=False)
            case SubmitJob():
                await self._submit(action, target)
            case CreateSnapshot() | DeleteSnapshot():
                await self._snapshots.perform(action, target.resource)
            case Rescale() | StopWithSavepoint() | TriggerSavepoint() | TriggerCheckpoint() | DisposeSavepoint() | CancelJob():
                await self._job.perform(action, target.cluster.url, target.wish.desired.settings)
            case _:
                raise AssertionError(f"{type(action).__name__} is no action of a session job")

    async def _submit(self, action: SubmitJob, target: SessionTarget) -> None:
        request = self._request(action, target)
        alone = request.entry_class in PYTHON_CLASSES
        async with AsyncExitStack() as turn:
            await self._take_turn(turn, target.cluster.url, alone)
            outcome = await self._flink.run_jar(target.cluster.url, action.jar_id, request, _ALONE_SECONDS if alone else None)
        match outcome:
            case Accepted() | AlreadyRunning():
                return
            case JarUnknown():
                self._jars.forget(target.key[0], target.cluster, action.jar_id)
                raise JarLost("the JobManager has lost the jar: uploading it again")
            case Rejected(cause):
                raise SubmissionRejected(f"The JobManager did not take the job: {cause}")
        assert_never(outcome)

    async def _take_turn(self, turn: AsyncExitStack, url: str, alone: bool) -> None:
        try:
            async with asyncio.timeout(_TURN_SECONDS if alone else None):
                await turn.enter_async_context(self._turns.take(url, alone))
        except TimeoutError:
            raise NotSubmitted("another program is being submitted to the JobManager, and those in Python are alone") from None

    def _request(self, action: SubmitJob, target: SessionTarget) -> RunRequest:
        wish, job = target.wish, target.wish.spec.job
        assert job is not None
        own = run_configuration(wish.configuration, target.cluster.conf, wish.version)
        return RunRequest(
            job_id=action.job_id,
            entry_class=self._jars.entry_class(wish),
            args=tuple(job.args),
            parallelism=job.parallelism or None,
            savepoint_path=action.restore.path,
            allow_non_restored_state=job.allow_non_restored_state,
            flink_configuration=own,
        )
