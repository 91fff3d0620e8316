"""A spec from which no objects can be built, or whose objects the API server refuses, is refused before anything is stopped for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import pytest
from tests.fakes.kubeapi import FakeKubeApi
from tests.unit.controllers.resource import KEY, a_spec, a_wish
from tests.virtualtime import LoopClock, run

from flinkop.api.flinkdeployment import parse_spec
from flinkop.api.kind import FLINK_DEPLOYMENT
from flinkop.controllers.desire import NeverValid, Wish, read_wish
from flinkop.controllers.trial import Refused, Taken, Trial, Trials, Untold
from flinkop.errors import AlreadyExists, ApiUnavailable, FlinkopError, Forbidden, NamespaceTerminating, Rejected
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import Resource
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record

SPEC: dict[str, Any] = {
    "image": "flink:1.20",
    "flinkVersion": "v1_20",
    "serviceAccount": "flink",
    "jobManager": {"resource": {"cpu": 1, "memory": "1024m"}},
    "taskManager": {"resource": {"cpu": 1, "memory": "1024m"}},
    "job": {"jarURI": "local:///job.jar", "parallelism": 1, "upgradeMode": "stateless"},
}
UNBUILDABLE = {**SPEC, "podTemplate": {"spec": {"containers": [{"name": "flink-main-container", "env": "x"}]}}}


def a_resource(spec: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"namespace": "team", "name": "job", "uid": "1", "generation": 2}, "spec": spec}


def test_a_first_spec_that_cannot_be_built_is_refused() -> None:
    assert isinstance(read_wish(a_resource(UNBUILDABLE), Record(), lambda *_: {}), NeverValid)


def test_the_job_that_runs_keeps_its_spec_when_a_new_one_cannot_be_built() -> None:
    running = Record(Phase.RUNNING, reconciled=parse_spec(SPEC).to_wire())
    wish = read_wish(a_resource(UNBUILDABLE), running, lambda *_: {})
    assert isinstance(wish, Wish)
    assert wish.desired.problems
    assert not wish.desired.wants_restart


# the API server is asked

REST = 60.0
INVALID = 'Deployment.apps "job" is invalid: spec.template.spec.containers[1].image: Required value'
WITHOUT_IMAGE = Rejected(INVALID)
STANDALONE: dict[str, Any] = {"mode": "standalone"}
OF_PODS_ONLY = {"podTemplate": {"spec": {"restartPolicy": "Never", "activeDeadlineSeconds": 60}}}
WITH_TEMPLATE: dict[str, Any] = {"taskManager": {**SPEC["taskManager"], **OF_PODS_ONLY}}


def test_the_job_that_runs_keeps_its_spec_when_the_api_server_refuses_a_new_one() -> None:
    running = Record(Phase.RUNNING, reconciled=parse_spec(SPEC).to_wire())
    wish = read_wish(a_resource({**SPEC, "restartNonce": 1}), running, lambda *_: {}, refused="spec: is refused")
    assert isinstance(wish, Wish)
    assert wish.desired.problems == ("spec: is refused",)
    assert not wish.desired.wants_restart
    assert wish.desired.spec == running.reconciled


class Noting(FakeKubeApi):
    """Keeps what was tried."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[Mapping[str, Any]] = []

    async def try_create(self, resource: Resource, body: Mapping[str, Any]) -> None:
        self.tried.append(body)
        await super().try_create(resource, body)


def play(scenario: Callable[[FakeKubeApi, Trials], Awaitable[None]]) -> None:
    async def main() -> None:
        api = FakeKubeApi()
        await scenario(api, Trials(cast(KubeClient, api), LoopClock(), FLINK_DEPLOYMENT))

    run(main())


def tried(*errors: FlinkopError, spec: dict[str, Any] | None = None, last: Trial | None = None) -> tuple[Trial, int]:
    """What comes of it, and how often was asked."""
    found = []

    async def scenario(api: FakeKubeApi, trials: Trials) -> None:
        api.refuse(*errors)
        found.append((await trials.ask(KEY, a_wish(a_resource(a_spec(**(spec or {})))), last), len(api.requests)))
        assert {verb for verb, _ in api.requests} == {"try_create"}

    play(scenario)
    return found[0]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(AlreadyExists("deployments.apps job already exists"), Taken, id="that of the old cluster is there"),
        pytest.param(WITHOUT_IMAGE, Refused, id="invalid"),
        pytest.param(Forbidden("admission webhook denied the request"), Refused, id="denied"),
        pytest.param(Forbidden("exceeded quota: few, requested: count/deployments.apps=1"), Taken, id="the old cluster fills the quota"),
        pytest.param(Rejected('admission webhook "x" does not support dry run'), Taken, id="a webhook that cannot be asked"),
        pytest.param(ApiUnavailable("HTTP status 500: failed calling webhook"), Untold, id="trouble"),
        pytest.param(NamespaceTerminating("the namespace goes"), Untold, id="the namespace goes"),
    ],
)
@pytest.mark.parametrize(
    ("spec", "count"), [({}, 1), (WITH_TEMPLATE, 2), (STANDALONE, 2)], ids=["native", "with a template for Flink's pods", "standalone"]
)
def test_what_an_answer_means(error: FlinkopError, expected: type[Trial], spec: dict[str, Any], count: int) -> None:
    answers = [AlreadyExists("it is there")] * (count - 1)
    trial, asked = tried(*answers, error, spec=spec)
    assert (type(trial), asked) == (expected, count)


def test_a_spec_is_taken_when_everything_is() -> None:
    assert tried(spec=STANDALONE) == (Taken(), 2)


def test_the_pods_that_flink_would_make_are_tried_as_a_deployment_that_is_never_made() -> None:
    api = Noting()

    async def main() -> None:
        trials = Trials(cast(KubeClient, api), LoopClock(), FLINK_DEPLOYMENT)
        await trials.ask(KEY, a_wish(a_resource(a_spec(**WITH_TEMPLATE))), None)

    run(main())
    assert [deployment["metadata"]["name"] for deployment in api.tried] == ["job", "job-taskmanager"]
    assert {"restartPolicy", "activeDeadlineSeconds"}.isdisjoint(api.tried[1]["spec"]["template"]["spec"])


def test_a_refusal_of_the_pods_that_flink_would_make_says_that_it_is_they() -> None:
    trial, _ = tried(AlreadyExists("it is there"), WITHOUT_IMAGE, spec=WITH_TEMPLATE)
    assert isinstance(trial, Refused)
    assert trial.problem.startswith(f"spec: the API server refuses the TaskManagers' pods that it leads to ({INVALID})")


def test_a_refusal_names_the_object_the_path_in_it_and_what_to_do() -> None:
    trial, _ = tried(WITHOUT_IMAGE)
    assert isinstance(trial, Refused)
    assert trial.problem.startswith(f"spec: the API server refuses the Deployment job that it leads to ({INVALID}), so the last accepted")
    assert "; correct what is named" in trial.problem


def test_a_refusal_stands_while_the_api_server_is_in_trouble() -> None:
    trial, _ = tried(ApiUnavailable("HTTP status 500"), last=Refused("spec: is refused", a_wish().desired.settings.rest_interval, 0))
    assert isinstance(trial, Refused)
    assert trial.problem == "spec: is refused"


def test_what_was_refused_is_asked_again_after_a_rest_and_then_ever_later() -> None:
    pauses = []

    async def scenario(api: FakeKubeApi, trials: Trials) -> None:
        clock, trial = LoopClock(), None
        for _ in range(7):
            api.refuse(WITHOUT_IMAGE)
            trial = await trials.ask(KEY, a_wish(), trial)
            assert isinstance(trial, Refused)
            assert trials.refusal_of(trial) == trial.problem
            pauses.append(round(trial.again_at - clock.monotonic()))
            before = Refused(trial.problem, trial.pause, clock.monotonic())
            assert trials.refusal_of(before) is None

    play(scenario)
    assert pauses == [REST, 2 * REST, 4 * REST, 8 * REST, 600, 600, 600]
