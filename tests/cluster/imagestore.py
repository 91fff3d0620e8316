"""The images of one node, in its containerd."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.cluster.process import run


def load(socket: Path, archive: Path) -> None:
    """Makes an image archive known to the node."""
    run(*_images(socket), "import", "--all-platforms", archive)


def unload(socket: Path, name: str) -> None:
    """Removes an image under all of its names, so that its content is removed with it."""
    names = names_of(name, run(*_images(socket), "ls"))
    if names:
        run(*_images(socket), "rm", "--sync", *names)


def names_of(name: str, listing: str) -> list[str]:
    """All names of the image that has this one, in what `ctr images ls` prints: name, type, digest, and more."""
    images = [line.split()[:3] for line in listing.splitlines()[1:]]
    digests = {digest for found, _, digest in images if found == name}
    return [found for found, _, digest in images if digest in digests]


def _images(socket: Path) -> Sequence[object]:
    return ("ctr", "-a", socket, "-n", "k8s.io", "images")
