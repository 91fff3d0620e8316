"""The Ingress of a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from flinkop.api.cluster import IngressSpec
from flinkop.resources.ingress import DIGEST_ANNOTATION, build_ingress, digest_of


def a_spec(template: str = "{{name}}.{{namespace}}.flink.example.com", **fields: Any) -> IngressSpec:
    return IngressSpec.model_validate({"template": template, **fields}, by_alias=True)


def an_ingress(spec: IngressSpec) -> dict[str, Any]:
    return build_ingress("team", "job", spec, 8081, "1-2-3")


def rule_of(template: str) -> tuple[str | None, str]:
    (rule,) = an_ingress(a_spec(template))["spec"]["rules"]
    return rule.get("host"), rule["http"]["paths"][0]["path"]


@pytest.mark.parametrize(
    ("template", "host", "path"),
    [
        pytest.param("{{name}}.{{namespace}}.flink.example.com", "job.team.flink.example.com", "/", id="a host"),
        pytest.param("{{NAME}}.{{Namespace}}.example.com", "job.team.example.com", "/", id="capitals"),
        pytest.param("flink.example.com/{{namespace}}/{{name}}", "flink.example.com", "/team/job", id="a path"),
        pytest.param("flink.example.com/{{name}}(/|$)(.*)", "flink.example.com", "/job(/|$)(.*)", id="a pattern"),
        pytest.param("/{{namespace}}/{{name}}(/|$)(.*)", None, "/team/job(/|$)(.*)", id="a path on every host"),
        pytest.param("https://{{name}}.example.com/ui", "job.example.com", "/ui", id="with a scheme"),
        pytest.param("*.example.com", "*.example.com", "/", id="a wildcard"),
    ],
)
def test_the_template_gives_host_and_path(template: str, host: str | None, path: str) -> None:
    assert rule_of(template) == (host, path)


def test_it_leads_to_the_rest_service() -> None:
    (rule,) = an_ingress(a_spec())["spec"]["rules"]
    assert rule["http"]["paths"] == [
        {
            "path": "/",
            "pathType": "ImplementationSpecific",
            "backend": {"service": {"name": "job-rest", "port": {"number": 8081}}},
        }
    ]


def test_class_labels_annotations_and_tls_are_those_of_the_spec() -> None:
    tls = [{"hosts": ["a.example.com"], "secretName": "cert"}]
    made = an_ingress(a_spec(className="nginx", labels={"team": "x"}, annotations={"a": "b"}, tls=tls))
    assert made["spec"]["ingressClassName"] == "nginx"
    assert made["spec"]["tls"] == tls
    assert made["metadata"]["labels"] == {"team": "x", "component": "ingress"}
    assert made["metadata"]["annotations"]["a"] == "b"


def test_it_belongs_to_the_resource() -> None:
    (owner,) = an_ingress(a_spec())["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("FlinkDeployment", "job", "1-2-3")


def test_its_digest_tells_of_every_change() -> None:
    specs = [a_spec(), a_spec("other.example.com"), a_spec(className="x"), a_spec(labels={"a": "b"}), a_spec(annotations={"a": "b"})]
    digests = {digest_of(spec, 8081) for spec in specs} | {digest_of(specs[0], 9000)}
    assert len(digests) == len(specs) + 1
    assert an_ingress(a_spec())["metadata"]["annotations"][DIGEST_ANNOTATION] == digest_of(a_spec(), 8081)
