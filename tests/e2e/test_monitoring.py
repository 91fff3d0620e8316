"""A real Prometheus scrapes the operator and a real job: every panel has data, and alerts fire when they should and end."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cluster import place
from tests.cluster.process import Failed, until
from tests.dashboards.build import DASHBOARDS
from tests.dashboards.panel import Query
from tests.dashboards.picture import draw
from tests.e2e.prometheus import Prometheus, Series
from tests.e2e.world import NAMESPACE, OPERATOR_NAMESPACE, STATE, World, a_flinkdeployment

pytestmark = pytest.mark.long
NAME = "monitored"
FAIL = "fail"
OPTIONS = {
    "kubernetes.operator.job.metrics.prometheus.enabled": "true",
    "kubernetes.operator.snapshot.resource.enabled": "false",  # so that the status tells of savepoints
    "execution.checkpointing.tolerable-failed-checkpoints": "1000",
}
NONCES = itertools.count(int(time.time()))
PICTURES = place.REPOSITORY / "docs" / "monitoring"
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
    """Watching a job of which a savepoint was taken, and that was upgraded: a change shows its duration from the second time on."""
    found = Prometheus(world.cluster, tmp_path_factory.mktemp("prometheus"))
    found.start()
    try:
        world.apply(a_job())
        world.wait_until_running(NAME)
        world.patch(NAME, {"job": {"savepointTriggerNonce": 1}})
        until(lambda: bool(last_savepoint(world)), "the savepoint", 60)
        upgrade(world)
        world.wait_until_running(NAME)
        yield found
    finally:
        found.stop()
        world.delete(NAME, 120)


def a_job() -> dict[str, Any]:
    """It outlives failed checkpoints, and fails while a file is there."""
    manifest = a_flinkdeployment(NAME, args=["--fail-while", f"/state/{NAME}/{FAIL}"])
    manifest["spec"]["flinkConfiguration"] |= OPTIONS
    return manifest


def last_savepoint(world: World) -> dict[str, Any]:
    return dict(((world.status(NAME).get("jobStatus") or {}).get("savepointInfo") or {}).get("lastSavepoint") or {})


def upgrade(world: World) -> None:
    """The same again, by a savepoint. A change is tried at once, whatever became of the one before."""
    world.patch(NAME, {"restartNonce": next(NONCES)})


def filled(query: Query) -> str:
    """The query as Grafana sends it."""
    text = query.expr
    for name, value in VALUES.items():
        text = text.replace(f"${name}", value)
    return text.replace("[1h]", "[2m]").replace("[5m]", "[1m]").replace("[10m]", "[1m]")


def fires(prometheus: Prometheus, *alerts: str, seconds: float = 90) -> None:
    """Waits until each has fired."""
    missing = set(alerts)

    def all_have() -> bool:
        missing.difference_update(prometheus.firing())
        return not missing

    try:
        until(all_have, "alerts", seconds, 1)
    except Failed:
        raise AssertionError(f"after {seconds:.0f} s these do not fire: {sorted(missing)}") from None


def end(prometheus: Prometheus, *alerts: str, seconds: float = 120) -> None:
    """Waits until none of them fires."""
    until(lambda: not prometheus.firing() & set(alerts), f"the end of {', '.join(alerts)}", seconds, 1)


def test_every_panel_has_data(world: World, prometheus: Prometheus) -> None:
    """Not all at the same time: some tell of changes, as the upgrade was."""
    missing = list(QUERIES)

    def all_seen() -> bool:
        missing[:] = [(what, query) for what, query in missing if not asked(prometheus, query, time.time())]
        return not missing

    try:
        until(all_seen, "data in every panel", SECONDS)
    except Failed:
        raise AssertionError("no data:\n" + "\n".join(f"{what}: {filled(query)}" for what, query in missing)) from None
    if os.environ.get("FLINKOP_PICTURES"):
        draw_pictures(world, prometheus)


def draw_pictures(world: World, prometheus: Prometheus) -> None:
    """Of some minutes with an upgrade in the middle."""
    half = 150
    time.sleep(half)
    upgrade(world)
    world.wait_until_running(NAME)
    time.sleep(half)
    PICTURES.mkdir(exist_ok=True)
    end = time.time()
    for dashboard in DASHBOARDS:
        draw(dashboard, lambda query: asked(prometheus, query, end, 2 * half), PICTURES / f"{dashboard.name}.png")


def asked(prometheus: Prometheus, query: Query, end: float, seconds: int = SECONDS) -> list[Series]:
    return prometheus.query_range(filled(query), seconds, end)


def test_a_healthy_job_raises_no_alert(prometheus: Prometheus) -> None:
    until(lambda: not prometheus.firing(), "the end of what the start has raised", 60, 1)
    time.sleep(10)
    assert prometheus.firing() == set()


def test_directories_that_cannot_be_written_raise_alerts_that_end(world: World, prometheus: Prometheus) -> None:
    """A savepoint that fails twice in a row needs somebody's help."""
    directory = Path(STATE) / NAME
    with a_file_instead_of(directory / "savepoints"), read_only(directory / "checkpoints" / world.status(NAME)["jobStatus"]["jobId"]):
        upgrade(world)
        fires(prometheus, "FlinkSavepointFailing")
        upgrade(world)
        fires(prometheus, "FlinkResourceStalled", "FlinkCheckpointsFailing", "FlinkCheckpointTooOld", seconds=120)
    upgrade(world)
    world.wait_until_running(NAME)
    end(prometheus, "FlinkSavepointFailing", "FlinkResourceStalled", "FlinkCheckpointsFailing", "FlinkCheckpointTooOld")


@contextmanager
def a_file_instead_of(directory: Path) -> Iterator[None]:
    aside = directory.with_name("aside")
    directory.rename(aside)
    directory.write_text("not a directory")
    try:
        yield
    finally:
        directory.unlink()
        aside.rename(directory)


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """For Flink, which is no root."""
    mode = directory.stat().st_mode
    directory.chmod(0o555)
    try:
        yield
    finally:
        directory.chmod(mode)


def test_a_job_that_fails_in_a_loop_raises_an_alert_that_ends(world: World, prometheus: Prometheus) -> None:
    marker = Path(STATE) / NAME / FAIL
    before = world.wait_for_count(NAME, 1).newest
    marker.touch()
    try:
        fires(prometheus, "FlinkJobRestartLoop")
    finally:
        marker.unlink()
    end(prometheus, "FlinkJobRestartLoop")
    world.goes_on(NAME, before)


def test_a_jobmanager_that_is_killed_in_a_loop_raises_an_alert_that_ends(world: World, prometheus: Prometheus) -> None:
    def killed_often_enough() -> bool:
        for pod in world.names("pod", f"app={NAME},component=jobmanager"):
            with suppress(Failed):  # processes end meanwhile
                world.kill(pod, NAMESPACE)
        return "FlinkJobNotRunning" in prometheus.firing()

    until(killed_often_enough, "the alert FlinkJobNotRunning", 90, 3)
    end(prometheus, "FlinkJobNotRunning", seconds=180)
    world.wait_until_running(NAME)


def test_an_operator_that_is_stopped_and_one_that_gets_no_lease_raise_alerts_that_end(world: World, prometheus: Prometheus) -> None:
    world.scale_operator(0)
    try:
        fires(prometheus, "FlinkopDown")
        take_lease(world, 45)
    finally:
        world.scale_operator(2)
    fires(prometheus, "FlinkopNoLeader", seconds=60)
    end(prometheus, "FlinkopDown", "FlinkopNoLeader")
    world.wait_until_running(NAME)


def take_lease(world: World, seconds: int) -> None:
    """As if another held it: the replicas wait so long from when they see it first."""
    until(lambda: not world.leader(), "the lease that was given up", 60)
    spec = {"holderIdentity": "nobody", "leaseDurationSeconds": seconds, "renewTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"}
    patch = json.dumps({"spec": spec})
    world.cluster.kubectl("-n", OPERATOR_NAMESPACE, "patch", "lease", "flinkop", "--type=merge", "-p", patch)
