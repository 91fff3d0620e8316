"""Directories as the layers of an image: every digest fits its content, as containerd checks."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.ociimage import pack

NAMES = ("localhost/thing:1.0", "localhost/thing:latest")


@pytest.fixture
def layers(tmp_path: Path) -> list[Path]:
    for name, content in (("base", "lower"), ("top", "upper")):
        (tmp_path / name / "etc").mkdir(parents=True)
        (tmp_path / name / "etc" / "file").write_text(content)
    return [tmp_path / "base", tmp_path / "top"]


def blobs_of(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {entry.name: file.read() for entry in tar if (file := tar.extractfile(entry))}


def packed(target: Path, layers: list[Path]) -> tuple[dict[str, bytes], dict[str, Any], dict[str, Any]]:
    """The files of the archive, the manifest, the image's configuration."""
    pack(target, NAMES, {"Entrypoint": ["/thing"]}, layers)
    files = blobs_of(target)
    index = json.loads(files["index.json"])
    manifest = json.loads(files[path_of(index["manifests"][0]["digest"])])
    return files, manifest, json.loads(files[path_of(manifest["config"]["digest"])])


def path_of(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def test_every_blob_is_named_by_its_digest_and_has_the_size_that_is_told(tmp_path: Path, layers: list[Path]) -> None:
    files, manifest, _ = packed(tmp_path / "image.tar", layers)
    blobs = {name: content for name, content in files.items() if name.startswith("blobs/")}
    assert all(name == f"blobs/sha256/{hashlib.sha256(content).hexdigest()}" for name, content in blobs.items())
    told = [manifest["config"], *manifest["layers"], *json.loads(files["index.json"])["manifests"]]
    assert all(descriptor["size"] == len(files[path_of(descriptor["digest"])]) for descriptor in told)
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}


def test_layers_are_in_order_and_hold_the_files(tmp_path: Path, layers: list[Path]) -> None:
    files, manifest, config = packed(tmp_path / "image.tar", layers)
    contents = []
    for layer in manifest["layers"]:
        with tarfile.open(fileobj=io.BytesIO(files[path_of(layer["digest"])])) as tar:
            file = tar.extractfile("./etc/file")
            assert file is not None
            contents.append(file.read())
    assert contents == [b"lower", b"upper"]
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]
    assert len(config["history"]) == len(layers)
    assert config["config"] == {"Entrypoint": ["/thing"]}


def test_the_image_is_found_under_each_of_its_names(tmp_path: Path, layers: list[Path]) -> None:
    files, _, _ = packed(tmp_path / "image.tar", layers)
    found = [entry["annotations"] for entry in json.loads(files["index.json"])["manifests"]]
    assert [entry["io.containerd.image.name"] for entry in found] == list(NAMES)
    assert [entry["org.opencontainers.image.ref.name"] for entry in found] == ["1.0", "latest"]


def test_the_same_directories_give_the_same_image_and_nothing_half_made_is_left(tmp_path: Path, layers: list[Path]) -> None:
    first, second = packed(tmp_path / "made" / "first.tar", layers)[0], packed(tmp_path / "made" / "second.tar", layers)[0]
    assert first == second
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["first.tar", "second.tar"]
