"""Rules about the jar of a session job, which the operator fetches and Flink is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from flinkop.validation.violation import Violation

_PATH = "spec.job.jarURI"
_IN_THE_IMAGE = "local"
_SCHEME = re.compile("[a-zA-Z][a-zA-Z0-9+.-]*")
_WITH_A_HOST = ("http", "https")
_SCHEMES_KEY = "kubernetes.operator.user.artifacts.allowed-schemes"
_HOSTS_KEY = "kubernetes.operator.user.artifacts.disallow-restricted-hosts"


@dataclass(frozen=True, slots=True)
class ArtifactPolicy:
    """From where the operator fetches jars. `local:` is always allowed: those jars are in the image and nothing is fetched."""

    schemes: frozenset[str] = frozenset({"https"})
    restricts_hosts: bool = True


def check_jar_uri(uri: str, policy: ArtifactPolicy) -> Iterator[Violation]:
    """What is wrong with the place of a jar. Names of hosts are resolved when the jar is fetched, and checked then.

    The violations hold nothing of the URI but its scheme, for it may have a password.
    """
    parts = _split(uri)
    if parts is None:
        yield Violation(_PATH, "is not a URI with a scheme", "write for example https://repository.example.com/job.jar")
    elif parts.scheme not in (_IN_THE_IMAGE, *policy.schemes):
        allowed = ", ".join(sorted({_IN_THE_IMAGE, *policy.schemes}))
        remedy = f"use one of {allowed}, or have it added to {_SCHEMES_KEY} in the operator's configuration"
        yield Violation(_PATH, f"has the scheme {parts.scheme}, from which the operator fetches nothing", remedy)
    elif parts.scheme in _WITH_A_HOST:
        yield from _check_host(parts, policy)


def _split(uri: str) -> SplitResult | None:
    """None when it is not a URI with a scheme."""
    try:
        parts = urlsplit(uri.strip())
        _ = parts.hostname, parts.port  # a port that is no number raises
    except ValueError:
        return None
    return parts if _SCHEME.fullmatch(parts.scheme) and not re.search(r"\s", uri.strip()) else None


def _check_host(parts: SplitResult, policy: ArtifactPolicy) -> Iterator[Violation]:
    if not parts.hostname:
        yield Violation(_PATH, "names no host", f"write {parts.scheme}://host/path/job.jar")
    elif policy.restricts_hosts and _is_restricted(parts.hostname):
        remedy = f"use a public host, or have {_HOSTS_KEY} set to false in the operator's configuration"
        yield Violation(_PATH, "names a host that is not public, from which the operator fetches nothing", remedy)


def _is_restricted(host: str) -> bool:
    """Whether it is known without asking anybody that the host is not a public one."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return is_restricted_address(ip_address(name))
    except ValueError:
        return False


def is_restricted_address(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is anything but public: loopback, private, link-local, multicast, or none in particular."""
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_global or (mapped or address).is_multicast
