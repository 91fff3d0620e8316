"""Asks the API server whether it would take the Deployments that a new spec leads to, before anything is stopped for it: a dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flinkop.api.flinkdeployment import DeploymentMode
from flinkop.api.kind import Kind
from flinkop.clock import Clock
from flinkop.controllers.desire import Wish
from flinkop.controllers.trigger import Key
from flinkop.errors import AlreadyExists, FlinkopError, Forbidden, InvalidSpec, Rejected
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import DEPLOYMENTS
from flinkop.resources.application import build_application, options_of
from flinkop.resources.configuration import DeploymentPlan, with_deployment

_LONGEST_PAUSE = timedelta(minutes=10)
# The Deployment that runs counts itself, and is gone before the new one is made; an old webhook refuses every dry run.
_TELLS_NOTHING = ("exceeded quota", "does not support dry run")
# Flink sets the one, and the other makes sense where nothing starts the pod again: a Deployment takes neither.
_OF_PODS_ONLY = ("restartPolicy", "activeDeadlineSeconds")


@dataclass(frozen=True, slots=True)
class Taken:
    """The API server would take it, and is not asked again."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It would not. It is asked again at `again_at`, for policies and permissions change without a word to us, and later each time."""

    problem: str
    pause: timedelta
    again_at: float


@dataclass(frozen=True, slots=True)
class Untold:
    """It has not said."""

    cause: str


Trial = Taken | Refused | Untold
"""What the API server says of a spec."""


class Trials:
    """Tries the specs of one kind."""

    def __init__(self, kube: KubeClient, clock: Clock, kind: Kind) -> None:
        self._kube, self._clock, self._kind = kube, clock, kind

    async def ask(self, key: Key, wish: Wish, last: Trial | None) -> Trial:
        """`last` is what was said before of the same spec. A refusal stands until another answer comes."""
        for what, deployment in _tried(key, wish, self._kind):
            try:
                await self._try(deployment)
            except (Rejected, Forbidden) as error:
                return self._refused(_words(what, error), wish, last)
            except FlinkopError as error:
                return self._refused(last.problem, wish, last) if isinstance(last, Refused) else Untold(str(error))
        return Taken()

    def refusal_of(self, trial: Trial | None) -> str | None:
        """What is wrong with the spec, as long as that need not be asked again."""
        return trial.problem if isinstance(trial, Refused) and self._clock.monotonic() < trial.again_at else None

    async def _try(self, deployment: Mapping[str, Any]) -> None:
        try:
            await self._kube.try_create(DEPLOYMENTS, deployment)
        except AlreadyExists:
            return  # that of the cluster that runs: the API server looks for it when all else is well
        except (Rejected, Forbidden) as error:
            if not any(words in str(error) for words in _TELLS_NOTHING):
                raise

    def _refused(self, problem: str, wish: Wish, last: Trial | None) -> Refused:
        rest = wish.desired.settings.rest_interval
        pause = min(last.pause * 2, max(rest, _LONGEST_PAUSE)) if isinstance(last, Refused) else rest
        return Refused(problem, pause, self._clock.monotonic() + pause.total_seconds())


def _tried(key: Key, wish: Wish, kind: Kind) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a start creates first, and what people call it. The ids of a start are drawn when it comes to that, and have one form."""
    plan = DeploymentPlan(wish.desired.generation, wish.uid, None, None, "", kind)
    configuration = with_deployment(wish.configuration, plan)
    objects = build_application(*key, wish.spec, configuration, **options_of(wish.configuration))
    taskmanagers = objects.taskmanagers
    for deployment in (objects.deployment, taskmanagers):
        if deployment is not None:
            yield f"the Deployment {deployment['metadata']['name']}", deployment
    if taskmanagers is None and (wish.spec.pod_template or wish.spec.task_manager.pod_template):
        yield from _pods_of_flink(key, wish, configuration)


def _pods_of_flink(key: Key, wish: Wish, configuration: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The TaskManagers' pods, in a Deployment that is never made: Flink would make them, when the old job is gone already."""
    spec = wish.spec.model_copy(update={"mode": DeploymentMode.STANDALONE})
    try:
        deployment = build_application(*key, spec, configuration, **options_of(wish.configuration)).taskmanagers
    except InvalidSpec:
        return  # Flink has the last word on what the operator need not build
    assert deployment is not None
    for field in _OF_PODS_ONLY:
        deployment["spec"]["template"]["spec"].pop(field, None)
    yield "the TaskManagers' pods", deployment


def _words(what: str, error: FlinkopError) -> str:
    """Paths in the error are those of a Deployment."""
    return (
        f"spec: the API server refuses {what} that it leads to ({error}), so the last accepted spec stays in force; "
        "correct what is named, which comes from the pod templates or the configuration, or what refuses it, which is asked again"
    )
