"""All resources at a glance: how many are well, which are not, and who uses most."""

from __future__ import annotations

from tests.dashboards.panel import Dashboard, Panel, Query, Row, Shape, Variable

_OF = '{namespace=~"$namespace"}'
_JOB = "{{namespace}}/{{app}} {{job_name}}"  # clusters of their own may have jobs of one name
# A snapshot that came to its end rests there for good, however it ended; those of another operator have no conditions.
_NOT_ENDED = 'namespace=~"$namespace",phase!~"COMPLETED|FAILED|ABANDONED"'

_OVERVIEW = Row(
    "Resources",
    (
        Panel(
            "By phase",
            "Deployments, session jobs, clusters and applications, those without series of their own too.",
            (Query('sum by (phase) (flinkop_resources{kind!="FlinkStateSnapshot"})', "{{phase}}"),),
        ),
        Panel("Jobs by state", "As Flink reported them last.", (Query("sum by (state) (flinkop_jobs)", "{{state}}"),)),
        Panel(
            "Not running though wanted",
            "Suspended and finished ones do not count.",
            (
                Query(
                    'count(flinkop_resource_condition{condition="Running",kind!="FlinkStateSnapshot",namespace=~"$namespace"} == 0'
                    ' unless on (kind, namespace, name) flinkop_resource_phase{phase=~"Suspended|Finished|Deleting"}) or vector(0)'
                ),
            ),
            shape=Shape.NUMBER,
            width=4,
        ),
        Panel(
            "Stalled",
            "They need somebody's help: the condition says why.",
            (
                Query(
                    'count(flinkop_resource_condition{condition="Stalled",namespace=~"$namespace"} == 1'
                    ' unless on (kind, namespace, name) flinkop_resource_phase{phase=~"FAILED|ABANDONED"}) or vector(0)'
                ),
            ),
            shape=Shape.NUMBER,
            width=4,
        ),
    ),
)
_TROUBLE = Row(
    "Trouble",
    (
        Panel(
            "Not ready: longest in the present state",
            "Deploying, upgrading, rolling back or being deleted for long is stuck. Failed and stalled ones wait for help.",
            (
                Query(
                    f"topk(10, max by (kind, namespace, name, phase) ((time() - flinkop_resource_phase_since_timestamp_seconds{_OF})"
                    f" * on (kind, namespace, name) group_left (phase) (flinkop_resource_phase{{{_NOT_ENDED}}}"
                    ' unless on (kind, namespace, name) flinkop_resource_condition{condition="Ready"} == 1)))',
                    "{{namespace}}/{{name}} {{phase}}",
                ),
            ),
            unit="s",
            shape=Shape.TABLE,
            width=12,
        ),
        Panel(
            "Starts in a row that nobody asked for",
            "Of what was started within 20 minutes. Above 0: the job failed or was not well, and was started again.",
            (
                Query(
                    f"topk(10, max by (kind, namespace, name) (flinkop_resource_start_attempts{_OF}"
                    " and on (kind, namespace, name) time() - flinkop_resource_started_timestamp_seconds < 1200))",
                    "{{namespace}}/{{name}}",
                ),
            ),
            shape=Shape.TABLE,
            width=12,
        ),
        Panel(
            "Restarts by Flink",
            "Within ten minutes, by job.",
            (
                Query(
                    f"topk(10, sum by (namespace, app, job_name) (increase(flink_jobmanager_job_numRestarts{_OF}[10m])))",
                    _JOB,
                ),
            ),
        ),
        Panel(
            "Failed checkpoints",
            "Within ten minutes, by job.",
            (
                Query(
                    f"topk(10, sum by (namespace, app, job_name) (increase(flink_jobmanager_job_numberOfFailedCheckpoints{_OF}[10m])))",
                    _JOB,
                ),
            ),
        ),
        Panel(
            "Warnings",
            "Events of the type Warning that the operator recorded, within ten minutes.",
            (
                Query(
                    'sum by (reason) (increase(flinkop_events_total{type="Warning"}[10m]))'
                    ' or on () label_replace(vector(0), "reason", "none", "", "")',
                    "{{reason}}",
                ),
            ),
        ),
    ),
)
_STATE = Row(
    "State",
    (
        Panel(
            "Checkpoints completed",
            "Per minute, by job. A job at 0 would go back far after a failure.",
            (
                Query(
                    "bottomk(10, sum by (namespace, app, job_name)"
                    f" (rate(flink_jobmanager_job_numberOfCompletedCheckpoints{_OF}[5m])) * 60)",
                    _JOB,
                ),
            ),
            width=6,
        ),
        Panel(
            "Age of the last savepoint",
            "Of resources that have one.",
            (Query(f"topk(10, time() - flinkop_resource_last_savepoint_timestamp_seconds{_OF})", "{{namespace}}/{{name}}"),),
            unit="s",
            width=6,
        ),
        Panel(
            "Largest state",
            "Size of the last checkpoint.",
            (Query(f"topk(10, max by (namespace, app, job_name) (flink_jobmanager_job_lastCheckpointSize{_OF}))", _JOB),),
            unit="bytes",
            width=6,
        ),
        Panel(
            "FlinkStateSnapshots",
            "By their own state.",
            (
                Query(
                    'sum by (phase) (flinkop_resources{kind="FlinkStateSnapshot"})'
                    ' or on () label_replace(vector(0), "phase", "none", "", "")',
                    "{{phase}}",
                ),
            ),
            shape=Shape.NUMBER,
            width=6,
        ),
    ),
)
_CONSUMERS = Row(
    "Top consumers",
    (
        Panel(
            "CPU",
            "Cores that the TaskManagers use, by cluster.",
            (
                Query(
                    f"topk(10, sum by (namespace, app) (rate(flink_taskmanager_Status_JVM_CPU_Time{_OF}[5m])) / 1e9)",
                    "{{namespace}}/{{app}}",
                ),
            ),
        ),
        Panel(
            "Heap",
            "Of the TaskManagers, by cluster.",
            (Query(f"topk(10, sum by (namespace, app) (flink_taskmanager_Status_JVM_Memory_Heap_Used{_OF}))", "{{namespace}}/{{app}}"),),
            unit="bytes",
        ),
        Panel(
            "TaskManagers",
            "How many the deployed specs ask for.",
            (Query(f"topk(10, flinkop_resource_task_managers{_OF})", "{{namespace}}/{{name}}"),),
        ),
    ),
)

FLEET = Dashboard(
    "flinkop-fleet",
    "Flink: fleet",
    "All resources of flinkop: phases, trouble, checkpoints, top consumers.",
    (Variable("namespace", "Namespace", "label_values(flinkop_resource_phase, namespace)"),),
    (_OVERVIEW, _TROUBLE, _STATE, _CONSUMERS),
)
