"""The API server's audit log: who asked for what. Benchmarks count requests with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.pki import ADMIN


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was answered. `resource` has its subresource behind a slash."""

    user: str
    agent: str
    verb: str
    resource: str
    code: int


def write_policy(path: Path) -> Path:
    """The audit policy: all requests without bodies, but for the administrator's and the API server's own."""
    rules = [{"level": "None", "users": [ADMIN, "system:apiserver"]}, {"level": "Metadata"}]
    path.write_text(json.dumps({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": rules}))
    return path


def flags(policy: Path, log: Path) -> list[str]:
    """The flags of kube-apiserver."""
    return [f"--audit-policy-file={policy}", f"--audit-log-path={log}", "--audit-log-maxsize=500", "--audit-log-maxbackup=2"]


def read(log: Path, offset: int = 0) -> Iterator[Request]:
    """The requests of the log from byte `offset` on."""
    if not log.exists():
        return
    with log.open("rb") as file:
        file.seek(offset)
        for line in file:
            if line.endswith(b"\n"):
                yield _request(json.loads(line))


def count(requests: Iterator[Request], agent: str) -> Counter[tuple[str, str]]:
    """Requests by verb and resource of clients whose user agent begins with `agent`."""
    return Counter((request.verb, request.resource) for request in requests if request.agent.startswith(agent))


def _request(entry: dict[str, object]) -> Request:
    target = entry.get("objectRef") or {}
    assert isinstance(target, dict)
    resource = "/".join(part for part in (target.get("resource"), target.get("subresource")) if part)
    user, status = entry.get("user") or {}, entry.get("responseStatus") or {}
    assert isinstance(user, dict)
    assert isinstance(status, dict)
    return Request(str(user.get("username")), str(entry.get("userAgent")), str(entry["verb"]), resource, int(status.get("code") or 0))
