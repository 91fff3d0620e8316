"""Python and PyFlink as a layer of a Flink image: the interpreter from Debian's packages, PyFlink and what it needs from PyPI.

Flink itself, which PyFlink's own packages hold once more, is left out: the image has it.
"""

from __future__ import annotations

import shutil
import tempfile
from importlib.metadata import Distribution
from pathlib import Path

from tests.cluster import place
from tests.cluster.process import locked, run, step

PYTHON = "3.11"
"""That of the Debian release which the images of Flink 1.19 and later are made of."""

_PACKAGES = (
    *(f"python{PYTHON}", f"python{PYTHON}-minimal", f"libpython{PYTHON}-minimal", f"libpython{PYTHON}-stdlib"),
    *("libexpat1", "libsqlite3-0", "libffi8", "libssl3", "libbz2-1.0", "liblzma5", "libuuid1", "libdb5.3", "libncursesw6", "libreadline8"),
    *("media-types", "libstdc++6", "libgomp1"),
)
_LIBRARIES = f"usr/local/lib/python{PYTHON}/dist-packages"


def build(version: str) -> Path:
    """The layer for that version of Flink, made once: minutes, and 900 MB."""
    layer = place.cache() / "pyflink" / f"pyflink-{version}"
    with locked(layer.with_suffix(".lock")):
        if not layer.exists():
            with step(f"installing PyFlink {version}"):
                _make(version, layer)
    return layer


def _make(version: str, layer: Path) -> None:
    scratch = layer.with_suffix(".building")
    shutil.rmtree(scratch, ignore_errors=True)
    libraries = scratch / _LIBRARIES
    libraries.mkdir(parents=True)
    _unpack_interpreter(scratch)
    _install(libraries, "--no-deps", f"apache-flink=={version}")
    needed = next(Distribution.discover(name="apache-flink", path=[str(libraries)])).requires or []
    _install(libraries, *(one for one in needed if not one.startswith("apache-flink-libraries") and "extra ==" not in one))
    scratch.rename(layer)


def _unpack_interpreter(root: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        run("sh", "-c", 'cd "$0" && apt-get download -qq "$@"', scratch, *_PACKAGES)
        for package in Path(scratch).glob("*.deb"):
            run("dpkg-deb", "-x", package, root)
    if (root / "lib").exists():  # in the image it is a link to usr/lib
        shutil.copytree(root / "lib", root / "usr/lib", symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(root / "lib")
    (root / "usr/bin/python").symlink_to(f"python{PYTHON}")


def _install(target: Path, *requirements: str) -> None:
    pip = (f"python{PYTHON}", "-m", "pip", "install", "-q", "--no-compile", "--prefer-binary", "--upgrade", "--target", target)
    run(*pip, *requirements)
