"""Asks the API server whether it would take the Deployments that a new spec leads to, before anything is stopped for it: a dry run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flinkop.api.kind import Kind
from flinkop.clock import Clock
from flinkop.controllers.desire import Wish
from flinkop.controllers.trigger import Key
from flinkop.errors import AlreadyExists, FlinkopError, Forbidden, Rejected
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import DEPLOYMENTS
from flinkop.resources.application import build_application, options_of
from flinkop.resources.configuration import DeploymentPlan, with_deployment

_LONGEST_PAUSE = timedelta(minutes=10)
# The Deployment that runs counts itself, and is gone before the new one is made; an old webhook refuses every dry run.
_TELLS_NOTHING = ("exceeded quota", "does not support dry run")


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
        for deployment in _deployments_of(key, wish, self._kind):
            try:
                await self._try(deployment)
            except (Rejected, Forbidden) as error:
                return self._refused(_words(deployment["metadata"]["name"], error), wish, last)
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


def _deployments_of(key: Key, wish: Wish, kind: Kind) -> Iterator[dict[str, Any]]:
    """What a start creates first. The ids of a start are drawn when it comes to that, and have one form."""
    plan = DeploymentPlan(wish.desired.generation, wish.uid, None, None, "", kind)
    objects = build_application(*key, wish.spec, with_deployment(wish.configuration, plan), **options_of(wish.configuration))
    yield objects.deployment
    if objects.taskmanagers is not None:
        yield objects.taskmanagers


def _words(name: str, error: FlinkopError) -> str:
    """Paths in the error are those of the Deployment."""
    return (
        f"spec: the API server refuses the Deployment {name} that it leads to ({error}), so the last accepted spec stays in force; "
        "correct what is named, which comes from the pod templates or the configuration, or what refuses it, which is asked again"
    )
