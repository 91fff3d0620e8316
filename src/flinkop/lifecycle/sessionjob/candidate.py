"""A restore point that is likely and not certain: it is told, with the command that takes it, and left to people."""

from __future__ import annotations

import json
import shlex

from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.record import Record

_NONCE = "savepointRedeployNonce"


def candidate_words(record: Record, desired: Desired) -> str:
    """Of a job that was stopped, came back from high-availability metadata and was lost then: where it was stopped. Else empty.

    It may have completed a newer checkpoint after it came back, with which its sinks have committed: nobody can tell from here.
    """
    path = record.savepoint_path
    if path is None:
        return ""
    specs = (record.reconciled or {}, desired.spec)
    nonce = max((spec.get("job") or {}).get(_NONCE) or 0 for spec in specs) + 1
    patch = json.dumps({"spec": {"job": {"initialSavepointPath": path, _NONCE: nonce}}})
    return (
        f"Before it came back it was stopped at {path}: the likely restore point, if it has made no checkpoint since. To go on from there: "
        f"kubectl patch KIND NAME --type merge -p {shlex.quote(patch)} "
    )
