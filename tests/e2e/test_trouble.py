"""Jobs that cannot start: the status names the cause in one line, with the container's or the job's own words."""

from __future__ import annotations

from typing import Any

import pytest
from tests.e2e.test_snapshots import a_job, snapshots, take
from tests.e2e.world import NAMESPACE, World, a_flinkdeployment, condition

# Crash loops and back-offs take minutes: with all the others they would not fit into what CI has.
pytestmark = pytest.mark.long

CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "an image that cannot be pulled": ({"image": "nowhere.example/flink:none"}, "ErrImagePull ImagePullBackOff", "nowhere.example"),
    "a pod that fits on no node": ({"jobManager": {"resource": {"cpu": 500, "memory": "1024m"}}}, "Unschedulable", "Insufficient cpu"),
    "a jar that is missing": ({"job": {"jarURI": "local:///opt/flink/usrlib/missing.jar"}}, "CrashLoopBackOff JobFailed", "missing.jar"),
    "a main method that throws": ({"job": {"args": ["--fail-in-main", "the reason is here"]}}, "JobFailed", "the reason is here"),
    "a savepoint that is not there": (
        {"job": {"initialSavepointPath": "file:///state/nowhere", "upgradeMode": "savepoint"}},
        "JobFailed JobNotFound CrashLoopBackOff",
        "nowhere",
    ),
    "a job that fails": ({"job": {"args": ["--fail-at", "20"]}}, "JobFailed JobRestarting", "asked to fail at 20"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_status_names_the_cause(world: World, case: str) -> None:
    changes, reasons, words = CASES[case]
    name = f"trouble-{list(CASES).index(case)}"
    manifest = a_flinkdeployment(name, upgradeMode="stateless")
    for field, value in changes.items():
        if isinstance(value, dict):
            manifest["spec"][field] = {**manifest["spec"][field], **value}
        else:
            manifest["spec"][field] = value
    world.apply(manifest)
    found = world.wait_for(name, lambda found: (found.get("status") or {}).get("reason") in reasons.split(), 90, f"one of {reasons}")
    ready = condition(found, "Ready")
    assert ready["status"] == "False"
    assert words in ready["message"]
    assert "\n" not in ready["message"]
    world.delete(name)
    assert world.cluster.kubectl("-n", NAMESPACE, "get", "configmap", "-l", f"app={name}", "-o", "name") == ""


def test_the_way_out_that_is_told_starts_from_a_corrected_path(world: World) -> None:
    origin, name = "trouble-origin", "trouble-path"
    world.apply(a_job(origin))
    world.wait_until_running(origin)
    before = world.wait_for_count(origin, 50).newest
    path = take(world, "trouble-savepoint", origin, savepoint={})["path"]

    world.apply(a_job(name, initialSavepointPath="file:///state/nowhere"))
    world.wait_for(name, lambda found: "nowhere" in condition(found, "Ready").get("message", ""), 90, "cause")
    world.patch(name, {"job": {"initialSavepointPath": path, "savepointRedeployNonce": 1}})
    world.wait_until_running(name)
    world.goes_on(name, before)
    snapshots(world).delete("trouble-savepoint")
    for job in (name, origin):
        world.delete(job)
