"""From what a dashboard shows to Grafana's JSON, by Grafana's own builders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueColorMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, DataTransformerConfig, VariableRefresh, VariableSort
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from tests.dashboards.fleet import FLEET
from tests.dashboards.job import JOB
from tests.dashboards.operator import OPERATOR
from tests.dashboards.panel import Dashboard, Panel, Query, Shape, Variable

DASHBOARDS = (FLEET, JOB, OPERATOR)
DIRECTORY = Path(__file__).parents[2] / "charts" / "flinkop" / "dashboards"

_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_HEIGHT = 8


def build(described: Dashboard) -> str:
    """The file that Grafana imports."""
    builder = (
        dashboard.Dashboard(described.title)
        .uid(described.name)
        .description(described.text)
        .tags(["flink", "flinkop"])
        .timezone("browser")
        .refresh("30s")
        .time("now-3h", "now")
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for variable in described.variables:
        builder.with_variable(_variable(variable))
    for row in described.rows:
        builder.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            builder.with_panel(_panel(panel))
    return JSONEncoder(sort_keys=True, indent=1).encode(builder.build()) + "\n"


def write_all(directory: Path = DIRECTORY) -> None:
    """Writes the files of the chart."""
    for described in DASHBOARDS:
        (directory / f"{described.name}.json").write_text(build(described), encoding="utf-8")


def _variable(variable: Variable) -> dashboard.QueryVariable:
    builder = (
        dashboard.QueryVariable(variable.name)
        .label(variable.label)
        .query(variable.query)
        .datasource(_SOURCE)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )
    return builder.multi(True).include_all(True).all_value(".*") if variable.is_multi else builder


def _panel(panel: Panel) -> Any:
    builder = _NEW[panel.shape]().title(panel.title).description(panel.text).datasource(_SOURCE).unit(panel.unit)
    builder.height(_HEIGHT).span(panel.width)
    for number, query in enumerate(panel.queries):
        builder.with_target(_target(query, chr(ord("A") + number), panel.shape))
    return builder


def _target(query: Query, ref: str, shape: Shape) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend or "__auto").ref_id(ref)
    if shape is Shape.TABLE:
        target.format(PromQueryFormat.TABLE)  # all series in one table: else each is one of its own, and only the first is shown
    return target.range() if shape is Shape.LINES else target.instant()


def _lines() -> timeseries.Panel:
    return timeseries.Panel().fill_opacity(10).min(0)


def _number() -> stat.Panel:
    reduce = common.ReduceDataOptions().calcs(["lastNotNull"])
    return stat.Panel().reduce_options(reduce).color_mode(BigValueColorMode.NONE)


def _table() -> table.Panel:
    without_time = DataTransformerConfig("organize", options={"excludeByName": {"Time": True}})
    return table.Panel().with_transformation(without_time)


_NEW: Mapping[Shape, Callable[[], Any]] = {Shape.LINES: _lines, Shape.NUMBER: _number, Shape.TABLE: _table}
