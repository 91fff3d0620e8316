"""The CustomResourceDefinition: a drop-in for the established one."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flinkop.api.crd import build_crds, render_crds

ROOT = Path(__file__).parents[3]
GENERATED = [ROOT / "manifests/crds/flink.apache.org.yaml", ROOT / "charts/flinkop/crds/flink.apache.org.yaml"]

# The annotation that `kubectl apply` writes holds at most this much.
LARGEST_ANNOTATION = 262144

Schema = dict[str, Any]


def established_fields() -> dict[str, tuple[str, str]]:
    """Path to type and enum of every field of the established schema."""
    with (Path(__file__).parent / "flinkdeployment-fields.tsv").open(encoding="utf-8") as file:
        return {row["path"]: (row["type"], row["enum"] or "") for row in csv.DictReader(file, delimiter="\t")}


def the_version() -> dict[str, Any]:
    (crd,) = build_crds()
    (version,) = crd["spec"]["versions"]
    return dict(version)


def the_schema() -> Schema:
    return dict(the_version()["schema"]["openAPIV3Schema"])


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


OURS = dict(fields(the_schema()))


@pytest.mark.parametrize(("path", "expected"), established_fields().items(), ids=established_fields().keys())
def test_every_established_field_is_there_with_its_type(path: str, expected: tuple[str, str]) -> None:
    ours = OURS[path]
    assert (type_of(ours), "|".join(sorted(ours.get("enum", ())))) == expected


def test_our_own_fields_are_these() -> None:
    added = OURS.keys() - established_fields().keys()
    assert {path.removeprefix("status.").split(".")[0] for path in added} == {
        "phase",
        "reason",
        "message",
        "restore",
        "operation",
        "start",
        "rollback",
        "restartWindow",
        "handover",
    }


def test_nothing_in_the_spec_is_required_and_nothing_has_a_default() -> None:
    every_schema = [the_schema(), *OURS.values(), *(field["items"] for field in OURS.values() if "items" in field)]
    assert not any("default" in schema for schema in every_schema)
    required = [schema["required"] for schema in every_schema if "required" in schema]
    assert required == [["type"]]  # the key of status.conditions


@pytest.mark.parametrize("path", OURS)
def test_every_field_is_explained_in_one_line(path: str) -> None:
    text = OURS[path]["description"]
    assert text.endswith(".")
    assert "\n" not in text


def test_names_are_the_established_ones() -> None:
    (crd,) = build_crds()
    assert crd["metadata"]["name"] == "flinkdeployments.flink.apache.org"
    assert crd["spec"]["names"] == {
        "kind": "FlinkDeployment",
        "listKind": "FlinkDeploymentList",
        "plural": "flinkdeployments",
        "singular": "flinkdeployment",
        "shortNames": ["flinkdep"],
    }
    assert (the_version()["name"], the_version()["served"], the_version()["storage"]) == ("v1beta1", True, True)


def test_the_established_columns_come_first() -> None:
    columns = the_version()["additionalPrinterColumns"]
    assert [column["name"] for column in columns if not column.get("priority")] == [
        "Job Status",
        "Lifecycle State",
        "Phase",
        "Ready",
        "Age",
    ]
    assert [column["name"] for column in columns if column.get("priority")] == ["Reason", "Restored From"]


def test_the_resource_can_be_scaled_and_its_status_written_apart() -> None:
    assert the_version()["subresources"] == {
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.taskManager.replicas",
            "statusReplicasPath": ".status.taskManager.replicas",
            "labelSelectorPath": ".status.taskManager.labelSelector",
        },
    }


def test_the_definition_is_far_smaller_than_an_annotation_may_be() -> None:
    (crd,) = build_crds()
    assert len(json.dumps(crd, separators=(",", ":"))) < LARGEST_ANNOTATION / 10


def test_the_text_reads_back_as_the_definitions() -> None:
    assert list(yaml.safe_load_all(render_crds())) == build_crds()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.relative_to(ROOT).parts[0])
def test_the_files_are_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == render_crds(), "write them anew with `make generate`"
