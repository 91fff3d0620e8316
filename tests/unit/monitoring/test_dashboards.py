"""The dashboards of the chart: what is checked in is what the code makes, and every query can be asked."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY
from tests.cluster import prerequisites
from tests.dashboards.build import DASHBOARDS, DIRECTORY, build
from tests.dashboards.panel import Dashboard, Panel, Query, Row, Shape
from tests.dashboards.picture import draw, name_of
from tests.unit.chart.render import render

from flinkop import metrics

PANELS = [pytest.param(panel, id=f"{found.name}: {panel.title}") for found in DASHBOARDS for panel in found.panels()]
BY_NAME = pytest.mark.parametrize("described", DASHBOARDS, ids=lambda found: found.name)


@BY_NAME
def test_what_is_checked_in_is_what_the_code_makes(described: Dashboard) -> None:
    assert (DIRECTORY / f"{described.name}.json").read_text() == build(described), "write it anew with `make generate`"


def test_no_file_is_left_over() -> None:
    assert sorted(path.stem for path in DIRECTORY.iterdir()) == sorted(found.name for found in DASHBOARDS)


@BY_NAME
def test_panels_stand_beside_and_below_each_other_within_the_width(described: Dashboard) -> None:
    taken = set()
    for panel in json.loads(build(described))["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


def test_every_query_is_one(tmp_path: Path) -> None:
    queries = [re.sub(r"\$\w+", ".*", query.expr) for found in DASHBOARDS for panel in found.panels() for query in panel.queries]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    command = [prerequisites.ensure_command("promtool"), "check", "rules", str(tmp_path / "rules.yaml")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("panel", PANELS)
def test_every_metric_of_ours_in_a_query_exists(panel: Panel) -> None:
    found = list(REGISTRY.collect())
    known = {name for family in found for name in (family.name, f"{family.name}_total", f"{family.name}_bucket")}
    known |= {family.name for family in metrics.FAMILIES}
    asked = re.findall(
        r"\b((?:flinkop|workqueue|controller_runtime|rest_client|leader_election)_[a-z_]+)", " ".join(query.expr for query in panel.queries)
    )

    assert set(asked) <= known


@BY_NAME
def test_variables_are_used_and_only_those_that_exist(described: Dashboard) -> None:
    used = set(re.findall(r"\$(\w+)", " ".join(query.expr for panel in described.panels() for query in panel.queries)))

    assert used == {variable.name for variable in described.variables}


def test_the_chart_ships_them_as_config_maps_that_the_sidecar_finds() -> None:
    shipped = render({"metrics": {"dashboards": {"create": True, "annotations": {"grafana_folder": "Flink"}}}}).all("ConfigMap")
    found = {
        name: text for config_map in shipped if "dashboard" in config_map["metadata"]["name"] for name, text in config_map["data"].items()
    }

    assert {name: json.loads(text) for name, text in found.items()} == {
        path.name: json.loads(path.read_text()) for path in DIRECTORY.iterdir()
    }
    assert all(
        config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
        and config_map["metadata"]["annotations"] == {"grafana_folder": "Flink"}
        for config_map in shipped
        if "dashboard" in config_map["metadata"]["name"]
    )


def panel_of(title: str) -> Panel:
    return next(panel for found in DASHBOARDS for panel in found.panels() if panel.title == title)


def gives(title: str, series: Mapping[str, str], expected: Mapping[str, float], directory: Path) -> None:
    """Has promtool ask the panel's query after 15 minutes, of series with a value each minute; expected are values by labels."""
    (query,) = panel_of(title).queries
    case = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": re.sub(r"\$\w+", ".*", query.expr),
                "eval_time": "15m",
                "exp_samples": [{"labels": f"{{{labels}}}", "value": value} for labels, value in expected.items()],
            }
        ],
    }
    (directory / "tests.yaml").write_text(yaml.safe_dump({"tests": [case]}))
    command = [prerequisites.ensure_command("promtool"), "test", "rules", str(directory / "tests.yaml")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_lag_is_that_of_all_readers_of_a_source(tmp_path: Path) -> None:
    """The one query for which the test job has no data."""
    name = 'flink_taskmanager_job_task_operator_pendingRecords{namespace="shop",job_name="orders",operator_name="Kafka",subtask_index="%d"}'

    gives("Lag", {name % number: f"{number}x15" for number in (3, 4)}, {'operator_name="Kafka"': 7}, tmp_path)


@pytest.mark.parametrize(
    ("series", "expected"),
    [({'{type="Warning",reason="Failed"}': "0+1x20"}, {"Failed": 10.0}), ({}, {"none": 0.0})],
    ids=["only what happened", "nothing, by a name"],
)
def test_warnings_are_told_by_reason_and_their_absence_too(series: dict[str, str], expected: dict[str, float], tmp_path: Path) -> None:
    found = {f"flinkop_events_total{labels}": values for labels, values in series.items()}

    gives("Warnings", found, {f'reason="{reason}"': value for reason, value in expected.items()}, tmp_path)


BY_PHASE = {
    'flinkop_resources{kind="FlinkDeployment",phase="Running"}': "2x15",
    'flinkop_resources{kind="FlinkSessionJob",phase="Running"}': "20x15",
    'flinkop_resources{kind="FlinkStateSnapshot",phase="COMPLETED"}': "40x15",
}


@pytest.mark.parametrize(
    ("title", "series", "expected"),
    [
        ("By phase", BY_PHASE, {'phase="Running"': 22}),
        ("FlinkStateSnapshots", BY_PHASE, {'phase="COMPLETED"': 40}),
        ("FlinkStateSnapshots", {}, {'phase="none"': 0}),
    ],
    ids=["jobs and clusters", "snapshots", "no snapshot, by a name"],
)
def test_snapshots_are_not_counted_among_what_runs(title: str, series: dict[str, str], expected: dict[str, float], tmp_path: Path) -> None:
    gives(title, series, expected, tmp_path)


OF_TWO_CLUSTERS = ('namespace="shop",app="orders",job_name="main"', 'namespace="shop",app="bills",job_name="main"')


@pytest.mark.parametrize(
    ("title", "series", "expected"),
    [
        (
            "CPU",
            {f'flink_taskmanager_Status_JVM_CPU_Time{{namespace="shop",app="orders",pod="{pod}"}}': "0+180000000000x15" for pod in "12"},
            {'namespace="shop",app="orders"': 6},
        ),
        (
            "Restarts by Flink",
            {f"flink_jobmanager_job_numRestarts{{{of}}}": "0+1x15" for of in OF_TWO_CLUSTERS},
            dict.fromkeys(OF_TWO_CLUSTERS, 10),
        ),
        (
            "Largest state",
            {f"flink_jobmanager_job_lastCheckpointSize{{{of}}}": "5x15" for of in OF_TWO_CLUSTERS},
            dict.fromkeys(OF_TWO_CLUSTERS, 5),
        ),
        (
            "Watches: lists",
            {f'flinkop_informer_lists_total{{resource="pods",instance="{one}"}}': "1x15" for one in "ab"},
            {'resource="pods"': 0},
        ),
        (
            "Stalled",
            {
                'flinkop_resource_condition{kind="FlinkDeployment",namespace="shop",name="x",condition="Stalled"}': "1x15",
                'flinkop_resource_condition{kind="FlinkStateSnapshot",namespace="shop",name="x",condition="Stalled"}': "1x15",
                'flinkop_resource_phase{kind="FlinkStateSnapshot",namespace="shop",name="x",phase="FAILED"}': "1x15",
            },
            {"": 1},
        ),
    ],
    ids=["cores of two pods", "jobs of one name", "their states", "two replicas, each with the first list", "a snapshot that failed"],
)
def test_panels_count_what_they_say(title: str, series: dict[str, str], expected: dict[str, float], tmp_path: Path) -> None:
    gives(title, series, expected, tmp_path)


Place = tuple[str, str, int | None]
"""Kind, phase, and `Ready`; None is a resource without conditions."""

NOT_AT_REST: tuple[Place, ...] = (
    ("FlinkDeployment", "Upgrading", 0),
    ("FlinkDeployment", "Created", None),
    ("FlinkSessionJob", "Failed", 0),
    ("FlinkCluster", "Running", 0),
    ("FlinkStateSnapshot", "IN_PROGRESS", 0),
)
AT_REST: tuple[Place, ...] = (
    ("FlinkDeployment", "Running", 1),
    ("FlinkSessionJob", "Suspended", 1),
    ("FlinkApplication", "Finished", 1),
    ("FlinkStateSnapshot", "COMPLETED", 1),
    ("FlinkStateSnapshot", "COMPLETED", None),
    ("FlinkStateSnapshot", "FAILED", 0),
    ("FlinkStateSnapshot", "ABANDONED", 0),
)


def labels_of(place: Place) -> str:
    kind, phase, ready = place
    return f'kind="{kind}",namespace="shop",name="{phase}-{ready}"'


def series_of(place: Place) -> dict[str, str]:
    """A resource that has been where it is for 15 minutes."""
    of, (_, phase, ready) = labels_of(place), place
    condition = {} if ready is None else {f'flinkop_resource_condition{{{of},condition="Ready"}}': f"{ready}x15"}
    phases = {f'flinkop_resource_phase{{{of},phase="{phase}"}}': "1x15"}
    return {**phases, f"flinkop_resource_phase_since_timestamp_seconds{{{of}}}": "0x15", **condition}


def test_what_is_at_rest_for_good_is_not_among_what_has_been_where_it_is_for_long(tmp_path: Path) -> None:
    series = {name: values for place in (*NOT_AT_REST, *AT_REST) for name, values in series_of(place).items()}
    expected = {f'{labels_of(place)},phase="{place[1]}"': 900.0 for place in NOT_AT_REST}

    gives("Not ready: longest in the present state", series, expected, tmp_path)


@pytest.mark.parametrize("panel", PANELS)
def test_a_table_has_a_row_for_each_series(panel: Panel) -> None:
    """Series in Grafana's other format are a table each, of which it shows the first."""
    targets = [target for built in json.loads(build_one(panel))["panels"] for target in built.get("targets", ())]

    assert {target.get("format") == "table" for target in targets} == {panel.shape is Shape.TABLE}


def build_one(panel: Panel) -> str:
    return build(Dashboard("name", "title", "", (), (Row("", (panel,)),)))


@pytest.mark.parametrize(
    ("legend", "labels", "expected"),
    [
        ("{{namespace}}/{{name}}", {"namespace": "shop", "name": "orders", "kind": "x"}, "shop/orders"),
        ("{{ reason }}", {"reason": "Error"}, "Error"),
        ("{{reason}}", {}, ""),
        ("{{snapshot}} {{result}}", {"snapshot": "savepoint"}, "savepoint"),
        ("{{a}}", {"a": "{{b}}", "b": "c"}, "{{b}}"),
    ],
)
def test_a_legend_is_filled_as_grafana_does_it(legend: str, labels: dict[str, str], expected: str) -> None:
    assert name_of(Query("up", legend), labels) == expected


@BY_NAME
@pytest.mark.parametrize("values", [[(0.0, 1.0), (2.0, 3.5)], [(0.0, 1.0)], []], ids=["lines", "one point", "no data"])
def test_a_dashboard_is_drawn_whatever_its_queries_give(described: Dashboard, values: list[tuple[float, float]], tmp_path: Path) -> None:
    draw(described, lambda _: [({"phase": "Running"}, values)] if values else [], tmp_path / "picture.png")

    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
