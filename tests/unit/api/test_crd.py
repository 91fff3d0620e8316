"""The CustomResourceDefinitions: those of the established kinds are drop-ins for the established ones."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flinkop.api.crd import build_crds, render_crds
from flinkop.api.kind import ALL, FLINK_DEPLOYMENT, FLINK_SESSION_JOB, FLINK_STATE_SNAPSHOT, KINDS, Kind

ROOT = Path(__file__).parents[3]
GENERATED = [ROOT / "manifests/crds/flink.apache.org.yaml", ROOT / "charts/flinkop/crds/flink.apache.org.yaml"]

# The annotation that `kubectl apply` writes holds at most this much.
LARGEST_ANNOTATION = 262144

Schema = dict[str, Any]


ESTABLISHED = (FLINK_DEPLOYMENT, FLINK_SESSION_JOB, FLINK_STATE_SNAPSHOT)


def established_fields(kind: Kind) -> dict[str, tuple[str, str]]:
    """Path to type and enum of every field of the established schema."""
    with (Path(__file__).parent / f"{kind.name.lower()}-fields.tsv").open(encoding="utf-8") as file:
        return {row["path"]: (row["type"], row["enum"] or "") for row in csv.DictReader(file, delimiter="\t")}


def the_version(kind: Kind) -> dict[str, Any]:
    (crd,) = build_crds([kind])
    (version,) = crd["spec"]["versions"]
    return dict(version)


def the_schema(kind: Kind) -> Schema:
    return dict(the_version(kind)["schema"]["openAPIV3Schema"])


def type_of(schema: Schema) -> str:
    if "additionalProperties" in schema:
        inner = schema["additionalProperties"]
        return f"map<{inner.get('type', 'any')}>"
    if schema.get("type") == "array":
        return f"array<{schema['items']['type']}>"
    if schema.get("type") == "object" and schema.get("x-kubernetes-preserve-unknown-fields"):
        return "PodTemplateSpec"
    return str(schema.get("type", "any"))


def fields(schema: Schema, prefix: str = "") -> Iterator[tuple[str, Schema]]:
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, field
        yield from fields(field, f"{path}.")
        yield from fields(field.get("items", {}), f"{path}[].")


OURS = {kind.name: dict(fields(the_schema(kind))) for kind in ALL}

ESTABLISHED_FIELDS = [(kind.name, path, expected) for kind in ESTABLISHED for path, expected in established_fields(kind).items()]
EVERY_FIELD = [(name, path) for name, found in OURS.items() for path in found]

OF_JOBS = {
    *("phase", "reason", "message", "conditions", "restore", "operation", "start", "restartWindow", "abandonedJobs", "handover"),
    "decisions",
    "jobStatus",  # of its parts, the names of resources that stand for snapshots
}
OWN_FIELDS = {
    "FlinkDeployment": OF_JOBS - {"conditions"} | {"rollback"},
    "FlinkSessionJob": OF_JOBS,
    "FlinkStateSnapshot": {"reason", "message", "conditions", "observedGeneration", "decisions", "jobId", "waitingSince", "nextTryAt"},
}

OWN_VALUES = {("FlinkStateSnapshot", "spec.jobReference.kind"): {"FlinkApplication"}}
"""Of established fields."""

every_kind = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
every_established_kind = pytest.mark.parametrize("kind", ESTABLISHED, ids=lambda kind: kind.name)


@pytest.mark.parametrize(("kind", "path", "expected"), ESTABLISHED_FIELDS, ids=[f"{kind} {path}" for kind, path, _ in ESTABLISHED_FIELDS])
def test_every_established_field_is_there_with_its_type(kind: str, path: str, expected: tuple[str, str]) -> None:
    ours = OURS[kind][path]
    values = set(ours.get("enum", ())) - OWN_VALUES.get((kind, path), set())
    assert (type_of(ours), "|".join(sorted(values))) == expected


@every_established_kind
def test_our_own_fields_are_in_the_status_and_are_these(kind: Kind) -> None:
    added = OURS[kind.name].keys() - established_fields(kind).keys()
    assert {path.removeprefix("status.").split(".")[0].removesuffix("[]") for path in added} == OWN_FIELDS[kind.name]


@every_kind
def test_nothing_in_the_spec_is_required_and_nothing_has_a_default(kind: Kind) -> None:
    ours = [schema for path, schema in OURS[kind.name].items() if path != "status"]
    every_schema = [the_schema(kind), *ours, *(field["items"] for field in ours if "items" in field)]
    assert not any("default" in schema for schema in every_schema)
    required = [schema["required"] for schema in every_schema if "required" in schema]
    assert required == [["type"]]  # the key of status.conditions


@pytest.mark.parametrize(("kind", "path"), EVERY_FIELD, ids=[f"{kind} {path}" for kind, path in EVERY_FIELD])
def test_every_field_is_explained_in_one_line(kind: str, path: str) -> None:
    text = OURS[kind][path]["description"]
    assert text.endswith(".")
    assert "\n" not in text


NAMES: list[tuple[str, str, str | None, str]] = [
    ("FlinkDeployment", "flinkdeployments", "flinkdep", "v1beta1"),
    ("FlinkSessionJob", "flinksessionjobs", "sessionjob", "v1beta1"),
    ("FlinkStateSnapshot", "flinkstatesnapshots", "flinksnp", "v1beta1"),
    ("FlinkCluster", "flinkclusters", None, "v1"),
    ("FlinkApplication", "flinkapplications", "flinkapp", "v1"),
]


@pytest.mark.parametrize(("crd", "names"), [*zip(build_crds(ALL), NAMES, strict=True)], ids=[names[0] for names in NAMES])
def test_names_are_the_established_ones_and_those_of_the_article(crd: dict[str, Any], names: tuple[str, str, str | None, str]) -> None:
    name, plural, short, version = names
    assert crd["metadata"]["name"] == f"{plural}.flink.apache.org"
    assert crd["spec"]["names"] == {
        "kind": name,
        "listKind": f"{name}List",
        "plural": plural,
        "singular": name.lower(),
        "shortNames": [short] if short else [],
    }
    assert [(found["name"], found["served"], found["storage"]) for found in crd["spec"]["versions"]] == [(version, True, True)]


COLUMNS = {
    "FlinkDeployment": (["Job Status", "Lifecycle State", "Phase", "Ready", "Reason", "Since", "Age"], ["Restored From", "Message"]),
    "FlinkSessionJob": (
        ["Job Status", "Lifecycle State", "Phase", "Ready", "Reason", "Since", "Age"],
        ["Cluster", "Restored From", "Message"],
    ),
    "FlinkStateSnapshot": (["Path", "Result Timestamp", "Snapshot State", "Ready", "Reason", "Since", "Age"], ["Message"]),
    "FlinkCluster": (["Phase", "Ready", "Jobs", "Task Managers", "Reason", "Since", "Age"], ["Message"]),
    "FlinkApplication": (["Phase", "Ready", "Jobs", "Task Managers", "Reason", "Since", "Age"], ["Cluster", "Restored From", "Message"]),
}


@every_kind
def test_a_resource_that_nobody_has_looked_at_is_not_taken_for_ready(kind: Kind) -> None:
    assert the_schema(kind)["properties"]["status"]["default"] == {"observedGeneration": -1}


@every_kind
def test_the_established_columns_come_first(kind: Kind) -> None:
    columns = the_version(kind)["additionalPrinterColumns"]
    shown = [column["name"] for column in columns if not column.get("priority")]
    assert (shown, [column["name"] for column in columns if column.get("priority")]) == COLUMNS[kind.name]


@every_kind
def test_every_column_shows_a_field_that_there_is(kind: Kind) -> None:
    paths = [column["jsonPath"].removeprefix(".").split("[")[0] for column in the_version(kind)["additionalPrinterColumns"]]
    assert [path for path in paths if not path.startswith("metadata.") and path not in OURS[kind.name]] == []


def test_a_cluster_can_be_scaled_and_its_status_written_apart() -> None:
    assert the_version(FLINK_DEPLOYMENT)["subresources"] == {
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.taskManager.replicas",
            "statusReplicasPath": ".status.taskManager.replicas",
            "labelSelectorPath": ".status.taskManager.labelSelector",
        },
    }


@pytest.mark.parametrize("kind", ALL[1:], ids=lambda kind: kind.name)
def test_the_status_of_the_others_is_written_apart_too(kind: Kind) -> None:
    assert the_version(kind)["subresources"] == {"status": {}}


@pytest.mark.parametrize("crd", build_crds(ALL), ids=lambda crd: crd["spec"]["names"]["kind"])
def test_the_definition_is_far_smaller_than_an_annotation_may_be(crd: dict[str, Any]) -> None:
    assert len(json.dumps(crd, separators=(",", ":"))) < LARGEST_ANNOTATION / 10


def test_the_text_reads_back_as_the_definitions() -> None:
    assert list(yaml.safe_load_all(render_crds())) == build_crds()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.relative_to(ROOT).parts[0])
def test_the_files_are_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == render_crds(), "write them anew with `make generate`"


def test_what_is_not_worked_on_is_not_installed() -> None:
    assert [crd["spec"]["names"]["kind"] for crd in build_crds()] == [kind.name for kind in KINDS]
