"""Which options a job on a session cluster can have of its own, and which are those of the cluster's processes."""

from __future__ import annotations

from flinkop.flinkconf.establishedoptions import AUTOSCALER_PREFIX, PREFIX

_OF_THE_OPERATOR = (PREFIX, AUTOSCALER_PREFIX)

# Flink's processes read these when they start: with a job they come too late.
_OF_PROCESSES = (
    "akka.",
    "blob.",
    "cluster.",
    "containerized.",
    "env.",
    "fs.",
    "heartbeat.",
    "high-availability",
    "historyserver.",
    "io.tmp.dirs",
    "job-result-store.",
    "jobmanager.",
    "kubernetes.",
    "metrics.",
    "pekko.",
    "process.",
    "resourcemanager.",
    "rest.",
    "s3.",
    "s3a.",
    "scheduler-mode",
    "security.",
    "slotmanager.",
    "taskmanager.",
    "web.",
    "zookeeper.",
)

# Options of jobs whose names begin like those of processes.
_OF_JOBS_ALL_THE_SAME = ("metrics.latency.",)

# The request to run a job says these itself, or Flink's handler of it does.
_OF_THE_REQUEST = (
    "$internal.",
    "execution.attached",
    "execution.savepoint.path",
    "execution.shutdown-on-application-finish",
    "execution.state-recovery.path",
    "execution.submit-failed-job-on-application-error",
    "execution.target",
    "pipeline.jars",
)


def is_for_operator(key: str) -> bool:
    """Whether the operator reads the option, and not Flink."""
    return key.startswith(_OF_THE_OPERATOR)


def is_of_cluster(key: str) -> bool:
    """Whether only the cluster can set the option, because Flink's processes read it when they start."""
    return key.startswith(_OF_PROCESSES) and not key.startswith(_OF_JOBS_ALL_THE_SAME) and not is_for_operator(key)


def is_sent_with_job(key: str) -> bool:
    """Whether the option has an effect in a request to run a job."""
    return not (is_for_operator(key) or is_of_cluster(key) or key.startswith(_OF_THE_REQUEST))
