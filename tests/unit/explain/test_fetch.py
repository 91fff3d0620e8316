"""What is asked of the API server, and that a part which cannot be had costs only that part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from tests.unit.explain.sample import a_deployment, a_pod, a_resource, a_service, an_event

from flinkop.errors import Forbidden, NotFound
from flinkop.explain.build import build_report
from flinkop.explain.facts import Facts
from flinkop.explain.fetch import Fetch
from flinkop.explain.relation import cluster_of, reference_of
from flinkop.explain.target import NotATarget, Target, kind_of, read_target
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import Resource

ROOT = Path(__file__).parents[3]


def an_object(kind: str, name: str = "job", **spec: Any) -> dict[str, Any]:
    version = "v1" if kind in {"FlinkCluster", "FlinkApplication"} else "v1beta1"
    metadata = {**a_resource()["metadata"], "name": name}
    return {**a_resource(), "apiVersion": f"flink.apache.org/{version}", "kind": kind, "metadata": metadata, "spec": spec}


def a_job_of(name: str, kind: str = "FlinkDeployment") -> dict[str, Any]:
    return {"jobReference": {"kind": kind, "name": name}}


DEPLOYMENT = {**a_resource(), "spec": {**a_resource()["spec"], "job": {"jarURI": "local:///job.jar"}}}
CLUSTER = {"flinkVersion": "v1_20", "flinkConfiguration": {"rest.port": "7777"}}
OBJECTS = (
    ("flinkdeployments", DEPLOYMENT),
    ("flinkdeployments", an_object("FlinkDeployment", "shared", **CLUSTER)),
    ("flinksessionjobs", an_object("FlinkSessionJob", deploymentName="shared", flinkConfiguration={"parallelism.default": "3"})),
    ("flinksessionjobs", an_object("FlinkSessionJob", "other", deploymentName="else")),
    ("flinkclusters", an_object("FlinkCluster", "shared", flinkVersion="1.20", configuration={"rest.port": "8888"})),
    (
        "flinkapplications",
        an_object("FlinkApplication", flinkCluster={"name": "shared"}, job={"jar": "local:///job.jar", "parallelism": 4}),
    ),
    ("flinkapplications", an_object("FlinkApplication", "alone", flinkVersion="1.20", job={"jar": "local:///job.jar", "parallelism": 5})),
    ("flinkstatesnapshots", an_object("FlinkStateSnapshot", "snap", savepoint={}, **a_job_of("job"))),
    ("flinkstatesnapshots", an_object("FlinkStateSnapshot", "of-another-kind", savepoint={}, **a_job_of("job", "FlinkSessionJob"))),
    ("flinkstatesnapshots", an_object("FlinkStateSnapshot", "of-an-application", savepoint={}, **a_job_of("job", "FlinkApplication"))),
)
TARGETS = ["flinkdep/job", "flinkdep/shared", "sessionjob/job", "flinkcluster/shared", "flinkapp/job", "flinkapp/alone", "flinksnp/snap"]


def a_program(*arguments: str, config: str = "flink-operator-config", command: tuple[str, ...] = ()) -> dict[str, Any]:
    """The Deployment of an operator, or of something like it."""
    container = {"name": "flinkop", "args": ["run", *arguments]} if not command else {"name": "flinkop", "command": [*command]}
    pod = {"containers": [{"name": "sidecar", "args": ["run"], "command": ["proxy"]}, container]}
    return {"metadata": {"name": "flinkop"}, "spec": {"template": {"spec": {**pod, "volumes": [{"configMap": {"name": config}}]}}}}


May = Callable[[str, str, str], bool]
"""Verb, plural and namespace to whether that is granted."""


class Api:
    """An API server that has `objects` by plural and name, and forbids some plurals, or what `may` does not grant."""

    def __init__(self, forbidden: tuple[str, ...] = (), may: May = lambda *_: True, missing: tuple[str, ...] = ()) -> None:
        self.forbidden, self.may, self.missing, self.asked = forbidden, may, missing, list[str]()
        self.objects = {(plural, str(one["metadata"]["name"])): one for plural, one in OBJECTS}
        self.operators = [a_program("--default=rest.port=1111", "--default=rest.bind-port=2222")]
        self.objects["configmaps", "flink-operator-config"] = {
            "data": {"config.yaml": "kubernetes.operator.job.restart.failed: true\nrest.port: 9999\n"}
        }

    def _check(self, verb: str, resource: Resource, namespace: str) -> None:
        if resource.plural in self.forbidden or not self.may(verb, resource.plural, namespace):
            raise Forbidden(f"{verb} {resource.plural} is forbidden")
        if resource.plural in self.missing:
            raise NotFound("the server could not find the requested resource")

    async def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any] | None:
        self._check("get", resource, namespace)
        return self.objects.get((resource.plural, name))

    async def list(self, resource: Resource, namespace: str, selector: str | None) -> list[dict[str, Any]]:
        self._check("list", resource, namespace)
        self.asked.append(f"{resource.plural} {selector}")
        if namespace == "flinkop":
            return self.operators
        if resource.group == "flink.apache.org":
            return [one for (plural, _), one in self.objects.items() if plural == resource.plural]
        return [{"deployments": a_deployment, "services": a_service, "pods": a_pod}[resource.plural]()]

    async def list_page(self, resource: Resource, namespace: str, query: Mapping[str, str]) -> dict[str, Any]:
        self._check("list", resource, namespace)
        selector = query["fieldSelector"]
        self.asked.append(f"{resource.plural} {selector}")
        if resource.plural == "events":
            return {"items": [an_event()]}
        found = self.objects.get((resource.plural, selector.removeprefix("metadata.name=")))
        return {"items": [found] if found else []}


def fetched(target: str, api: Api | None = None) -> Facts | None:
    kube = cast(KubeClient, api or Api())
    return asyncio.run(Fetch(kube, read_target([target], "team"), "flinkop").run())


def found(target: str, api: Api | None = None) -> Facts:
    facts = fetched(target, api)
    assert facts is not None
    return facts


def values(facts: Facts) -> dict[str, tuple[str, str]]:
    return {one.key: (one.value, one.source) for one in facts.configuration}


def test_a_deployment_comes_with_its_objects_events_and_configuration() -> None:
    api = Api()
    facts = found("flinkdep/job", api)
    assert (len(facts.deployments), len(facts.services), len(facts.pods), len(facts.events), facts.problems) == (1, 1, 1, 1, ())
    of_cluster = "app=job,component in (jobmanager,taskmanager)"
    services = "services app=job,type in (flink-native-kubernetes,flink-standalone-kubernetes)"
    asked = [f"pods {of_cluster}", f"deployments {of_cluster}", services, "events involvedObject.uid=u", "deployments None"]
    assert api.asked == [asked[0], "flinkstatesnapshots job-reference.name=job", *asked[1:]]
    assert [values(facts)[key][0] for key in ("rest.port", "taskmanager.numberOfTaskSlots")] == ["9999", "2"]
    assert "hunter2" not in str(facts.configuration)


@pytest.mark.parametrize("target", ["sessionjob/job", "flinkapp/job"])
def test_a_job_on_a_cluster_comes_with_that(target: str) -> None:
    api = Api()
    facts = found(target, api)
    assert [one["metadata"]["name"] for one in facts.refers_to] == ["shared"]
    assert any(asked.startswith("pods app=shared,") for asked in api.asked)


@pytest.mark.parametrize(("target", "jobs"), [("flinkdep/shared", "FlinkSessionJob"), ("flinkcluster/shared", "FlinkApplication")])
def test_a_cluster_that_jobs_share_comes_with_its_jobs(target: str, jobs: str) -> None:
    assert [(one["kind"], one["metadata"]["name"]) for one in found(target).jobs] == [(jobs, "job")]


def test_a_job_comes_with_its_snapshots() -> None:
    assert [one["metadata"]["name"] for one in found("flinkdep/job").snapshots] == ["snap"]
    assert [one["metadata"]["name"] for one in found("sessionjob/job").snapshots] == ["of-another-kind"]
    assert [one["metadata"]["name"] for one in found("flinkapp/job").snapshots] == ["of-an-application"]
    without = found("flinkdep/job", Api(missing=("flinkstatesnapshots",)))
    assert (without.snapshots, without.problems) == ((), ()), "a kind that is not installed is no trouble"


@pytest.mark.parametrize(
    ("target", "key", "value", "source"),
    [
        ("flinkdep/job", "taskmanager.numberOfTaskSlots", "2", "spec.flinkConfiguration"),
        ("flinkdep/shared", "rest.port", "7777", "spec.flinkConfiguration"),
        ("sessionjob/job", "parallelism.default", "3", "spec.flinkConfiguration"),
        ("sessionjob/job", "rest.port", "7777", "FlinkDeployment shared: spec.flinkConfiguration"),
        ("flinkcluster/shared", "rest.port", "8888", "spec.configuration"),
        ("flinkapp/job", "parallelism.default", "4", "spec.job.parallelism"),
        ("flinkapp/job", "rest.port", "8888", "FlinkCluster shared: spec.configuration"),
        ("flinkapp/alone", "parallelism.default", "5", "spec.job.parallelism"),
        ("flinkapp/alone", "rest.port", "9999", "operator configuration"),
    ],
)
def test_the_configuration_of_every_kind_says_where_each_value_comes_from(target: str, key: str, value: str, source: str) -> None:
    assert values(found(target))[key] == (value, source)


def test_a_snapshot_has_no_configuration_and_none_is_missed() -> None:
    facts = found("flinksnp/snap", Api(("configmaps",)))
    assert (facts.configuration, facts.problems) == ((), ())


def test_without_its_cluster_the_configuration_of_a_job_is_told_to_be_partial() -> None:
    facts = found("sessionjob/job", Api(("flinkdeployments",)))
    assert values(facts)["parallelism.default"] == ("3", "spec.flinkConfiguration")
    assert [problem.partition(":")[0] for problem in facts.problems] == ["FlinkDeployment/shared", "effective configuration"]


def test_text_of_any_plane_is_taken_as_it_is() -> None:
    api = Api()
    api.objects["flinkdeployments", "job"] = {
        **a_resource(),
        "spec": {"flinkVersion": "v1_20", "flinkConfiguration": {"a.key": "\U0001f600"}},
    }
    assert values(found("flinkdep/job", api))["a.key"][0].encode() == "\U0001f600".encode()


# Rights


def granted(watched: str | None) -> May:
    """What the operator's account may do, with the rules of the chart in one namespace or in all."""
    rules = yaml.safe_load((ROOT / "charts" / "flinkop" / "rules" / "operator.yaml").read_text())

    def may(verb: str, plural: str, namespace: str) -> bool:
        return watched in {None, namespace} and any(verb in rule["verbs"] and plural in rule["resources"] for rule in rules)

    return may


@pytest.mark.parametrize("watched", [None, "team"], ids=["all namespaces", "one namespace"])
@pytest.mark.parametrize("target", TARGETS)
def test_in_the_operators_pod_its_rights_are_enough(
    target: str, watched: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_pod(tmp_path, monkeypatch, "flinkop", "run", "--default", "rest.bind-port=3333", "--default", "query.server.ports=3333")
    facts = found(target, Api(may=granted(watched)))
    assert facts.problems == ()
    if not target.startswith("flinksnp"):
        known = values(facts)
        assert (known["rest.bind-port"][0], known["query.server.ports"][0]) == ("4444", "3333"), (
            "what is mounted, over what it was started with"
        )


def in_the_pod(directory: Path, monkeypatch: pytest.MonkeyPatch, *operator: str) -> None:
    """The operator has that command line, and a file mounted."""
    process = directory / "proc" / "1"
    process.mkdir(parents=True)
    (process / "cmdline").write_bytes("\0".join(operator).encode())
    (directory / "config.yaml").write_text("rest.bind-port: 4444\n")
    monkeypatch.setattr("flinkop.startarguments.PROCESSES", directory / "proc")
    monkeypatch.setenv("FLINK_CONF_DIR", str(directory))
    monkeypatch.setenv("OPERATOR_NAMESPACE", "flinkop")


def test_in_a_pod_whose_operator_cannot_be_seen_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_pod(tmp_path, monkeypatch, "/pause")
    facts = found("flinkdep/job")
    assert facts.problems == ("defaults of the operator's command line: its process cannot be seen",)
    assert values(facts)["rest.bind-port"][0] == "4444"


def test_elsewhere_it_knows_what_the_deployment_starts_the_operator_with() -> None:
    known = values(found("flinkdep/job"))
    assert known["rest.port"] == ("9999", "operator configuration"), "the ConfigMap wins"
    assert known["rest.bind-port"] == ("2222", "operator configuration")


@pytest.mark.parametrize(
    ("deployments", "number"),
    [
        ([], "no"),
        ([a_program(config="other")], "no"),
        ([a_program(command=("/docker-entrypoint.sh", "operator"))], "no"),
        ([a_program(), a_program()], "2"),
    ],
    ids=["none", "of another ConfigMap", "the established operator's", "two"],
)
def test_when_it_is_not_clear_which_deployment_is_the_operators_it_says_so(deployments: list[dict[str, Any]], number: str) -> None:
    api = Api()
    api.operators = deployments
    (problem,) = found("flinkdep/job", api).problems
    assert problem.startswith(f"defaults of the operator's command line: {number} Deployments of an operator in the namespace flinkop; ")


def test_a_program_without_arguments_runs_as_its_image_says() -> None:
    api = Api()
    api.operators = [a_program(command=("flinkop", "run", "--default=rest.bind-port=5555"))]
    assert values(found("flinkdep/job", api))["rest.bind-port"][0] == "5555"
    api.operators[0]["spec"]["template"]["spec"]["containers"] = [{"name": "flinkop"}]
    assert found("flinkdep/job", api).problems == ()


def test_of_two_files_in_the_config_map_the_one_counts_that_the_operator_reads() -> None:
    api = Api()
    api.objects["configmaps", "flink-operator-config"]["data"]["flink-conf.yaml"] = "rest.bind-port: 6666\n"
    known = values(found("flinkdep/job", api))
    assert (known["rest.bind-port"][0], known["rest.port"][0]) == ("6666", "1111")


def test_the_flink_of_somebodys_own_machine_says_nothing_of_the_operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.yaml").write_text("rest.bind-port: 4444\n")
    monkeypatch.setenv("FLINK_CONF_DIR", str(tmp_path))
    assert values(found("flinkdep/job"))["rest.bind-port"][0] != "4444"


def test_outside_the_namespaces_of_the_operator_it_says_what_is_refused() -> None:
    with pytest.raises(Forbidden, match="get flinkdeployments is forbidden"):
        found("flinkdep/job", Api(may=granted("else")))


def test_what_may_not_be_read_is_told_and_the_rest_is_there() -> None:
    facts = found("flinkdep/job", Api(("pods", "events", "configmaps")))
    assert (len(facts.deployments), facts.pods, facts.pods_are_known, facts.events) == (1, (), False, ())
    assert all(child.healthy for child in build_report(facts).children), "what is not known is not called ill"
    assert [problem.partition(":")[0] for problem in facts.problems] == ["pods", "events", "defaults of the operator"]
    assert values(facts)["taskmanager.numberOfTaskSlots"][0] == "2", "without the operator's defaults it is still worth something"


def test_a_cluster_that_is_not_there_is_told() -> None:
    api = Api()
    del api.objects["flinkdeployments", "shared"]
    assert found("sessionjob/job", api).problems[0] == "FlinkDeployment/shared: there is none in the namespace team"


def test_without_the_operators_configuration_it_says_how_to_name_its_namespace() -> None:
    api = Api()
    del api.objects["configmaps", "flink-operator-config"]
    (problem,) = found("flinkdep/job", api).problems
    assert problem.endswith("in the namespace flinkop; name the operator's namespace with --operator-namespace")


def test_a_configuration_of_the_operator_that_is_wrong_is_told_and_the_rest_is_there() -> None:
    api = Api()
    api.objects["configmaps", "flink-operator-config"] = {"data": {"config.yaml": "kubernetes.operator.reconcile.interval: soon"}}
    facts = found("flinkdep/job", api)
    assert "kubernetes.operator.reconcile.interval" in facts.problems[0]
    assert values(facts)["taskmanager.numberOfTaskSlots"][0] == "2"


def test_a_resource_that_is_not_there_is_none() -> None:
    assert fetched("flinkdep/other") is None


def test_a_resource_that_may_not_be_read_is_an_error() -> None:
    with pytest.raises(Forbidden):
        fetched("flinkdep/job", Api(("flinkdeployments",)))


@pytest.mark.parametrize("name", ["job", "other"])
def test_who_may_list_but_not_get_finds_the_same(name: str) -> None:
    api = Api(may=lambda verb, plural, _: (verb, plural) != ("get", "flinksessionjobs"))
    facts = fetched(f"sessionjob/{name}", api)
    assert (facts.resource["metadata"]["name"] if facts else None) == name
    del api.objects["flinksessionjobs", name]
    assert fetched(f"sessionjob/{name}", api) is None


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
