"""A real Prometheus scrapes the operator and a real job: every panel has data, and alerts fire when they should and end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster import place
from tests.cluster.process import Failed, until
from tests.dashboards.build import DASHBOARDS
from tests.dashboards.panel import Query
from tests.dashboards.picture import draw
from tests.e2e.prometheus import Prometheus, Series
from tests.e2e.world import OPERATOR_NAMESPACE, STATE, World, a_flinkdeployment

pytestmark = pytest.mark.long
NAME = "monitored"
ENABLED = "kubernetes.operator.job.metrics.prometheus.enabled"
VALUES = {"namespace": "jobs", "job": ".*", "cluster": NAME}
# what the test job has not: its source is no connector with a lag
WITHOUT_DATA = {"Lag"}
SECONDS = 120
QUERIES = [
    (f"{dashboard.name}: {panel.title}", query)
    for dashboard in DASHBOARDS
    for panel in dashboard.panels()
    if panel.title not in WITHOUT_DATA
    for query in panel.queries
]


@pytest.fixture(scope="module")
def prometheus(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Watching a job that runs, and of which a savepoint was taken."""
    found = Prometheus(world.cluster, tmp_path_factory.mktemp("prometheus"))
    found.start()
    manifest = a_flinkdeployment(NAME)
    manifest["spec"]["flinkConfiguration"][ENABLED] = "true"
    world.apply(manifest)
    world.wait_until_running(NAME)
    take_savepoint(world, 1)
    yield found
    found.stop()
    world.delete(NAME, 120)


def take_savepoint(world: World, nonce: int) -> None:
    world.patch(NAME, {"job": {"savepointTriggerNonce": nonce}})


def filled(query: Query) -> str:
    """The query as Grafana sends it."""
    text = query.expr
    for name, value in VALUES.items():
        text = text.replace(f"${name}", value)
    return text.replace("[1h]", "[2m]").replace("[5m]", "[1m]").replace("[10m]", "[1m]")


def scale_operator(world: World, replicas: int) -> None:
    world.cluster.kubectl("-n", OPERATOR_NAMESPACE, "scale", "deployment", "flinkop", f"--replicas={replicas}")


def test_every_panel_has_data(world: World, prometheus: Prometheus) -> None:
    empty = [what for what, _ in QUERIES]

    def all_there() -> bool:
        empty[:] = [f"{what}: {filled(query)}" for what, query in QUERIES if not prometheus.query(filled(query))]
        return not empty

    try:
        until(all_there, "data in every panel", SECONDS)
    except Failed:
        raise AssertionError("no data:\n" + "\n".join(empty)) from None
    if os.environ.get("FLINKOP_PICTURES"):
        for dashboard in DASHBOARDS:
            draw(dashboard, lambda query: asked(prometheus, query), place.REPOSITORY / "docs" / "monitoring" / f"{dashboard.name}.png")


def asked(prometheus: Prometheus, query: Query) -> list[Series]:
    return prometheus.query_range(filled(query), SECONDS)


def test_a_healthy_job_raises_no_alert(prometheus: Prometheus) -> None:
    assert prometheus.firing() == set()


def test_a_savepoint_that_cannot_be_written_raises_an_alert_that_ends(world: World, prometheus: Prometheus) -> None:
    directory = Path(STATE) / NAME / "savepoints"
    aside = directory.with_name("aside")
    directory.rename(aside)
    directory.write_text("not a directory")
    try:
        take_savepoint(world, 2)
        until(lambda: "FlinkSavepointFailing" in prometheus.firing(), "the alert FlinkSavepointFailing", 90)
    finally:
        directory.unlink()
        aside.rename(directory)
    until(lambda: "FlinkSavepointFailing" not in prometheus.firing(), "the end of the alert", 90)


def test_an_operator_that_was_stopped_raises_an_alert_that_ends(world: World, prometheus: Prometheus) -> None:
    scale_operator(world, 0)
    try:
        until(lambda: "FlinkopDown" in prometheus.firing(), "the alert FlinkopDown", 90)
    finally:
        scale_operator(world, 2)
    until(lambda: "FlinkopDown" not in prometheus.firing(), "the end of the alert", 90)
    world.wait_until_running(NAME)
