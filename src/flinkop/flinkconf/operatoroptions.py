"""The `kubernetes.operator.*` options, under the names and with the defaults of the established operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from flinkop.flinkconf.duration import parse_duration
from flinkop.flinkconf.establishedoptions import AUTOSCALER_PREFIX, NOT_YET, NOT_YET_PREFIXES, PREFIX, reason_against
from flinkop.flinkconf.memory import parse_flink_memory
from flinkop.flinkconf.option import MapOption, Option, boolean, count, decimal, integer, one_of
from flinkop.flinkconf.schedule import Schedule, parse_schedule
from flinkop.flinkconf.syntax import parse_list, parse_map

NAMESPACE_DEFAULTS = f"{PREFIX}default-configuration.namespace."
VERSION_DEFAULTS = f"{PREFIX}default-configuration.flink-version."

# The established operator's word for "no namespace in particular".
_ALL_NAMESPACES = "JOSDK_ALL_NAMESPACES"

T = TypeVar("T")


class SavepointFormat(StrEnum):
    """How Flink writes a savepoint: portable between state backends, or in the backend's own form, which is faster."""

    CANONICAL = "CANONICAL"
    NATIVE = "NATIVE"


class CheckpointType(StrEnum):
    """What a checkpoint that is asked for holds: all of the state, or what is new since the last one."""

    FULL = "FULL"
    INCREMENTAL = "INCREMENTAL"


def _resource(key: str, default: T, parse: Callable[[str], T], description: str, *fallback_keys: str) -> Option[T]:
    """An option that a resource may override in its `flinkConfiguration`."""
    return Option(PREFIX + key, default, parse, tuple(PREFIX + old for old in fallback_keys), False, description)


def _system(key: str, default: T, parse: Callable[[str], T], description: str, *fallback_keys: str) -> Option[T]:
    """An option that is read from the operator's own configuration only."""
    return Option(PREFIX + key, default, parse, tuple(PREFIX + old for old in fallback_keys), True, description)


def _optional_text(text: str) -> str | None:
    return text.strip() or None


def _namespaces(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    return () if names == (_ALL_NAMESPACES,) else names


def _schemes(text: str) -> tuple[str, ...]:
    return tuple(scheme.strip().lower() for scheme in parse_list(text) if scheme.strip())


def _word(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        word = text.strip().lower()
        if word not in words:
            raise ValueError(f"'{text}' is not one of the values; write {' or '.join(words)}")
        return word

    return parse


def _optional_word(*words: str) -> Callable[[str], str | None]:
    parse = _word(*words)
    return lambda text: parse(text) if text.strip() else None


def _directories(text: str) -> tuple[str, ...]:
    directories = tuple(parse_list(text))
    for directory in directories:
        if not directory.startswith("/"):
            raise ValueError(f"'{directory}' is not an absolute path; write for example /opt/jars")
    return directories


RECONCILE_INTERVAL = _system(
    "reconcile.interval",
    timedelta(minutes=1),
    parse_duration,
    "How often a resource at rest is looked at, besides at every change.",
    "reconciler.reschedule.interval",
)
PROGRESS_CHECK_INTERVAL = _system(
    "observer.progress-check.interval",
    timedelta(seconds=10),
    parse_duration,
    "How often a resource is looked at while something is in progress.",
)
REST_READY_DELAY = _system(
    "observer.rest-ready.delay",
    timedelta(seconds=10),
    parse_duration,
    "Has no effect: a JobManager that is up and does not answer yet is asked every second.",
)
RECONCILE_PARALLELISM = _system(
    "reconcile.parallelism",
    50,
    integer,
    "How many resources may be worked on at once, at least 1000: here this costs no threads, and JobManagers that hang hold up no other.",
    "reconciler.max.parallelism",
)
FLINK_CLIENT_TIMEOUT = _system(
    "flink.client.timeout",
    timedelta(seconds=10),
    parse_duration,
    "How long a JobManager may take to answer a request.",
    "observer.flink.client.timeout",
)
CANCEL_TIMEOUT = _system(
    "flink.client.cancel.timeout",
    timedelta(minutes=1),
    parse_duration,
    "How long a job may take to be cancelled.",
    "reconciler.flink.cancel.job.timeout",
)
RESOURCE_CLEANUP_TIMEOUT = _system(
    "resource.cleanup.timeout",
    timedelta(minutes=5),
    parse_duration,
    "How long a cluster may take to shut down.",
    "reconciler.flink.cluster.shutdown.timeout",
)
TERMINATION_TIMEOUT = _system(
    "termination.timeout",
    timedelta(seconds=10),
    parse_duration,
    "How long passes under way may take to finish when the operator shuts down.",
)
RETRY_INITIAL_INTERVAL = _system(
    "retry.initial.interval", timedelta(seconds=5), parse_duration, "Has no effect: a pass that failed is made again after 0.2 s."
)
RETRY_MULTIPLIER = _system("retry.interval.multiplier", 1.5, decimal, "Has no effect: the pause doubles with each failure.")
RETRY_MAX_INTERVAL: Option[timedelta | None] = _system("retry.max.interval", None, parse_duration, "Has no effect: it is a minute.")
WATCHED_NAMESPACES: Option[tuple[str, ...]] = _system(
    "watched.namespaces",
    (),
    _namespaces,
    "The namespaces to watch, with commas between them; all when not set. The environment variable WATCH_NAMESPACES wins.",
)
LABEL_SELECTOR: Option[str | None] = _system(
    "label.selector", None, _optional_text, "Only resources with labels that match this selector are worked on."
)
LEADER_ELECTION = _system("leader-election.enabled", False, boolean, "Whether replicas of the operator elect one that works.")
LEASE_NAME: Option[str | None] = _system(
    "leader-election.lease-name", None, _optional_text, "The name of the Lease. Needed with leader election."
)
LEASE_DURATION = _system(
    "leader-election.lease-duration",
    timedelta(seconds=15),
    parse_duration,
    "How long a leader that is silent stays the leader.",
)
RENEW_DEADLINE = _system(
    "leader-election.renew-deadline",
    timedelta(seconds=10),
    parse_duration,
    "How long a leader tries to renew the Lease before it gives up.",
)
RETRY_PERIOD = _system(
    "leader-election.retry-period", timedelta(seconds=2), parse_duration, "The pause between two tries to get or renew the Lease."
)
HEALTH_PROBE = _system("health.probe.enabled", True, boolean, "Whether the operator's health endpoints are served.")
HEALTH_PROBE_PORT = _system("health.probe.port", 8085, integer, "The port of the operator's health endpoints.")
RESOURCE_METRICS = _system(
    "resource.metrics.enabled",
    True,
    boolean,
    "Whether each resource has metrics of its own. Totals by phase, job state and condition are there in any case.",
)
RESOURCE_METRICS_LIMIT = _system(
    "resource.metrics.limit",
    5000,
    integer,
    "How many resources may have metrics of their own. `flinkop_resources_without_series` tells how many were left out.",
)
ESTABLISHED_METRIC_NAMES = _system(
    "resource.metrics.established-names.enabled",
    False,
    boolean,
    "Whether counts of resources are there under the established operator's metric names too, for dashboards that exist.",
)

DYNAMIC_CONFIG = _system(
    "dynamic.config.enabled",
    True,
    boolean,
    "Whether the operator's configuration is read again while it runs. A wrong one is named in the log and changes nothing.",
)
DYNAMIC_CONFIG_INTERVAL = _system(
    "dynamic.config.check.interval",
    timedelta(minutes=5),
    parse_duration,
    "How often it is read again.",
)
MANAGE_INGRESS = _system(
    "ingress.manage",
    True,
    boolean,
    "Whether the operator makes the Ingress that `spec.ingress` asks for. If not, it neither makes nor watches any.",
)
BLOCK_ON_SESSION_JOBS = _resource(
    "session.deletion.block-on-session-jobs",
    True,
    boolean,
    "Whether a session cluster that is deleted stays while FlinkSessionJobs refer to it.",
)
BLOCK_ON_UNMANAGED_JOBS = _resource(
    "session.deletion.block-on-unmanaged-jobs",
    True,
    boolean,
    "Whether a session cluster that is deleted stays while jobs run on it.",
    "session.block-on-unmanaged-jobs",
)
READINESS_TIMEOUT = _resource(
    "deployment.readiness.timeout", timedelta(minutes=5), parse_duration, "How long a new deployment may take to become stable."
)
STARTUP_PROBE = _resource(
    "jm-deployment.startup.probe.enabled",
    True,
    boolean,
    "Whether the JobManager pod gets a startup probe, so that one that cannot start its job does not count as ready.",
)
RECOVERY = _resource(
    "jm-deployment-recovery.enabled",
    True,
    boolean,
    "Whether a JobManager Deployment that was lost is made again.",
    "reconciler.jm-deployment-recovery.enabled",
)
SHUTDOWN_TTL = _resource(
    "jm-deployment.shutdown-ttl",
    timedelta(days=1),
    parse_duration,
    "How long the JobManager of a job that has ended stays up.",
)
ROLLBACK = _resource(
    "deployment.rollback.enabled",
    False,
    boolean,
    "Whether a spec that is not stable within `deployment.readiness.timeout`, or whose job fails, gives way to the last stable one.",
)
INPLACE_SCALING = _resource(
    "job.upgrade.inplace-scaling.enabled",
    True,
    boolean,
    "Whether changed `pipeline.jobvertex-parallelism-overrides` are told to the running job: native mode, from Flink 1.18 on, with the "
    "adaptive scheduler. Where that is not possible the job is restarted.",
)
RESTART_FAILED = _resource(
    "job.restart.failed",
    False,
    boolean,
    "Whether a job that failed is started again from its last state: at once, then after pauses of ten seconds to five minutes.",
)
HEALTH_CHECK = _resource(
    "cluster.health-check.enabled",
    False,
    boolean,
    "Whether a running job that restarts too often, or completes no checkpoint, is started again from its last state.",
)
RESTARTS_THRESHOLD = _resource(
    "cluster.health-check.restarts.threshold", 64, count, "How many restarts of the job within the window are too many."
)
RESTARTS_WINDOW = _resource(
    "cluster.health-check.restarts.window",
    timedelta(minutes=2),
    parse_duration,
    "In which time they are counted, from the first on.",
)
CHECKPOINT_PROGRESS = _resource(
    "cluster.health-check.checkpoint-progress.enabled", True, boolean, "Whether a job that completes no checkpoint is not well."
)
CHECKPOINT_PROGRESS_WINDOW: Option[timedelta | None] = _resource(
    "cluster.health-check.checkpoint-progress.window",
    None,
    parse_duration,
    "In which time a checkpoint has to complete. At least, and when not set: the larger of checkpoint interval and timeout, times the "
    "number of failed checkpoints that are tolerated plus two.",
)
LAST_STATE_FALLBACK = _resource(
    "job.upgrade.last-state-fallback.enabled",
    True,
    boolean,
    "Whether an upgrade by savepoint goes by the last checkpoint when the job is not running.",
)
MAX_CHECKPOINT_AGE: Option[timedelta | None] = _resource(
    "job.upgrade.last-state.max.allowed.checkpoint.age",
    None,
    parse_duration,
    "An upgrade by last-state takes a savepoint when the last checkpoint is older than this.",
)
LAST_STATE_BY_CANCEL = _resource(
    "job.upgrade.last-state.job-cancel.enabled",
    False,
    boolean,
    "Whether an upgrade by last-state cancels the job and reads its last checkpoint, rather than removing the cluster.",
)
SAVEPOINT_ON_DELETION = _resource(
    "job.savepoint-on-deletion", False, boolean, "Whether a deleted job is stopped with a savepoint; the deletion waits for it."
)
DRAIN_ON_DELETION = _resource(
    "job.drain-on-savepoint-deletion",
    False,
    boolean,
    "Whether the savepoint of a deletion drains the job: all windows fire, and the job cannot go on from that savepoint.",
)
SAVEPOINT_FORMAT = _resource(
    "savepoint.format.type", SavepointFormat.CANONICAL, one_of(SavepointFormat), "The format of savepoints: CANONICAL or NATIVE."
)
PERIODIC_SAVEPOINT_INTERVAL: Option[Schedule | None] = _resource(
    "periodic.savepoint.interval",
    None,
    parse_schedule,
    "When a savepoint of the running job is taken: a duration, or a cron expression of Quartz (`0 0 3 * * ?`), in UTC. Empty or 0: never.",
)
PERIODIC_CHECKPOINT_INTERVAL: Option[Schedule | None] = _resource(
    "periodic.checkpoint.interval",
    None,
    parse_schedule,
    "The same for a checkpoint, besides those that Flink takes by itself. Needs Flink 1.17.",
)
CHECKPOINT_TYPE = _resource(
    "checkpoint.type",
    CheckpointType.FULL,
    one_of(CheckpointType),
    "The type of checkpoints that are asked for: FULL or INCREMENTAL.",
)
CHECKPOINT_GRACE = _resource(
    "checkpoint.trigger.grace-period",
    timedelta(minutes=1),
    parse_duration,
    "How much longer than the checkpoint timeout a checkpoint that was asked for is waited for.",
)
SAVEPOINT_GRACE = _resource(
    "savepoint.trigger.grace-period",
    timedelta(minutes=1),
    parse_duration,
    "How much longer than the checkpoint timeout a savepoint of the running job is waited for.",
    "observer.savepoint.trigger.grace-period",
)
IGNORE_PENDING_SAVEPOINT = _resource(
    "job.upgrade.ignore-pending-savepoint", False, boolean, "Whether an upgrade begins although a savepoint is being taken."
)
SAVEPOINT_CLEANUP = _resource(
    "savepoint.cleanup.enabled",
    True,
    boolean,
    "Whether periodic savepoints and those of upgrades are deleted beyond the limits of the history, by Flink.",
)
SNAPSHOT_RESOURCES = _resource(
    "snapshot.resource.enabled",
    True,
    boolean,
    "Whether savepoints and checkpoints that the operator takes are FlinkStateSnapshots; else, and where that kind is not installed, they "
    "are recorded in the status.",
)
DISPOSE_ON_DELETE = _resource(
    "savepoint.dispose-on-delete",
    False,
    boolean,
    "Whether the files of a savepoint that the operator has taken go with its FlinkStateSnapshot.",
)
SAVEPOINT_HISTORY_COUNT = _resource(
    "savepoint.history.max.count", 10, count, "How many periodic savepoints and those of upgrades are kept."
)
SAVEPOINT_HISTORY_AGE = _resource(
    "savepoint.history.max.age", timedelta(days=1), parse_duration, "How long they are kept; the newest always is."
)
SAVEPOINT_HISTORY_COUNT_CEILING: Option[int | None] = _system(
    "savepoint.history.max.count.threshold", None, count, "The most that a resource may set for `savepoint.history.max.count`."
)
SAVEPOINT_HISTORY_AGE_CEILING: Option[timedelta | None] = _system(
    "savepoint.history.max.age.threshold", None, parse_duration, "The most that a resource may set for `savepoint.history.max.age`."
)
MERGE_ARRAYS_BY_NAME = _resource(
    "pod-template.merge-arrays-by-name",
    False,
    boolean,
    "Whether lists of two pod templates are merged by the names of their elements rather than by position.",
)
PROMETHEUS_METRICS = _resource(
    "job.metrics.prometheus.enabled",
    False,
    boolean,
    "Whether Flink's Prometheus reporter is switched on, on port 9249 or `metrics.reporter.flinkop.port`, and pods get the port `metrics`"
    " and the annotations `prometheus.io/*`. Takes effect at the next start.",
)
JOB_SUBMISSION_TIMEOUT = _system(
    "job.submission.timeout",
    timedelta(minutes=10),
    parse_duration,
    "How long each step of submitting a session job may take: fetching its jar, uploading it, running the program.",
)
SQL_RUNNER_IMAGE = _resource(
    "sql-runner.image",
    None,
    _optional_text,
    "The operator's own image, from which an application that is written in SQL gets the program that runs it. The chart sets it.",
)
ARTIFACT_SCHEMES: Option[tuple[str, ...]] = _system(
    "user.artifacts.allowed-schemes",
    ("https",),
    _schemes,
    "From where the jars of session jobs may be fetched, with semicolons between: https, http, file, s3, gs, abfs and so on. A jar of the "
    "session cluster's image (local) is not fetched and always allowed.",
)
ARTIFACT_DIRECTORY = _system(
    "user.artifacts.base.dir", "/opt/flink/artifacts", str.strip, "Where the operator keeps the jars that it has fetched."
)
REFUSE_RESTRICTED_HOSTS = _system(
    "user.artifacts.disallow-restricted-hosts",
    True,
    boolean,
    "Whether a jar cannot be fetched by http or https from addresses that are not public: loopback, private, link-local, multicast and so "
    "on. Each connection is checked, after a redirect too.",
)
ARTIFACT_HEADERS = MapOption(
    f"{PREFIX}user.artifacts.http.header",
    {},
    parse_map,
    description="Headers of the requests that fetch a jar by http or https: `key:value,key:value`. Whoever may read the resource can read "
    "them: keep what is secret in a Secret, see `user.artifacts.headers-from`.",
)
ARTIFACT_HEADERS_FROM: Option[str | None] = _resource(
    "user.artifacts.headers-from",
    None,
    _optional_text,
    "The name of a Secret in the resource's namespace: each of its keys is a header of the requests that fetch a jar, and wins over "
    "`user.artifacts.http.header`.",
)
ARTIFACT_MAX_SIZE = _system("user.artifacts.max-size", 512 * 2**20, parse_flink_memory, "How large a jar that is fetched may be.")
ARTIFACT_FILE_DIRECTORIES: Option[tuple[str, ...]] = _system(
    "user.artifacts.file-directories",
    (),
    _directories,
    "Directories of the operator's pod, with semicolons between, from which `file://` may fetch, besides `user.artifacts.base.dir`.",
)
EXCEPTION_EVENTS_LIMIT = _system(
    "events.exceptions.limit-per-reconciliation",
    10,
    integer,
    "How many exceptions of a job are reported as Events at once, at most; of more the newest.",
)
EXCEPTION_EVENTS_LINES = _system(
    "events.exceptions.stacktrace-lines", 5, integer, "How many lines of the stack trace an Event about an exception of the job has."
)
FLINK_LOG_FORMAT = _resource(
    "flink.log.format",
    "text",
    _word("text", "json"),
    "How JobManager and TaskManagers log, where `spec.logConfiguration` says nothing: `text`, or `json` with one object a line. Takes "
    "effect at the next start.",
)
LOG_LEVEL: Option[str | None] = _system(
    "log.level",
    None,
    _optional_word("debug", "info", "warning", "error"),
    "The least severe lines that are logged: `debug`, `info`, `warning` or `error`. Wins over `--log-level`.",
)
LOG_FORMAT: Option[str | None] = _system(
    "log.format", None, _optional_word("json", "console"), "How a line of the log looks: `json` or `console`. Wins over `--log-format`."
)
LOG_ESTABLISHED_LINES = _system(
    "log.established-lines",
    False,
    boolean,
    "Whether lines in the wording of the established operator are logged too: `>>> Status`, `>>> Event`, and at each look at a resource "
    "at rest that there is nothing to do.",
)

# A wrong value of these is told, and the operator goes on as if it were not there: no job should wait for a mistake about the log.
TOLERATED: tuple[Option[Any], ...] = (LOG_LEVEL, LOG_FORMAT, LOG_ESTABLISHED_LINES)

# Everything above, in the order of the documentation.
ALL: tuple[Option[Any], ...] = (
    RECONCILE_INTERVAL,
    PROGRESS_CHECK_INTERVAL,
    REST_READY_DELAY,
    RECONCILE_PARALLELISM,
    FLINK_CLIENT_TIMEOUT,
    CANCEL_TIMEOUT,
    RESOURCE_CLEANUP_TIMEOUT,
    TERMINATION_TIMEOUT,
    RETRY_INITIAL_INTERVAL,
    RETRY_MULTIPLIER,
    RETRY_MAX_INTERVAL,
    WATCHED_NAMESPACES,
    LABEL_SELECTOR,
    LEADER_ELECTION,
    LEASE_NAME,
    LEASE_DURATION,
    RENEW_DEADLINE,
    RETRY_PERIOD,
    HEALTH_PROBE,
    HEALTH_PROBE_PORT,
    RESOURCE_METRICS,
    RESOURCE_METRICS_LIMIT,
    ESTABLISHED_METRIC_NAMES,
    DYNAMIC_CONFIG,
    DYNAMIC_CONFIG_INTERVAL,
    MANAGE_INGRESS,
    READINESS_TIMEOUT,
    STARTUP_PROBE,
    RECOVERY,
    SHUTDOWN_TTL,
    ROLLBACK,
    INPLACE_SCALING,
    RESTART_FAILED,
    HEALTH_CHECK,
    RESTARTS_THRESHOLD,
    RESTARTS_WINDOW,
    CHECKPOINT_PROGRESS,
    CHECKPOINT_PROGRESS_WINDOW,
    LAST_STATE_FALLBACK,
    MAX_CHECKPOINT_AGE,
    LAST_STATE_BY_CANCEL,
    SAVEPOINT_ON_DELETION,
    DRAIN_ON_DELETION,
    SAVEPOINT_FORMAT,
    PERIODIC_SAVEPOINT_INTERVAL,
    SAVEPOINT_GRACE,
    PERIODIC_CHECKPOINT_INTERVAL,
    CHECKPOINT_TYPE,
    CHECKPOINT_GRACE,
    IGNORE_PENDING_SAVEPOINT,
    SAVEPOINT_CLEANUP,
    SNAPSHOT_RESOURCES,
    DISPOSE_ON_DELETE,
    SAVEPOINT_HISTORY_COUNT,
    SAVEPOINT_HISTORY_AGE,
    SAVEPOINT_HISTORY_COUNT_CEILING,
    SAVEPOINT_HISTORY_AGE_CEILING,
    MERGE_ARRAYS_BY_NAME,
    PROMETHEUS_METRICS,
    BLOCK_ON_SESSION_JOBS,
    BLOCK_ON_UNMANAGED_JOBS,
    JOB_SUBMISSION_TIMEOUT,
    SQL_RUNNER_IMAGE,
    ARTIFACT_SCHEMES,
    ARTIFACT_DIRECTORY,
    REFUSE_RESTRICTED_HOSTS,
    ARTIFACT_HEADERS,
    ARTIFACT_HEADERS_FROM,
    ARTIFACT_MAX_SIZE,
    ARTIFACT_FILE_DIRECTORIES,
    FLINK_LOG_FORMAT,
    EXCEPTION_EVENTS_LIMIT,
    EXCEPTION_EVENTS_LINES,
    *TOLERATED,
)


def unknown_keys(conf: Mapping[str, str]) -> list[str]:
    """One sentence for each key of `conf` that is meant for the operator and has no effect."""
    return [sentence for key in sorted(conf) if (sentence := _sentence_about(key))]


def _sentence_about(key: str) -> str | None:
    inner = _without_defaults_prefix(key)
    if (reason := reason_against(inner)) is not None:
        return f"{key}: is an option of the established operator that does not apply here: {reason}; leave it out"
    if not inner.startswith((PREFIX, AUTOSCALER_PREFIX)) or inner in _NAMES or inner.startswith(_MAPS):
        return None
    if inner in NOT_YET or inner.startswith(NOT_YET_PREFIXES):
        return f"{key}: is an option of the established operator that this one does not have yet; it has no effect"
    close = get_close_matches(inner, _NAMES, n=1, cutoff=0.8)
    return f"{key}: is not an option; {f'did you mean {close[0]}?' if close else 'remove it, or look it up in the documentation'}"


def _without_defaults_prefix(key: str) -> str:
    """The option for which a default is set: what follows the namespace or the version."""
    for prefix in (NAMESPACE_DEFAULTS, VERSION_DEFAULTS):
        if key.startswith(prefix):
            return key.removeprefix(prefix).partition(".")[2]
    return key


_NAMES = frozenset(name for option in ALL for name in (option.key, *option.fallback_keys))

# The pairs of a map may be set one by one.
_MAPS = tuple(f"{option.key}." for option in ALL if isinstance(option, MapOption))

# Options that a resource cannot set for itself, under all their names.
SYSTEM_KEYS = frozenset(name for option in ALL if option.system_only for name in (option.key, *option.fallback_keys))
