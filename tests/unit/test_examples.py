"""The examples that users copy from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from flinkop.manifest import check_manifests

EXAMPLES = Path(__file__).parents[2] / "manifests" / "examples"
FILES = sorted(EXAMPLES.glob("*.yaml"))


def clusters(path: Path) -> list[dict[str, Any]]:
    """What becomes a cluster of that name."""
    own = {"FlinkDeployment", "FlinkCluster", "FlinkApplication"}
    return [one for one in yaml.safe_load_all(path.read_text()) if one["kind"] in own and not one["spec"].get("flinkCluster")]


def flinkdeployments(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document["kind"] == "FlinkDeployment"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_is_valid_without_a_warning(path: Path) -> None:
    documents = list(check_manifests(path.read_text(), lambda _namespace, _version: {}))

    assert any(document.violations is not None for document in documents)
    assert [str(violation) for document in documents for violation in document.violations or ()] == []


def test_examples_can_be_applied_side_by_side() -> None:
    names = [manifest["metadata"]["name"] for path in FILES for manifest in clusters(path)]

    assert len(set(names)) == len(names)


def test_the_readme_names_every_example() -> None:
    text = (EXAMPLES / "README.md").read_text()

    assert [path.name for path in FILES if f"| {path.name} |" not in text] == []


def test_the_basic_example_keeps_its_state() -> None:
    (basic,) = flinkdeployments(EXAMPLES / "basic.yaml")

    conf = basic["spec"]["flinkConfiguration"]
    assert basic["spec"]["job"]["upgradeMode"] == "last-state"
    mounts = {mount["mountPath"] for mount in basic["spec"]["podTemplate"]["spec"]["containers"][0]["volumeMounts"]}
    for key in ("high-availability.storageDir", "state.checkpoints.dir", "state.savepoints.dir"):
        assert any(conf[key].startswith(f"file://{mount}/") for mount in mounts)
