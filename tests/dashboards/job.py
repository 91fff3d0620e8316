"""One job: whether it keeps up, whether its state is safe, and what it uses. From Flink's own metrics."""

from __future__ import annotations

from tests.dashboards.panel import Dashboard, Panel, Query, Row, Shape, Variable

_OF = '{namespace=~"$namespace",job_name=~"$job"}'
_CLUSTER = '{namespace=~"$namespace",app=~"$cluster"}'


def _by_task(metric: str, per: str = "sum") -> Query:
    return Query(f"{per} by (task_name) (flink_taskmanager_job_task_{metric}{_OF})", "{{task_name}}")


def _of_job(metric: str) -> Query:
    return Query(f"max by (job_name) (flink_jobmanager_job_{metric}{_OF})", "{{job_name}}")


_HEALTH = Row(
    "Health",
    (
        Panel("Running for", "Since the last restart.", (_of_job("runningTime"),), unit="ms", shape=Shape.NUMBER, width=6),
        Panel("Restarts", "Since the JobManager started.", (_of_job("numRestarts"),), shape=Shape.NUMBER, width=6),
        Panel("Last checkpoint took", "", (_of_job("lastCheckpointDuration"),), unit="ms", shape=Shape.NUMBER, width=6),
        Panel("Last checkpoint's size", "", (_of_job("lastCheckpointSize"),), unit="bytes", shape=Shape.NUMBER, width=6),
    ),
)
_THROUGHPUT = Row(
    "Throughput",
    (
        Panel("Records in", "Per second, by task.", (_by_task("numRecordsInPerSecond"),), unit="cps", width=12),
        Panel("Records out", "Per second, by task.", (_by_task("numRecordsOutPerSecond"),), unit="cps", width=12),
        Panel(
            "Busy",
            "The busiest subtask of each task, of a second. Near one second it is the bottleneck.",
            (_by_task("busyTimeMsPerSecond", "max"),),
            unit="ms",
        ),
        Panel(
            "Backpressured",
            "Time of a second in which a task waits for the next one. The bottleneck is the first task behind that is busy.",
            (_by_task("backPressuredTimeMsPerSecond", "max"),),
            unit="ms",
        ),
        Panel(
            "Lag",
            "Records that the sources have not read yet, where the connector tells.",
            (Query(f"sum by (operator_name) (flink_taskmanager_job_task_operator_pendingRecords{_OF})", "{{operator_name}}"),),
        ),
    ),
)
_CHECKPOINTS = Row(
    "Checkpoints",
    (
        Panel(
            "Completed and failed",
            "Per minute.",
            (
                Query(f"sum(rate(flink_jobmanager_job_numberOfCompletedCheckpoints{_OF}[5m])) * 60", "completed"),
                Query(f"sum(rate(flink_jobmanager_job_numberOfFailedCheckpoints{_OF}[5m])) * 60", "failed"),
            ),
        ),
        Panel("Duration", "Of the last one.", (_of_job("lastCheckpointDuration"),), unit="ms"),
        Panel("Size", "Of the last one.", (_of_job("lastCheckpointSize"),), unit="bytes"),
    ),
)
_RESOURCES = Row(
    "Resources",
    (
        Panel(
            "Heap of TaskManagers",
            "Used and allowed.",
            (
                Query(f"sum by (app) (flink_taskmanager_Status_JVM_Memory_Heap_Used{_CLUSTER})", "used"),
                Query(f"sum by (app) (flink_taskmanager_Status_JVM_Memory_Heap_Max{_CLUSTER})", "allowed"),
            ),
            unit="bytes",
        ),
        Panel(
            "Managed memory",
            "Of state backends and batch operators.",
            (
                Query(f"sum(flink_taskmanager_Status_Flink_Memory_Managed_Used{_CLUSTER})", "used"),
                Query(f"sum(flink_taskmanager_Status_Flink_Memory_Managed_Total{_CLUSTER})", "given"),
            ),
            unit="bytes",
        ),
        Panel(
            "CPU of TaskManagers",
            "Share of their processors that the JVMs use.",
            (Query(f"max by (pod) (flink_taskmanager_Status_JVM_CPU_Load{_CLUSTER})", "{{pod}}"),),
            unit="percentunit",
        ),
        Panel("TaskManagers", "That registered.", (Query(f"max(flink_jobmanager_numRegisteredTaskManagers{_CLUSTER})", "registered"),)),
        Panel(
            "Slots",
            "Free and all.",
            (
                Query(f"max(flink_jobmanager_taskSlotsAvailable{_CLUSTER})", "free"),
                Query(f"max(flink_jobmanager_taskSlotsTotal{_CLUSTER})", "all"),
            ),
        ),
        Panel("Heap of the JobManager", "", (Query(f"max(flink_jobmanager_Status_JVM_Memory_Heap_Used{_CLUSTER})", "used"),), unit="bytes"),
    ),
)

JOB = Dashboard(
    "flinkop-job",
    "Flink: job",
    "One job: throughput, backpressure, checkpoints, memory.",
    (
        Variable("namespace", "Namespace", "label_values(flink_jobmanager_job_runningTime, namespace)"),
        Variable("cluster", "Cluster", 'label_values(flink_jobmanager_job_runningTime{namespace=~"$namespace"}, app)', is_multi=False),
        Variable("job", "Job", 'label_values(flink_jobmanager_job_runningTime{namespace=~"$namespace",app=~"$cluster"}, job_name)'),
    ),
    (_HEALTH, _THROUGHPUT, _CHECKPOINTS, _RESOURCES),
)
