"""Resources as the caches hold them, for tests of what metrics tell about them."""

from __future__ import annotations

from typing import Any

STARTED = 1764460800.0  # 2025-11-30T00:00:00Z


def a_resource(name: str = "orders", namespace: str = "shop", **status: Any) -> dict[str, Any]:
    """One that runs; keyword arguments are fields of its status."""
    when = "2025-11-30T00:00:00Z"
    healthy = {
        "phase": "Running",
        "lifecycleState": "STABLE",
        "observedGeneration": 2,
        "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": when},
            {"type": "Stalled", "status": "False", "lastTransitionTime": when},
        ],
        "jobStatus": {"state": "RUNNING"},
        "start": {"startedAt": "2025-11-29T23:59:00.5Z"},
        "jobManagerDeploymentStatus": "READY",
        "clusterInfo": {"flink-version": "1.20.5"},
    }
    metadata = {"name": name, "namespace": namespace, "generation": 2, "creationTimestamp": "2025-11-01T00:00:00Z"}
    return {"metadata": metadata, "status": {**healthy, **status}}
