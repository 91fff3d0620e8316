"""A real S3 server, moto's, in a virtual environment of its own: its dependencies and ours do not go together."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.cluster import place
from tests.cluster.process import locked, run, step, until

_PACKAGE = "moto[s3,server]==5.2.5"
BUCKET = "jars"


@contextlib.contextmanager
def serving(host: str = "127.0.0.1", within: Sequence[str] = ()) -> Iterator[str]:
    """Its URL. It has one bucket, which it serves by plain HTTP too, and nothing of it outlives the block.

    `within` is a command that has it listen in another network, of which `host` is an address.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*within, _ensure() / "bin/moto_server", "-H", host, "-p", str(port)]
    url = f"http://{host}:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: _answers(url), "moto's server")
            put(f"{url}/{BUCKET}", b"")
            yield url
        finally:
            process.kill()


def put(url: str, content: bytes) -> None:
    """Makes a bucket or an object, which everybody may read by HTTP."""
    headers = {"Content-Type": "application/octet-stream", "x-amz-acl": "public-read"}
    with urllib.request.urlopen(urllib.request.Request(url, data=content, method="PUT", headers=headers)):
        pass


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/moto-api/"):
            return True
    except OSError:
        return False


def _ensure() -> Path:
    home = place.cache() / "moto-5.2.5"
    with locked(home.with_suffix(".lock")):
        if not (home / ".ready").exists():
            with step(f"installing {_PACKAGE}"):
                shutil.rmtree(home, ignore_errors=True)
                run("uv", "venv", "-q", "--python", sys.executable, home)
                run("uv", "pip", "install", "-q", "--python", home / "bin/python", _PACKAGE)
            (home / ".ready").touch()
    return home
