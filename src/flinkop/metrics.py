"""The operator's metrics. Names of the machinery's are those of controller-runtime and client-go, so that known dashboards fit."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

QUEUE_DEPTH = Gauge("workqueue_depth", "Keys that wait for a worker.", ["name"])
QUEUE_ADDS = Counter("workqueue_adds_total", "Keys that were added.", ["name"])
QUEUE_WAIT = Histogram("workqueue_queue_duration_seconds", "How long keys waited for a worker, in seconds.", ["name"])
RECONCILES = Counter("controller_runtime_reconcile_total", "Passes by result.", ["controller", "result"])
RECONCILE_TIME = Histogram("controller_runtime_reconcile_time_seconds", "How long passes took, in seconds.", ["controller"])
KUBE_REQUESTS = Counter("rest_client_requests_total", "Requests to the API server; code 0 is no answer.", ["method", "resource", "code"])
FLINK_REQUESTS = Counter("flinkop_flink_requests_total", "Requests to JobManagers by outcome.", ["method", "outcome"])
FLINK_TIME = Histogram("flinkop_flink_request_seconds", "How long JobManagers took to answer, in seconds.", ["method"])
LEADER = Gauge("leader_election_master_status", "1 while this replica acts, 0 while it stands by.", ["name"])
WATCHES = Counter("flinkop_watch_restarts_total", "Watches that ended and were started again, by reason.", ["resource", "reason"])


def observe_kube_request(method: str, resource: str, code: int) -> None:
    """Counts one request to the API server."""
    KUBE_REQUESTS.labels(method, resource, code).inc()


def observe_flink_request(method: str, outcome: str, seconds: float) -> None:
    """Counts one request to a JobManager and its time in seconds."""
    FLINK_REQUESTS.labels(method, outcome).inc()
    FLINK_TIME.labels(method).observe(seconds)
