"""Installs what a fresh machine lacks: Debian packages, and nothing when all is there."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.process import Failed, run, step, tell

# command -> the Debian package that brings it
COMMANDS: Mapping[str, str] = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "socat": "socat",
    "ethtool": "ethtool",
    "debootstrap": "debootstrap",
    "unzip": "unzip",
    "openssl": "openssl",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "buildah": "buildah",
    "javac": "openjdk-17-jdk-headless",
    "mvn": "maven",
    "promtool": "prometheus",
}


def missing(commands: Mapping[str, str] = COMMANDS) -> list[str]:
    """The Debian packages that are not installed."""
    return sorted({package for command, package in commands.items() if not _is_there(command)})


def ensure_command(command: str) -> str:
    """Installs what brings one command, where it is missing; gives the command. Raises Failed, as `ensure` does."""
    packages = missing({command: COMMANDS[command]})
    if packages and os.geteuid() != 0:
        raise Failed(f"please install: {' '.join(packages)}")
    if packages:
        _install(packages)
    return command


def ensure() -> None:
    """Installs what is missing. Raises Failed with what to do when that cannot be done here."""
    if sys.platform != "linux":
        raise Failed("the local cluster needs Linux; on other systems use `make demo CONTEXT=name` with a cluster of yours")
    if os.geteuid() != 0:
        raise Failed("the local cluster needs root; run with sudo, or use `make demo CONTEXT=name` with a cluster of yours")
    if not shutil.which("go"):
        raise Failed("Go 1.24 or newer is needed to build the local cluster: install it and put `go` on the PATH")
    packages = missing()
    if packages:
        _install(packages)


def _install(packages: list[str]) -> None:
    if not shutil.which("apt-get"):
        raise Failed(f"please install: {' '.join(packages)}")
    tell(f"installing Debian packages: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step("apt-get"):
        run("apt-get", "update", "-qq", env=environment)
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, env=environment)


def _is_there(command: str) -> bool:
    return Path(command).exists() if command.startswith("/") else shutil.which(command) is not None


if __name__ == "__main__":
    try:
        ensure()
    except Failed as failure:
        sys.exit(str(failure))
