"""Rules about the jar of a session job, which the operator fetches and Flink is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from flinkop.flinkconf.address import is_restricted
from flinkop.flinkconf.operatoroptions import ARTIFACT_SCHEMES, REFUSE_RESTRICTED_HOSTS
from flinkop.flinkconf.option import InvalidOption
from flinkop.validation.violation import Violation

_PATH = "spec.job.jarURI"
_IN_THE_IMAGE = "local"
_SCHEME = re.compile("[a-zA-Z][a-zA-Z0-9+.-]*")
_WITH_A_HOST = ("http", "https")


@dataclass(frozen=True, slots=True)
class JarSources:
    """From where the operator fetches jars. `local:` is always allowed: those jars are in the image and nothing is fetched."""

    schemes: frozenset[str]
    restricts_hosts: bool


def sources_in(conf: Mapping[str, str]) -> JarSources:
    """What a configuration says of them. Values that cannot be read count as absent: another rule tells of them."""
    try:
        return JarSources(frozenset(ARTIFACT_SCHEMES.read(conf)), REFUSE_RESTRICTED_HOSTS.read(conf))
    except InvalidOption:
        return sources_in({})


def check_jar_uri(uri: str, sources: JarSources) -> Iterator[Violation]:
    """What is wrong with the place of a jar. Names of hosts are resolved when the jar is fetched, and checked then.

    The violations hold nothing of the URI but its scheme, for it may have a password.
    """
    parts = _split(uri)
    if parts is None:
        yield Violation(_PATH, "is not a URI with a scheme", "write for example https://repository.example.com/job.jar")
    elif parts.scheme not in (_IN_THE_IMAGE, *sources.schemes):
        allowed = ", ".join(sorted({_IN_THE_IMAGE, *sources.schemes}))
        remedy = f"use one of {allowed}, or have it added to {ARTIFACT_SCHEMES.key} in the operator's configuration"
        yield Violation(_PATH, f"has the scheme {parts.scheme}, from which the operator fetches nothing", remedy)
    elif parts.scheme in _WITH_A_HOST:
        yield from _check_host(parts, sources)


def _split(uri: str) -> SplitResult | None:
    """None when it is not a URI with a scheme."""
    try:
        parts = urlsplit(uri.strip())
        _ = parts.hostname, parts.port  # a port that is no number raises
    except ValueError:
        return None
    return parts if _SCHEME.fullmatch(parts.scheme) and not re.search(r"\s", uri.strip()) else None


def _check_host(parts: SplitResult, sources: JarSources) -> Iterator[Violation]:
    if not parts.hostname:
        yield Violation(_PATH, "names no host", f"write {parts.scheme}://host/path/job.jar")
    elif sources.restricts_hosts and _is_restricted(parts.hostname):
        remedy = f"use a public host, or have {REFUSE_RESTRICTED_HOSTS.key} set to false in the operator's configuration"
        yield Violation(_PATH, "names a host that is not public, from which the operator fetches nothing", remedy)


def _is_restricted(host: str) -> bool:
    """Whether it is known without asking anybody that the host is not a public one."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return _is_address(name) and is_restricted(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
