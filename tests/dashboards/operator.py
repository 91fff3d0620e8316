"""The operator itself: whether it keeps up, and whether the API server and JobManagers answer it."""

from __future__ import annotations

from tests.dashboards.panel import Dashboard, Panel, Query, Row, Shape

_OURS = "on (instance) group_left () max by (instance) (flinkop_build_info)"

_WAITING = 'sum by (name) (workqueue_depth{name=~"flink.+"} unless on (instance) leader_election_master_status == 0)'


def _quantile(metric: str, by: str, quantile: float = 0.99) -> Query:
    of = f'{{{by}=~"flink.+"}}' if by in ("controller", "name") else ""
    ours = " and on (instance) flinkop_build_info" if by == "verb" else ""  # other programs have the metrics of client-go too
    return Query(f"histogram_quantile({quantile}, sum by (le, {by}) (rate({metric}_bucket{of}[5m]){ours}))", f"{{{{{by}}}}}")


_STATE = Row(
    "State",
    (
        Panel("Replicas", "That answer Prometheus.", (Query("count(flinkop_build_info)"),), shape=Shape.NUMBER, width=4),
        Panel("Leader", "1 acts, the others stand by.", (Query(f"leader_election_master_status * {_OURS}", "{{instance}}"),), width=8),
        Panel(
            "Resources without series", "Beyond the limit.", (Query("sum(flinkop_resources_without_series)"),), shape=Shape.NUMBER, width=4
        ),
        Panel("Objects in caches", "", (Query("max by (resource) (flinkop_informer_objects)", "{{resource}}"),), width=8),
    ),
)
_PASSES = Row(
    "Passes",
    (
        Panel(
            "By result",
            "Per second. `transient_error` passes by itself, `error` is a fault of the operator.",
            (Query('sum by (result) (rate(controller_runtime_reconcile_total{controller=~"flink.+"}[5m]))', "{{result}}"),),
        ),
        Panel("Duration", "99 of 100 take less.", (_quantile("controller_runtime_reconcile_time_seconds", "controller"),), unit="s"),
        Panel(
            "Under way",
            "",
            (Query('sum by (controller) (controller_runtime_active_workers{controller=~"flink.+"})', "{{controller}}"),),
        ),
        Panel("Waiting", "Resources that wait for a pass of the replica that acts.", (Query(_WAITING, "{{name}}"),)),
        Panel("Wait", "99 of 100 wait less.", (_quantile("workqueue_queue_duration_seconds", "name"),), unit="s"),
        Panel(
            "Longest pass under way",
            "It is cut off after two minutes.",
            (Query('max by (name) (workqueue_longest_running_processor_seconds{name=~"flink.+"})', "{{name}}"),),
            unit="s",
        ),
    ),
)
_REQUESTS = Row(
    "Requests",
    (
        Panel(
            "API server, by answer",
            "Per second. 0 is no answer, 409 a conflict, which is normal now and then.",
            (Query(f"sum by (code) (rate(rest_client_requests_total[5m]) * {_OURS})", "{{code}}"),),
        ),
        Panel(
            "API server, by method",
            "Writes at rest would be a fault.",
            (Query(f"sum by (method) (rate(rest_client_requests_total[5m]) * {_OURS})", "{{method}}"),),
        ),
        Panel("API server, time", "99 of 100 take less.", (_quantile("rest_client_request_duration_seconds", "verb"),), unit="s"),
        Panel(
            "JobManagers, by outcome",
            "Per second.",
            (Query("sum by (outcome) (rate(flinkop_flink_requests_total[5m]))", "{{outcome}}"),),
        ),
        Panel("JobManagers, time", "99 of 100 take less.", (_quantile("flinkop_flink_request_seconds", "method"),), unit="s"),
        Panel(
            "Watches: silence",
            "A quiet watch is heard from each minute.",
            (Query("max by (resource) (flinkop_informer_silence_seconds)", "{{resource}}"),),
            unit="s",
        ),
        Panel(
            "Watches: lists",
            "Within ten minutes. A list after the first means a watch that broke for good.",
            (Query("sum by (resource) (increase(flinkop_informer_lists_total[10m]))", "{{resource}}"),),
        ),
    ),
)
_CHANGES = Row(
    "Changes",
    (
        Panel("Duration of changes", "Half of them take less.", (_quantile("flinkop_transition_seconds", "transition", 0.5),), unit="s"),
        Panel(
            "Starts",
            "Within an hour, by what they restored from.",
            (Query("sum by (restore) (increase(flinkop_starts_total[1h]))", "{{restore}}"),),
        ),
        Panel(
            "Savepoints and checkpoints that were asked for",
            "Within an hour.",
            (Query("sum by (snapshot, result) (increase(flinkop_snapshots_total[1h]))", "{{snapshot}} {{result}}"),),
        ),
    ),
)
_PROCESS = Row(
    "Process",
    (
        Panel("Memory", "", (Query(f"process_resident_memory_bytes * {_OURS}", "{{instance}}"),), unit="bytes", width=12),
        Panel("CPU", "Cores.", (Query(f"rate(process_cpu_seconds_total[5m]) * {_OURS}", "{{instance}}"),), width=12),
    ),
)

OPERATOR = Dashboard(
    "flinkop-operator",
    "Flink: operator",
    "flinkop itself: queue, passes, requests, leader.",
    (),
    (_STATE, _PASSES, _REQUESTS, _CHANGES, _PROCESS),
)
