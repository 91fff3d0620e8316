"""The operator's image from the project's Dockerfile, by docker where there is one, else by buildah on a base made here."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from tests.cluster import ociimage, place, prerequisites
from tests.cluster.process import locked, run, step, succeeds, tell

NAME = "localhost/flinkop:dev"
ARCHIVE = place.REPOSITORY / "dist" / "flinkop.tar"
_BASE = "localhost/flinkop-base:python3.11"
_PUBLIC_BASE = "docker.io/library/python:3.11-slim"
_SOURCES = (".py", ".java", ".sh")
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


def ensure() -> Path:
    """`dist/flinkop.tar`, an OCI archive of the present sources; made only when they have changed."""
    cached = place.cache() / "images" / f"flinkop-{_content_key()}.tar"
    with locked(cached.with_suffix(".lock")):
        if not cached.exists():
            with step("building the operator's image"):
                _build(cached)
    ARCHIVE.parent.mkdir(exist_ok=True)
    if not ARCHIVE.exists() or not ARCHIVE.samefile(cached):
        ARCHIVE.unlink(missing_ok=True)
        _link(cached, ARCHIVE)
    return ARCHIVE


def _build(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    if succeeds("docker", "info"):
        _by_docker(partial)
    else:
        _by_buildah(partial)
    partial.rename(target)


def _by_docker(target: Path) -> None:
    run("docker", "build", "-t", NAME, place.REPOSITORY)
    run("docker", "save", "-o", target, NAME)


def _by_buildah(target: Path) -> None:
    """No registry needs to be reachable: the base is Debian's Python. The machine's certificates are lent to the build."""
    prerequisites.ensure()
    base = _ensure_base()
    authorities = f"{_AUTHORITIES}:{_AUTHORITIES}:ro"
    options = ["--isolation", "chroot", "--network", "host", "--layers", "-v", authorities]
    environment = [f"--env={name}={value}" for name, value in _pip_settings().items()]
    run("buildah", "bud", *options, *environment, "--build-arg", f"BASE={base}", "-t", NAME, place.REPOSITORY)
    run("buildah", "push", NAME, f"oci-archive:{target}:{NAME}")


def _pip_settings() -> dict[str, str]:
    """How this machine reaches its package index."""
    found = {name: value for name, value in os.environ.items() if name.startswith("PIP_") and name != "PIP_FIND_LINKS"}
    return {**found, "PIP_CERT": str(_AUTHORITIES)}


def _ensure_base() -> str:
    if succeeds("buildah", "inspect", "--type", "image", _BASE):
        return _BASE
    if succeeds("timeout", "20", "buildah", "pull", "-q", _PUBLIC_BASE):
        return _PUBLIC_BASE
    tell("the public Python image cannot be pulled: making a base from Debian packages")
    root, archive = place.cache() / "python-root", place.cache() / "python-base.tar"
    if not (root / ".complete").exists():
        with step("debootstrap"):
            shutil.rmtree(root, ignore_errors=True)
            run("debootstrap", "--variant=minbase", "--include=python3,python3-venv,ca-certificates", "bookworm", root)
            for leftover in root.glob("var/cache/apt/archives/*.deb"):
                leftover.unlink()
            shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)
            (root / ".complete").touch()
    ociimage.pack(archive, [_BASE], {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}, [root])
    identifier = run("buildah", "pull", "-q", f"oci-archive:{archive}").split()[-1]
    run("buildah", "tag", identifier, _BASE)
    archive.unlink()
    return _BASE


def _content_key() -> str:
    digest = hashlib.sha256()
    sources = [place.REPOSITORY / name for name in ("Dockerfile", "requirements/run.txt")]
    sources += sorted(path for path in (place.REPOSITORY / "src/flinkop").rglob("*") if path.suffix in _SOURCES)
    for path in sources:
        digest.update(f"{path.relative_to(place.REPOSITORY)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


if __name__ == "__main__":
    print(ensure())
