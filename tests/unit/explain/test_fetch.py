"""What is asked of the API server, and that a part which cannot be had costs only that part."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest
from tests.unit.explain.sample import a_deployment, a_pod, a_resource, an_event

from flinkop.errors import Forbidden
from flinkop.explain.facts import Facts
from flinkop.explain.fetch import Fetch, cluster_of, reference_of
from flinkop.explain.target import NotATarget, Target, kind_of, read_target
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import Resource

SESSION_JOB = {**a_resource(), "kind": "FlinkSessionJob", "spec": {"deploymentName": "shared"}}


class Api:
    """An API server that has `objects` by plural and name, and forbids some plurals."""

    def __init__(self, forbidden: tuple[str, ...] = ()) -> None:
        self.forbidden, self.asked = forbidden, list[str]()
        self.objects: dict[tuple[str, str], dict[str, Any]] = {
            ("flinkdeployments", "job"): a_resource(),
            ("flinksessionjobs", "job"): SESSION_JOB,
            ("flinkdeployments", "shared"): {**a_resource(), "metadata": {**a_resource()["metadata"], "name": "shared"}},
            ("configmaps", "flink-operator-config"): {
                "data": {"config.yaml": "kubernetes.operator.job.restart.failed: true\nrest.port: 9999\n"}
            },
        }

    def _check(self, resource: Resource) -> None:
        if resource.plural in self.forbidden:
            raise Forbidden(f"{resource.plural} is forbidden")

    async def get(self, resource: Resource, _namespace: str, name: str) -> dict[str, Any] | None:
        self._check(resource)
        return self.objects.get((resource.plural, name))

    async def list(self, resource: Resource, _namespace: str, selector: str) -> list[dict[str, Any]]:
        self._check(resource)
        self.asked.append(selector)
        return [a_deployment()] if resource.plural == "deployments" else [a_pod()]

    async def list_page(self, resource: Resource, _namespace: str, query: Mapping[str, str]) -> dict[str, Any]:
        self._check(resource)
        self.asked.append(query["fieldSelector"])
        return {"items": [an_event()]}


def fetched(target: str, api: Api | None = None) -> Facts | None:
    kube = cast(KubeClient, api or Api())
    return asyncio.run(Fetch(kube, read_target([target], "team"), "flinkop").run())


def found(target: str, api: Api | None = None) -> Facts:
    facts = fetched(target, api)
    assert facts is not None
    return facts


def test_a_deployment_comes_with_its_objects_events_and_configuration() -> None:
    api = Api()
    facts = found("flinkdep/job", api)
    assert (len(facts.deployments), len(facts.pods), len(facts.events), facts.problems) == (1, 1, 1, ())
    assert api.asked == ["app=job,component in (jobmanager,taskmanager)"] * 2 + ["involvedObject.uid=u"]
    values = {one.key: one.value for one in facts.configuration}
    assert (values["rest.port"], values["taskmanager.numberOfTaskSlots"]) == ("9999", "2")
    assert "hunter2" not in str(values)


def test_a_session_job_comes_with_its_cluster() -> None:
    api = Api()
    facts = found("sessionjob/job", api)
    assert [one["metadata"]["name"] for one in facts.refers_to] == ["shared"]
    assert api.asked[0].startswith("app=shared,")


def test_what_may_not_be_read_is_told_and_the_rest_is_there() -> None:
    facts = found("flinkdep/job", Api(("pods", "events", "configmaps")))
    assert (len(facts.deployments), facts.pods, facts.events) == (1, (), ())
    assert [problem.partition(":")[0] for problem in facts.problems] == ["pods", "events", "defaults of the operator"]
    assert facts.configuration, "without the operator's defaults it is still worth something"


def test_a_cluster_that_is_not_there_is_told() -> None:
    api = Api()
    del api.objects["flinkdeployments", "shared"]
    assert found("sessionjob/job", api).problems == ("FlinkDeployment/shared: there is none in the namespace team",)


def test_a_resource_that_is_not_there_is_none() -> None:
    assert fetched("flinkdep/other") is None


def test_a_resource_that_may_not_be_read_is_an_error() -> None:
    with pytest.raises(Forbidden):
        fetched("flinkdep/job", Api(("flinkdeployments",)))


@pytest.mark.parametrize(
    "words", [["flinkdep/job"], ["FlinkDeployment/job"], ["flinkdeployments", "job"], ["flinkdeployments.flink.apache.org/job"]]
)
def test_a_resource_is_named_as_kubectl_takes_it(words: list[str]) -> None:
    target = read_target(words, "team")
    assert (target.kind.name, target.namespace, target.name) == ("FlinkDeployment", "team", "job")


@pytest.mark.parametrize("words", [["job"], ["a/b/c"], ["flinkdep/"], ["/job"], ["pod/job"], ["a", "b", "c"]])
def test_what_names_no_resource_says_what_to_write(words: list[str]) -> None:
    with pytest.raises(NotATarget, match="write"):
        read_target(words, "team")


@pytest.mark.parametrize(
    ("kind", "spec", "cluster", "reference"),
    [
        ("flinkapplication", {"flinkCluster": {"name": "shared"}}, "shared", "FlinkCluster/shared"),
        ("flinkapplication", {}, "x", None),
        ("flinkcluster", {}, "x", None),
        ("flinksnp", {"jobReference": {"kind": "FlinkDeployment", "name": "job"}}, None, "FlinkDeployment/job"),
        ("flinksnp", {"jobReference": {"kind": "Pod", "name": "job"}}, None, None),
    ],
)
def test_what_a_resource_depends_on(kind: str, spec: dict[str, Any], cluster: str | None, reference: str | None) -> None:
    target = Target(kind_of(kind), "team", "x")
    other = reference_of(target, {"spec": spec})
    assert cluster_of(target, {"spec": spec}) == cluster
    assert (f"{other.kind.name}/{other.name}" if other else None) == reference
