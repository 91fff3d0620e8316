"""What the operator and the jobs may do: one list of rules, and nothing beyond it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.chart.render import CHART, NAMESPACE, Object, Rendered, render

MANIFESTS = Path(__file__).parents[3] / "manifests" / "rbac"
KINDS = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")


def rules(name: str) -> Any:
    return yaml.safe_load((CHART / "rules" / f"{name}.yaml").read_text())


def bare(found: Object, namespace: str) -> dict[str, Any]:
    """An object without what Helm adds, in another namespace."""
    metadata = {key: value for key, value in found["metadata"].items() if key not in ("labels", "annotations")}
    plain: dict[str, Any] = {**found, "metadata": metadata}
    return yaml.safe_load(yaml.safe_dump(plain).replace(f"namespace: {NAMESPACE}", f"namespace: {namespace}"))  # type: ignore[no-any-return]


def sorted_by_name(objects: Iterable[Any]) -> list[Any]:
    return sorted(objects, key=lambda found: (found["kind"], found["metadata"]["name"]))


def permissions(rendered: Rendered, kind: str, name: str) -> Any:
    return rendered.one(kind, name)["rules"]


@pytest.mark.parametrize(("file", "namespace", "is_job"), [("operator.yaml", "flinkop", False), ("job.yaml", "default", True)])
def test_the_plain_manifests_are_what_the_chart_makes(file: str, namespace: str, is_job: bool) -> None:
    ours = [found for found in render().objects if found["kind"] in KINDS and (found["metadata"]["name"].startswith("flinkop") != is_job)]

    written = list(yaml.safe_load_all((MANIFESTS / file).read_text()))

    assert sorted_by_name(written) == sorted_by_name(bare(found, namespace) for found in ours)


def test_all_namespaces_need_a_cluster_role() -> None:
    rendered = render()

    assert permissions(rendered, "ClusterRole", "flinkop") == rules("operator")
    assert rendered.one("ClusterRoleBinding")["subjects"] == [{"kind": "ServiceAccount", "name": "flinkop", "namespace": NAMESPACE}]


def test_chosen_namespaces_need_a_role_in_each_and_no_cluster_role() -> None:
    rendered = render({"watchNamespaces": ["east", "west"]})

    assert rendered.all("ClusterRole") == rendered.all("ClusterRoleBinding") == []
    roles = {found["metadata"]["namespace"]: found["rules"] for found in rendered.all("Role") if found["metadata"]["name"] == "flinkop"}
    assert roles == {"east": rules("operator"), "west": rules("operator")}
    bindings = [found for found in rendered.all("RoleBinding") if found["metadata"]["name"] == "flinkop"]
    assert {found["metadata"]["namespace"]: found["subjects"][0]["namespace"] for found in bindings} == {
        "east": NAMESPACE,
        "west": NAMESPACE,
    }


@pytest.mark.parametrize("namespaces", [[], ["east"], [NAMESPACE]], ids=["all", "another", "its own"])
def test_leases_are_granted_in_the_operators_namespace_only(namespaces: list[str]) -> None:
    rendered = render({"watchNamespaces": namespaces})

    holders = [found for found in rendered.objects if any("leases" in rule["resources"] for rule in found.get("rules", ()))]
    assert [(found["kind"], found["metadata"]["namespace"]) for found in holders] == [("Role", NAMESPACE)]
    assert holders[0]["rules"] == rules("leaderelection")


@pytest.mark.parametrize(
    ("watched", "expected"),
    [([], [NAMESPACE]), (["east", "west"], ["east", NAMESPACE, "west"]), ([NAMESPACE], [NAMESPACE])],
    ids=["all", "others", "its own"],
)
def test_jobs_get_their_account_where_they_may_run(watched: list[str], expected: list[str]) -> None:
    rendered = render({"watchNamespaces": watched})

    for kind, name in (("ServiceAccount", "flink"), ("Role", "flink"), ("RoleBinding", "flink-role-binding")):
        found = [item for item in rendered.all(kind) if item["metadata"]["name"] == name]
        assert sorted(item["metadata"]["namespace"] for item in found) == sorted(expected)
        assert all(item["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for item in found)
    assert all(found["rules"] == rules("job") for found in rendered.all("Role") if found["metadata"]["name"] == "flink")


@pytest.mark.parametrize("name", ["operator", "leaderelection", "job"])
def test_no_rule_has_a_wildcard_or_a_verb_twice(name: str) -> None:
    for rule in rules(name):
        assert set(rule) == {"apiGroups", "resources", "verbs"}
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert len(set(rule["verbs"])) == len(rule["verbs"])


def test_the_operator_has_no_access_to_secrets_nodes_or_roles() -> None:
    granted = {resource for rule in [*rules("operator"), *rules("leaderelection")] for resource in rule["resources"]}

    assert granted.isdisjoint(
        {"secrets", "nodes", "namespaces", "roles", "rolebindings", "clusterroles", "serviceaccounts/token", "pods/exec"}
    )


@pytest.mark.parametrize(
    ("values", "kind", "name"),
    [
        ({"rbac": {"operatorRole": {"create": False}}}, "ClusterRole", "flinkop"),
        ({"rbac": {"operatorRoleBinding": {"create": False}}}, "ClusterRoleBinding", "flinkop"),
        ({"rbac": {"jobRole": {"create": False}}}, "Role", "flink"),
        ({"rbac": {"jobRoleBinding": {"create": False}}}, "RoleBinding", "flink-role-binding"),
        ({"operatorServiceAccount": {"create": False}}, "ServiceAccount", "flinkop"),
        ({"jobServiceAccount": {"create": False}}, "ServiceAccount", "flink"),
    ],
)
def test_each_part_can_be_left_to_the_administrator(values: dict[str, Any], kind: str, name: str) -> None:
    assert name in [found["metadata"]["name"] for found in render().all(kind)]
    assert name not in [found["metadata"]["name"] for found in render(values).all(kind)]


def test_all_of_it_can_be_left_to_the_administrator() -> None:
    values = {"rbac": {"create": False}, "operatorServiceAccount": {"create": False}, "jobServiceAccount": {"create": False}}

    assert {found["kind"] for found in render(values).objects}.isdisjoint(KINDS)


def test_names_can_be_chosen_as_in_the_established_chart() -> None:
    rendered = render(
        {
            "rbac": {"operatorRole": {"name": "flink-operator"}, "operatorRoleBinding": {"name": "flink-operator-role-binding"}},
            "operatorServiceAccount": {"name": "flink-operator"},
            "jobServiceAccount": {"name": "jobs"},
        }
    )

    binding = rendered.one("ClusterRoleBinding", "flink-operator-role-binding")
    assert (binding["roleRef"]["name"], binding["subjects"][0]["name"]) == ("flink-operator", "flink-operator")
    assert rendered.pod["spec"]["serviceAccountName"] == "flink-operator"
    assert rendered.one("RoleBinding", "flink-role-binding")["subjects"][0]["name"] == "jobs"
