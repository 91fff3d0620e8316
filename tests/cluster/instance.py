"""Names and addresses of one local cluster, so that several live on one machine and never meet."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import place
from tests.cluster.process import Failed, locked

_SUBNETS = range(0, 200)
_NETWORK_NAMESPACES = Path("/run/netns")


@dataclass(frozen=True, slots=True)
class Instance:
    """`number` is unique among the instances of this machine; all names and addresses come from it."""

    name: str
    number: int

    @property
    def home(self) -> Path:
        """Certificates, data, logs and kubeconfig."""
        return place.state() / self.name

    @property
    def prefix(self) -> str:
        """What its network namespaces and interfaces begin with. Interface names are at most 15 characters long."""
        return f"fk{self.number}"

    @property
    def control_plane(self) -> str:
        """The network namespace of the control plane."""
        return self.prefix

    def node_namespace(self, node: int) -> str:
        """The network namespace of a node."""
        return f"{self.prefix}-n{node}"

    @property
    def subnet(self) -> str:
        """The first three bytes of the cluster's own network."""
        return f"10.199.{self.number}"

    @property
    def gateway(self) -> str:
        """The control plane's address: kube-apiserver and CoreDNS."""
        return f"{self.subnet}.1"

    @property
    def host(self) -> str:
        """This machine's address in the cluster's network."""
        return f"{self.subnet}.254"

    def address(self, node: int) -> str:
        """A node's address."""
        return f"{self.subnet}.{10 + node}"

    @property
    def cgroup(self) -> str:
        """The cgroup that all its processes are born in."""
        return f"flinkop-{self.number}"

    @property
    def run_directory(self) -> Path:
        """Sockets and mounts of its containerds: paths of sockets must be short."""
        return Path("/run") / self.cgroup


def allocate(name: str) -> Instance:
    """The instance of that name: the same number every time, a free one for a new name."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,20}", name):
        raise Failed(f"instance name {name!r}: write at most 21 lower-case letters, digits and dashes")
    with locked(place.state() / "instances.lock"):
        numbers = _read()
        if name not in numbers:
            numbers[name] = _free(set(numbers.values()))
            _table().write_text(json.dumps(numbers))
    return Instance(name, numbers[name])


def forget(name: str) -> None:
    """Gives the number of that name back."""
    with locked(place.state() / "instances.lock"):
        numbers = _read()
        numbers.pop(name, None)
        _table().write_text(json.dumps(numbers))


def known() -> list[Instance]:
    """All instances that have a number."""
    return [Instance(name, number) for name, number in sorted(_read().items())]


def _free(taken: set[int]) -> int:
    """A number that nobody has, and that nothing on this machine looks like: state may have been deleted under running clusters."""
    for number in _SUBNETS:
        if number not in taken and not (_NETWORK_NAMESPACES / f"fk{number}").exists():
            return number
    raise Failed("no free number for another local cluster; take one down with `python -m tests.cluster down NAME`")


def _table() -> Path:
    return place.state() / "instances.json"


def _read() -> dict[str, int]:
    table = _table()
    return dict(json.loads(table.read_text())) if table.exists() else {}
