"""The programs of the local cluster, built from Go modules once per content of `kube/`."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import place
from tests.cluster.process import locked, run, step

SOURCES = Path(__file__).parent / "kube"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A directory with `kube` (every Kubernetes component, etcd and CoreDNS: the name it is called by picks one), `helm`, `pause`."""

    directory: Path

    def component(self, name: str, links: Path) -> Path:
        """The component `name`, as a link in the directory `links`."""
        link = links / name
        links.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink() or link.resolve() != (self.directory / "kube").resolve():
            link.unlink(missing_ok=True)
            link.symlink_to(self.directory / "kube")
        return link

    @property
    def kubectl(self) -> Path:
        """kubectl."""
        return self.component("kubectl", self.directory / "links")

    @property
    def helm(self) -> Path:
        """helm."""
        return self.directory / "helm"

    @property
    def pause(self) -> Path:
        """The program that holds a pod's namespaces."""
        return self.directory / "pause"


def ensure() -> Binaries:
    """The binaries of the present sources; built when they are not in the cache (minutes)."""
    target = place.cache() / "kube" / _content_key()
    with locked(target.with_suffix(".lock")):
        if not target.exists():
            _build(target)
    return Binaries(target)


def _content_key() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in SOURCES.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(SOURCES)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _build(target: Path) -> None:
    scratch = target.with_suffix(".building")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    environment = {**os.environ, "CGO_ENABLED": "0"}
    with step("building Kubernetes, etcd, CoreDNS (about 5 minutes when nothing is cached)"):
        _go_build(
            f"-s -w {_version_flags()}",
            scratch / "kube",
            [
                ".",
            ],
            environment,
        )
    with step("building Helm"):
        _go_build("-s -w", f"{scratch}/", ["helm.sh/helm/v3/cmd/helm", "./pause"], environment)
    scratch.rename(target)


def _go_build(ldflags: str, out: Path | str, packages: list[str], environment: dict[str, str]) -> None:
    run("go", "build", "-trimpath", f"-ldflags={ldflags}", "-o", out, *packages, cwd=SOURCES, env=environment)


def _version_flags() -> str:
    """Without them the API server calls itself v0.0.0, which Helm charts and clients refuse."""
    version = run("go", "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes", cwd=SOURCES).strip()
    major, minor, _ = version.removeprefix("v").split(".", 2)
    prefix = "-X k8s.io/component-base/version"
    return f"{prefix}.gitVersion={version} {prefix}.gitMajor={major} {prefix}.gitMinor={minor}"
