"""Whatever people write, a pass gets a value, or an InvalidSpec that says where it is wrong. Anything else would stop at a bare error."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flinkop.api.flinkdeployment import parse_spec
from flinkop.controllers.desire import NeverValid, read_wish
from flinkop.errors import InvalidSpec
from flinkop.flinkconf import flinkoptions, operatoroptions
from flinkop.lifecycle.record import Record
from flinkop.resources.application import build_application, options_of
from flinkop.resources.configuration import DeploymentPlan, with_deployment

PLAN = DeploymentPlan(1, "uid", "a" * 32, "s3://savepoints/1", "store")

ODD_TEXTS = (
    *("", " ", "0", "-1", "1", "2.5", "1_000", "١", "0x10", "9" * 30, "9" * 5000, "1e9", "1e400", "1e-400", "1e999999999", "nan", "-inf"),
    *("0.99999999", "true", "maybe", "1 s", "P1D", "1g", "2048m", "1.5Gi", "65536", "8081-8085", "8081,8082", "0-0", "kubernetes", "NONE"),
    *("a", "a:b", "a:b,c:d", "a:b,a:c", "'a", "a;b", "env:E,secret:s,key:k", "env:E", "key:k,tolerationSeconds:soon", "Headless_ClusterIP"),
    *("a\nb", "# comment", "/", "s3://b", "\x00", "é", "{{name}}", "[a]", "{a: b}"),
)
MEMORY_OF = {
    process: tuple(
        f"{process}.memory.{name}"
        for name in (
            *("process.size", "flink.size", "heap.size", "off-heap.size", "task.heap.size", "managed.size", "managed.fraction"),
            *("network.fraction", "network.min", "network.max", "jvm-metaspace.size", "jvm-overhead.fraction", "jvm-overhead.max"),
        )
    )
    for process in ("jobmanager", "taskmanager")
}
READ_IN_PLACES = (
    *("kubernetes.secrets", "kubernetes.env.secretKeyRef", "kubernetes.rest-service.annotations", "kubernetes.rest-service.labels"),
    *("kubernetes.internal-service.annotations", "kubernetes.internal-service.labels", "kubernetes.rest-service.exposed.type"),
    *("kubernetes.persistent-volume-claims", "kubernetes.persistent-volume-claim-read-only", "kubernetes.hadoop.conf.config-map.name"),
    *("taskmanager.rpc.port", "high-availability.jobmanager.port", "containerized.master.env.X", "kubernetes.taskmanager.cpu.limit-factor"),
    *("kubernetes.jobmanager.owner.reference", "kubernetes.jobmanager.labels.nested", "execution.savepoint.path", "env.java.opts.all"),
)
NAMES = (
    *(name for option in (*flinkoptions.ALL, *operatoroptions.ALL) for name in (option.key, *option.fallback_keys)),
    *MEMORY_OF["jobmanager"],
    *MEMORY_OF["taskmanager"],
    *READ_IN_PLACES,
)

words = st.text(st.characters(codec="utf-8"), max_size=12)  # as JSON holds them
texts = st.one_of(st.sampled_from(ODD_TEXTS), words)
configurations = st.dictionaries(st.one_of(st.sampled_from(NAMES), words), texts, max_size=6)
amounts = st.dictionaries(st.sampled_from(("cpu", "memory", "ephemeral-storage", "x/gpu")), texts, max_size=4)
requirements = st.fixed_dictionaries({}, optional={"requests": amounts, "limits": amounts, "claims": st.just([{"name": "c"}])})
numbers = st.one_of(st.none(), st.integers(-(2**63), 2**63), st.integers(-1, 5))
resources = st.fixed_dictionaries({}, optional={"cpu": st.floats(), "memory": texts, "ephemeralStorage": texts})
processes = st.fixed_dictionaries({}, optional={"resource": resources, "resources": requirements, "replicas": numbers})
json = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(-5, 5), texts), lambda inner: st.lists(inner, max_size=2), max_leaves=4)


def maps(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A map with some of these fields, each of them as it should be or anything else; or no map at all."""
    return st.one_of(st.fixed_dictionaries({}, optional={name: st.one_of(good, json) for name, good in fields.items()}), json)


named = st.lists(maps(name=st.sampled_from(("a", "b", "flink-main-container")), value=texts), max_size=3)
containers = maps(
    name=st.sampled_from(("flink-main-container", "side")),
    image=texts,
    env=named,
    ports=st.lists(maps(name=st.just("rest"), containerPort=st.just(1)), max_size=2),
    volumeMounts=st.lists(maps(name=st.sampled_from(("v", "user-lib-dir")), mountPath=st.just("/v")), max_size=2),
    resources=maps(requests=amounts, limits=amounts),
)
pods = maps(
    containers=st.lists(containers, max_size=2),
    initContainers=st.lists(containers, max_size=2),
    volumes=named,
    tolerations=named,
    imagePullSecrets=named,
    nodeSelector=st.dictionaries(texts, texts, max_size=2),
)
metadata = maps(labels=st.dictionaries(texts, texts, max_size=2), annotations=st.dictionaries(texts, texts, max_size=2))
templates = st.fixed_dictionaries({}, optional={"metadata": st.one_of(metadata, json), "spec": st.one_of(pods, json)})


def carry_out(spec: dict[str, Any], defaults: dict[str, str] | None = None, reconciled: dict[str, Any] | None = None) -> bytes | None:
    """The way of a spec through a pass, up to the bytes that are sent; None where there is no spec to carry out."""
    resource = {"metadata": {"namespace": "ns", "name": "app", "uid": "u", "generation": 1}, "spec": spec}
    wish = read_wish(resource, Record(reconciled=reconciled), lambda _namespace, _version: defaults or {})
    if isinstance(wish, NeverValid):
        return None
    built = build_application("ns", "app", wish.spec, with_deployment(wish.configuration, PLAN), **options_of(wish.configuration))
    return orjson.dumps([built.deployment, built.taskmanagers, *built.dependents])


def is_carried_out_or_refused(
    spec: dict[str, Any], defaults: dict[str, str] | None = None, reconciled: dict[str, Any] | None = None
) -> bool:
    """Refused with a path: `spec.job.parallelism: is 0; write 1 or more`."""
    try:
        carry_out(spec, defaults, reconciled)
    except InvalidSpec as refused:
        return ": " in str(refused)
    return True


def a_spec(**changes: Any) -> dict[str, Any]:
    return {
        "flinkVersion": "v1_20",
        "mode": "native",
        "image": "flink:1.20",
        "serviceAccount": "flink",
        "flinkConfiguration": {},
        "jobManager": {"resource": {"cpu": 1, "memory": "2048m"}},
        "taskManager": {"resource": {"cpu": 1, "memory": "2048m"}},
        "job": {"jarURI": "local:///opt/flink/usrlib/job.jar", "parallelism": 2},
        **changes,
    }


MODES = ("native", "standalone")
versions = st.sampled_from(("v1_16", "v1_18", "v1_20", "v2_0", "v2_3"))
modes = st.sampled_from(MODES)
jobs = st.fixed_dictionaries(
    {"parallelism": numbers},
    optional={
        "jarURI": texts,
        "entryClass": texts,
        "args": st.lists(texts, max_size=3),
        "allowNonRestoredState": st.one_of(st.none(), st.booleans()),
    },
)


@pytest.mark.parametrize("mode", MODES)
def test_the_spec_that_the_others_change_is_carried_out(mode: str) -> None:
    assert isinstance(carry_out(a_spec(mode=mode)), bytes)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
def test_any_text_in_any_option_is_carried_out_or_refused(text: str, mode: str) -> None:
    for name in (*(option.key for option in flinkoptions.ALL), *MEMORY_OF["taskmanager"], *READ_IN_PLACES):
        assert is_carried_out_or_refused(a_spec(flinkVersion="v2_3", mode=mode, flinkConfiguration={name: text}))


@settings(max_examples=60)
@given(versions, modes, configurations, configurations)
def test_any_configuration_is_carried_out_or_refused(version: str, mode: str, conf: dict[str, str], defaults: dict[str, str]) -> None:
    assert is_carried_out_or_refused(a_spec(flinkVersion=version, mode=mode, flinkConfiguration=conf), defaults)


@settings(max_examples=60)
@given(versions, modes, st.one_of(st.none(), jobs), configurations)
def test_any_job_is_carried_out_or_refused(version: str, mode: str, job: Any, defaults: dict[str, str]) -> None:
    assert is_carried_out_or_refused(a_spec(flinkVersion=version, mode=mode, job=job), defaults)


@settings(max_examples=60)
@given(configurations, configurations)
def test_with_any_defaults_an_accepted_spec_goes_on_or_is_refused(conf: dict[str, str], defaults: dict[str, str]) -> None:
    accepted = parse_spec(a_spec()).to_wire()
    assert is_carried_out_or_refused(a_spec(flinkConfiguration=conf), defaults, accepted)


@settings(max_examples=60)
@given(versions, modes, processes, processes, numbers)
def test_any_resources_are_carried_out_or_refused(
    version: str, mode: str, jobmanager: Any, taskmanager: Any, parallelism: int | None
) -> None:
    job = {"jarURI": "local:///opt/flink/usrlib/job.jar", "parallelism": parallelism}
    assert is_carried_out_or_refused(a_spec(flinkVersion=version, mode=mode, jobManager=jobmanager, taskManager=taskmanager, job=job))


@settings(max_examples=60)
@given(templates, templates, st.booleans(), modes)
@example(common={}, own={"spec": {"containers": [{"name": ["a"]}, {"name": ["a"]}]}}, by_name=False, mode="native")
@example(common={}, own={"spec": {"initContainers": [{"volumeMounts": "x"}]}}, by_name=False, mode="standalone")
def test_any_pod_template_is_carried_out_or_refused(common: Any, own: Any, by_name: bool, mode: str) -> None:
    conf = {"kubernetes.operator.pod-template.merge-arrays-by-name": str(by_name).lower()}
    process = {"resource": {"memory": "2048m", "ephemeralStorage": "1Gi"}, "podTemplate": own}
    spec = a_spec(mode=mode, podTemplate=common, jobManager=process, taskManager=process, flinkConfiguration=conf)
    assert is_carried_out_or_refused(spec)
