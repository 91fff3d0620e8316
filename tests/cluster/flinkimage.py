"""A Flink image without a registry: Debian, Java, and the Flink distribution that PyPI's apache-flink packages hold.

The entrypoint is ours and does what the official image's does for the commands that are used here.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import ociimage, place
from tests.cluster.process import locked, run, step, succeeds

_PACKAGES = ("procps", "gettext-base", "libsnappy1v5", "ca-certificates")
_USER = 9999
_PYTHONS = ("3.11", "3.10", "3.8")
_ENTRYPOINT = """\
#!/usr/bin/env bash
set -e
as_flink() { if [ "$(id -u)" = 0 ]; then exec setpriv --reuid=9999 --regid=9999 --clear-groups "$@"; else exec "$@"; fi; }
role=${1:-}
case "$role" in
  jobmanager | taskmanager) shift; as_flink "$FLINK_HOME/bin/$role.sh" start-foreground "$@" ;;
  standalone-job) shift; as_flink "$FLINK_HOME/bin/standalone-job.sh" start-foreground "$@" ;;
  history-server) shift; as_flink "$FLINK_HOME/bin/historyserver.sh" start-foreground "$@" ;;
  *) as_flink "$@" ;;
esac
"""


def ensure(version: str, layers: Sequence[Path] = (), repository: str = "flink") -> Path:
    """The image archive of that version with `layers` on top, from the cache or made now. A layer's name has to tell its content."""
    archive = place.cache() / "images" / f"{'-'.join((repository, version, *(layer.name for layer in layers)))}.tar"
    with locked(archive.with_suffix(".lock")):
        if not archive.exists():
            partial = archive.with_suffix(".partial")
            build(version, partial, layers, repository)
            partial.rename(archive)
    return archive


def build(version: str, target: Path, layers: Sequence[Path] = (), repository: str = "flink") -> None:
    """Writes the image archive `<repository>:<version>` with `layers` on top."""
    java = _java_of(version)
    root, flink = _java_root(java), distribution(version)
    short = version.rpartition(".")[0]
    config = {
        "Env": [
            "PATH=/opt/flink/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "FLINK_HOME=/opt/flink",
            f"JAVA_HOME=/usr/lib/jvm/java-{java}-openjdk-amd64",
        ],
        "Entrypoint": ["/docker-entrypoint.sh"],
        "Cmd": ["help"],
        "WorkingDir": "/opt/flink",
    }
    names = [f"docker.io/library/{repository}:{tag}" for tag in (version, short)]
    ociimage.pack(target, names, config, [root, flink, *layers])


def distribution(version: str) -> Path:
    """The Flink distribution of that version, as an image layer."""
    layer = place.cache() / "flink" / version
    with locked(layer.with_name(f"{version}.lock")):
        if not (layer / ".complete").exists():
            with step(f"fetching Flink {version} (300 MB)"):
                _fetch(version, layer)
            (layer / ".complete").touch()
    return layer


def _java_of(version: str) -> int:
    """Flink up to 1.18 is at home on Java 11."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return 11 if (major, minor) <= (1, 18) else 17


def _java_root(java: int) -> Path:
    root = place.cache() / f"java-{java}"
    with locked(root.with_suffix(".lock")):
        if not (root / ".complete").exists():
            with step(f"making a Debian base with Java {java}"):
                _bootstrap(root, java)
            (root / ".complete").touch()
    return root


def _bootstrap(root: Path, java: int) -> None:
    shutil.rmtree(root, ignore_errors=True)
    suite = "bullseye" if java == 11 else "bookworm"
    include = ",".join((f"openjdk-{java}-jre-headless", *_PACKAGES))
    run("debootstrap", "--variant=minbase", f"--include={include}", suite, root)
    for leftover in (*root.glob("var/cache/apt/archives/*.deb"), *root.glob("var/lib/apt/lists/*")):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    with (root / "etc/passwd").open("a") as users:
        users.write(f"flink:x:{_USER}:{_USER}::/opt/flink:/bin/bash\n")
    with (root / "etc/group").open("a") as groups:
        groups.write(f"flink:x:{_USER}:\n")


def _fetch(version: str, layer: Path) -> None:
    shutil.rmtree(layer, ignore_errors=True)
    home = layer / "opt/flink"
    for name in ("log", "usrlib", "artifacts"):
        (home / name).mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=layer.parent) as scratch:
        libraries, scripts = _libraries(version, Path(scratch)), _scripts(version, Path(scratch))
        for part in ("lib", "opt", "plugins"):
            shutil.copytree(libraries / part, home / part)
        for part in ("bin", "conf"):
            shutil.copytree(scripts / part, home / part)
        shutil.copytree(libraries / "bin", home / "bin", dirs_exist_ok=True)
    for script in (home / "bin").iterdir():
        script.chmod(0o755)
    run("chown", "-R", f"{_USER}:{_USER}", home)
    entrypoint = layer / "docker-entrypoint.sh"
    entrypoint.write_text(_ENTRYPOINT)
    entrypoint.chmod(0o755)


def _libraries(version: str, scratch: Path) -> Path:
    run("python3", "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", scratch, f"apache-flink-libraries=={version}")
    archive = next(scratch.glob("apache?flink?libraries-*.tar.gz"))
    with tarfile.open(archive) as content:
        content.extractall(scratch, filter="data")
    return next(scratch.glob("apache?flink?libraries-*/deps"))


def _scripts(version: str, scratch: Path) -> Path:
    """Any wheel will do: only its shell scripts are wanted."""
    platforms = ("--platform", "manylinux2014_x86_64", "--platform", "manylinux1_x86_64")
    wanted = ("--no-deps", "--only-binary", ":all:", *platforms, "-d", scratch, f"apache-flink=={version}")
    if not any(succeeds("python3", "-m", "pip", "download", "-q", "--python-version", python, *wanted) for python in _PYTHONS):
        raise FileNotFoundError(f"no wheel of apache-flink {version}")
    run("unzip", "-q", next(scratch.glob("apache_flink-*.whl")), "pyflink/bin/*", "pyflink/conf/*", "-d", scratch)
    return scratch / "pyflink"
