"""All metrics that the operator has. Names of the machinery's are those of controller-runtime and client-go, so that known dashboards fit.

Two sorts: instruments, which the code moves when something happens, and families, whose values are read from the caches when somebody asks
(`flinkop.monitoring`). Times of day are in seconds since 1970, so that a value changes only when something happens: an age is `time() - x`.
"""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

_SECONDS_OF_A_QUEUE = (0.0001, 0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300)
_SECONDS_OF_A_PASS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_SECONDS_OF_A_REQUEST = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30)
_SECONDS_OF_A_CHANGE = (1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 300, 600, 1800, 3600)

QUEUE_DEPTH = Gauge("workqueue_depth", "Keys that wait for a worker.", ["name"])
QUEUE_ADDS = Counter("workqueue_adds_total", "Keys that were added.", ["name"])
QUEUE_WAIT = Histogram(
    "workqueue_queue_duration_seconds", "How long keys waited for a worker, in seconds.", ["name"], buckets=_SECONDS_OF_A_QUEUE
)
QUEUE_WORK = Histogram(
    "workqueue_work_duration_seconds", "How long keys were worked on, in seconds.", ["name"], buckets=_SECONDS_OF_A_QUEUE
)
QUEUE_RETRIES = Counter("workqueue_retries_total", "Keys that were added again because a pass failed.", ["name"])

RECONCILES = Counter("controller_runtime_reconcile_total", "Passes by result.", ["controller", "result"])
RECONCILE_ERRORS = Counter("controller_runtime_reconcile_errors_total", "Passes that failed.", ["controller"])
RECONCILE_TERMINAL_ERRORS = Counter(
    "controller_runtime_terminal_reconcile_errors_total", "Passes that failed for a cause that does not pass by itself.", ["controller"]
)
RECONCILE_TIME = Histogram(
    "controller_runtime_reconcile_time_seconds", "How long passes took, in seconds.", ["controller"], buckets=_SECONDS_OF_A_PASS
)
WORKERS = Gauge("controller_runtime_max_concurrent_reconciles", "How many passes may be under way at once.", ["controller"])
ACTIVE_WORKERS = Gauge("controller_runtime_active_workers", "Passes under way.", ["controller"])

KUBE_REQUESTS = Counter("rest_client_requests_total", "Requests to the API server; code 0 is no answer.", ["method", "resource", "code"])
KUBE_TIME = Histogram(
    "rest_client_request_duration_seconds",
    "How long the API server took to answer, in seconds, without watches.",
    ["verb", "resource"],
    buckets=_SECONDS_OF_A_REQUEST,
)
FLINK_REQUESTS = Counter("flinkop_flink_requests_total", "Requests to JobManagers by outcome.", ["method", "outcome"])
FLINK_TIME = Histogram("flinkop_flink_request_seconds", "How long JobManagers took to answer, in seconds.", ["method"])
LEADER = Gauge("leader_election_master_status", "1 while this replica acts, 0 while it stands by.", ["name"])
WATCHES = Counter("flinkop_watch_restarts_total", "Watches that ended and were started again, by reason.", ["resource", "reason"])
LISTS = Counter("flinkop_informer_lists_total", "Lists that filled a cache; the first is that of the start.", ["resource"])
BUILD = Gauge("flinkop_build_info", "1; the version is a label.", ["version"])

TRANSITIONS = Histogram(
    "flinkop_transition_seconds",
    "How long changes that were wanted took, in seconds.",
    ["kind", "transition"],
    buckets=_SECONDS_OF_A_CHANGE,
)
STARTS = Counter("flinkop_starts_total", "Starts of clusters and jobs by what they restored from.", ["kind", "restore"])
RESTARTS = Counter("flinkop_restarts_total", "Starts that nobody asked for: a job had failed, or was not well.", ["kind"])
SNAPSHOTS = Counter(
    "flinkop_snapshots_total", "Savepoints and checkpoints that were asked for, by what became of them.", ["kind", "snapshot", "result"]
)
RESCALES = Counter("flinkop_rescales_total", "Jobs that were scaled without a restart.", ["kind"])
EVENTS_RECORDED = Counter("flinkop_events_total", "Events that were recorded about resources.", ["kind", "type", "reason"])
EVENTS_DROPPED = Counter("flinkop_events_dropped_total", "Events that were recorded and not written, by cause.", ["kind", "cause"])


@dataclass(frozen=True, slots=True)
class Family:
    """A gauge whose values are read when somebody asks. `labels` come after those of the resource, where it is one resource's."""

    name: str
    text: str
    labels: tuple[str, ...] = ()


OF_A_RESOURCE = ("kind", "namespace", "name")

PHASE = Family("flinkop_resource_phase", "1; the phase is a label.", ("phase",))
SINCE = Family("flinkop_resource_phase_since_timestamp_seconds", "Since when the resource is where it is.")
JOB_STATE = Family("flinkop_resource_job_state", "1; the state of the job, as Flink reported it last, is a label.", ("state",))
CONDITION = Family("flinkop_resource_condition", "1 while the condition is true, else 0.", ("condition",))
RESTORE = Family("flinkop_resource_restore", "1; from what the last start restored, and why, are labels.", ("source", "reason"))
STARTED = Family("flinkop_resource_started_timestamp_seconds", "When the cluster or job that runs now was started.")
ATTEMPTS = Family("flinkop_resource_start_attempts", "Starts in a row that nobody asked for, as of the last start.")
JOB_RESTARTS = Family("flinkop_resource_job_restarts", "Restarts of the job within its cluster that the health check counts from.")
LAST_SAVEPOINT = Family("flinkop_resource_last_savepoint_timestamp_seconds", "When the last savepoint was asked for that was completed.")
LAST_CHECKPOINT = Family(
    "flinkop_resource_last_checkpoint_timestamp_seconds", "When the last checkpoint was asked for, by a resource, that was completed."
)
TASK_MANAGERS = Family("flinkop_resource_task_managers", "How many TaskManagers the deployed spec asks for.")
BEHIND = Family("flinkop_resource_generations_behind", "Changes of the spec that were not taken up yet.")

RESOURCES = Family("flinkop_resources", "Resources by phase.", ("kind", "phase"))
JOBS = Family("flinkop_jobs", "Resources by the state of their job.", ("kind", "state"))
CONDITIONS = Family("flinkop_resources_by_condition", "Resources for which the condition is true.", ("kind", "condition"))
LEFT_OUT = Family("flinkop_resources_without_series", "Resources beyond the limit: they are in the totals only.", ("kind",))
UNFINISHED = Family("workqueue_unfinished_work_seconds", "Seconds of work under way, of all keys together.", ("name",))
LONGEST = Family("workqueue_longest_running_processor_seconds", "How long the oldest pass under way has taken, in seconds.", ("name",))
CACHED = Family("flinkop_informer_objects", "Objects in the cache.", ("resource",))
SILENCE = Family(
    "flinkop_informer_silence_seconds", "Since when the API server has not been heard from; a quiet watch tells each minute.", ("resource",)
)
SYNCED = Family("flinkop_informer_synced", "1 when the cache has been filled.", ("resource",))

FAMILIES = (
    *(RESOURCES, JOBS, CONDITIONS, LEFT_OUT, UNFINISHED, LONGEST, CACHED, SILENCE, SYNCED),
    *(PHASE, SINCE, JOB_STATE, CONDITION, RESTORE, STARTED, ATTEMPTS, JOB_RESTARTS, LAST_SAVEPOINT, LAST_CHECKPOINT, TASK_MANAGERS, BEHIND),
)
"""All that are read when somebody asks, but the established names (`flinkop.monitoring.established`)."""


def observe_kube_request(method: str, resource: str, code: int, seconds: float | None = None) -> None:
    """Counts one request to the API server, and its time in seconds where it has one."""
    KUBE_REQUESTS.labels(method, resource, code).inc()
    if seconds is not None:
        KUBE_TIME.labels(method, resource).observe(seconds)


def observe_flink_request(method: str, outcome: str, seconds: float) -> None:
    """Counts one request to a JobManager and its time in seconds."""
    FLINK_REQUESTS.labels(method, outcome).inc()
    FLINK_TIME.labels(method).observe(seconds)
