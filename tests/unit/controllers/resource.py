"""FlinkDeployments as the API server gives them, healthy by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.controllers.desire import Wish, read_wish
from flinkop.controllers.view import FINALIZER
from flinkop.lifecycle.record import Record

KEY = ("team", "job")
_SPEC: dict[str, Any] = {
    "image": "flink:1.20",
    "flinkVersion": "v1_20",
    "serviceAccount": "flink",
    "flinkConfiguration": {"state.savepoints.dir": "s3://s", "state.checkpoints.dir": "s3://c"},
    "jobManager": {"resource": {"cpu": 1, "memory": "1024m"}},
    "taskManager": {"resource": {"cpu": 1, "memory": "1024m"}},
    "job": {"jarURI": "local:///job.jar", "parallelism": 1, "upgradeMode": "savepoint"},
}


def a_spec(**changes: Any) -> dict[str, Any]:
    """A spec with top-level fields replaced; `job` and `flinkConfiguration` are changed entry by entry."""
    merged = {name: {**_SPEC[name], **changes.pop(name)} for name in ("job", "flinkConfiguration") if changes.get(name) is not None}
    return {**_SPEC, **changes, **merged}


def a_resource(spec: Mapping[str, Any] | None = None, *, deleted: bool = False, **metadata: Any) -> dict[str, Any]:
    """A resource with a finalizer; `deleted`: its deletion was asked for."""
    stamps = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {}
    identity = {"namespace": KEY[0], "name": KEY[1], "uid": "owner", "generation": 2, "resourceVersion": "7", "finalizers": [FINALIZER]}
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "metadata": {**identity, **stamps, **metadata},
        "spec": a_spec() if spec is None else spec,
    }


def a_wish(resource: Mapping[str, Any] | None = None, record: Record | None = None) -> Wish:
    """What such a resource asks for."""
    wish = read_wish(resource or a_resource(), record or Record(), lambda *_: {})
    assert isinstance(wish, Wish), wish
    return wish
