"""Packs directories as the layers of an OCI image archive that containerd takes."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cluster.process import run

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


def pack(target: Path, names: Sequence[str], config: Mapping[str, Any], layers: Sequence[Path]) -> None:
    """Writes the archive `target`. `config` is the image config's `config` object; the first layer is the lowest."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch, tarfile.open(partial, "w") as archive:
        descriptors = [_add_layer(archive, Path(scratch) / "layer.tar", layer) for layer in layers]
        diffs = {"type": "layers", "diff_ids": [descriptor["digest"] for descriptor in descriptors]}
        history = [{"created_by": layer.name} for layer in layers]  # buildah builds on no image whose history does not fit its layers
        image = {"architecture": "amd64", "os": "linux", "config": config, "rootfs": diffs, "history": history}
        reference = _add_blob(archive, "application/vnd.oci.image.config.v1+json", image)
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": reference, "layers": descriptors}
        _add_index(archive, _add_blob(archive, _MANIFEST, manifest), names)
    partial.rename(target)


def _add_layer(archive: tarfile.TarFile, tar: Path, layer: Path) -> dict[str, Any]:
    run("tar", "--sort=name", "--mtime=@0", "--numeric-owner", "-C", layer, "-cf", tar, ".")
    with tar.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    archive.add(tar, f"blobs/sha256/{digest}")
    return {"mediaType": _LAYER, "digest": f"sha256:{digest}", "size": tar.stat().st_size}


def _add_blob(archive: tarfile.TarFile, media_type: str, content: object) -> dict[str, Any]:
    data = json.dumps(content).encode()
    digest = hashlib.sha256(data).hexdigest()
    _add_file(archive, f"blobs/sha256/{digest}", data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def _add_index(archive: tarfile.TarFile, manifest: Mapping[str, Any], names: Sequence[str]) -> None:
    entries = [{**manifest, "annotations": _annotations(name)} for name in names]
    _add_file(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": entries}).encode())
    _add_file(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')


def _annotations(name: str) -> dict[str, str]:
    return {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.rpartition(":")[2]}


def _add_file(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
