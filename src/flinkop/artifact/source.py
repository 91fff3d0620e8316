"""Where a jar comes from, read from `spec.job.jarURI`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from flinkop.errors import InvalidSpec
from flinkop.redaction import HIDDEN, redact

FIELD: Final = "spec.job.jarURI"
LOCAL: Final = "local"
OBJECT_STORES: Final = frozenset({"s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss"})
_HTTP = frozenset({"http", "https"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Http:
    """By http or https."""

    url: str


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of the operator's pod."""

    path: str


@dataclass(frozen=True, slots=True)
class InImage:
    """A file of the session cluster's image, on JobManager and TaskManagers alike: its bytes are not moved."""

    path: str


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """An object in S3, Google Cloud Storage or Azure."""

    url: str


Source = Http | LocalFile | InImage | ObjectStore


def parse_source(uri: str) -> Source:
    """The source that a jarURI names. Raises InvalidSpec."""
    scheme, parts = scheme_of(uri), _split(uri)
    if scheme in _HTTP:
        if not parts.hostname:
            raise _invalid(uri, "has no host; write for example https://repo.example.com/my-job.jar")
        return Http(uri)
    if scheme in OBJECT_STORES:
        if not parts.netloc or not parts.path.strip("/"):
            raise _invalid(uri, f"names no object; write for example {scheme}://bucket/my-job.jar")
        return ObjectStore(uri)
    if scheme == "file":
        return LocalFile(_path(uri, parts))
    if scheme == LOCAL:
        return InImage(_path(uri, parts))
    raise _invalid(uri, f"has the scheme '{scheme}', which is not known; use https, http, local, file, s3, gs or abfs")


def place_of(source: Source) -> str:
    """The server, or the bucket, that a jar comes from; empty for files."""
    match source:
        case Http(url) | ObjectStore(url):
            return urlsplit(url).netloc.rpartition("@")[2].lower()
        case LocalFile() | InImage():
            return ""


def scheme_of(uri: str) -> str:
    """The scheme of a jarURI, in lower case. Raises InvalidSpec when there is none."""
    if _BLANK_OR_CONTROL.search(uri):
        raise _invalid(uri, "is not a URI: it contains a blank or a control character; write %20 for a blank")
    found = _SCHEME.match(uri)
    if found is None:
        raise _invalid(uri, "has no scheme; write for example https://repo.example.com/my-job.jar or local:///opt/flink/usrlib/my-job.jar")
    return found[1].lower()


def shown(uri: str) -> str:
    """The URI for people: without user and fragment, and with the values of the query hidden, which sign URLs."""
    head, _, query = uri.partition("#")[0].partition("?")
    names = [pair.partition("=")[0] for pair in query.split("&")] if query else []
    text = redact(head) + ("?" + "&".join(f"{name}={HIDDEN}" for name in names) if names else "")
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _split(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # is looked at only now
    except ValueError:
        raise _invalid(uri, "is not a URI; check its host and port") from None
    return parts


def _path(uri: str, parts: SplitResult) -> str:
    """Both `local:///a` and `local:/a` are `/a`."""
    path = unquote(parts.path)
    if parts.netloc or parts.query or not path.startswith("/") or path.endswith("/") or "\0" in path:
        raise _invalid(uri, f"is not the path of a file; write {parts.scheme}:// and an absolute path: {parts.scheme}:///opt/my-job.jar")
    return path


def _invalid(uri: str, problem: str) -> InvalidSpec:
    return InvalidSpec(f"{FIELD}: '{shown(uri)}' {problem}")
