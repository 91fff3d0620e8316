"""`make demo`: a real Flink job under the operator, from nothing, with everything that happens shown as it happens."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster import binaries, examplejar, flinkimage, operatorimage, place, prerequisites
from tests.cluster.localcluster import LocalCluster
from tests.cluster.process import Failed, run, step, tell

NAMESPACE = "flinkop"
JOB = "basic-example"
EXAMPLE = place.REPOSITORY / "manifests" / "examples" / "basic.yaml"
CHART = place.REPOSITORY / "charts" / "flinkop"
STATE = Path("/tmp/flinkop-example")
_FLINK = "1.20.5"
_STABLE_SECONDS = 300
_CHECKPOINTS = 3


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster to show the demo on: `options` select it for kubectl and helm alike."""

    kubectl: Path | str
    helm: Path | str
    options: tuple[str, ...]
    helm_options: tuple[str, ...]
    image_options: tuple[str, ...]

    def get(self, *arguments: str) -> str:
        """What kubectl prints."""
        return run(self.kubectl, *self.options, *arguments)

    def resource(self) -> dict[str, Any]:
        """The FlinkDeployment."""
        return dict(json.loads(self.get("-n", NAMESPACE, "get", "flinkdep", JOB, "-o", "json")))


def local() -> Target:
    """A two-node cluster on this machine, with both images loaded."""
    prerequisites.ensure()
    cluster = LocalCluster("demo")
    cluster.up(nodes=2)
    with step("images"):
        archives = (operatorimage.ensure(), flinkimage.ensure(_FLINK, [examplejar.build()]))
    _load_once(cluster, archives)
    programs = binaries.ensure()
    chosen = ("--kubeconfig", str(cluster.kubeconfig))
    # the name of the image stays, so what tells Kubernetes of another content is an annotation
    content = f"operatorPod.annotations.flinkop-image=sha256-{_digest(archives[0])}"
    image = ("--set", "image.repository=localhost/flinkop", "--set", "image.tag=dev", "--set-string", content)
    return Target(programs.kubectl, programs.helm, chosen, chosen, image)


def _digest(archive: Path) -> str:
    with archive.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:16]


def existing(context: str) -> Target:
    """The user's cluster. It has to be able to pull the operator's image, which is named by IMAGE, and flink:1.20."""
    kubectl, helm = shutil.which("kubectl"), shutil.which("helm")
    if not kubectl or not helm:
        raise Failed("make demo CONTEXT=... needs kubectl and helm on the PATH")
    repository, _, tag = os.environ.get("IMAGE", operatorimage.NAME).rpartition(":")
    image = ("--set", f"image.repository={repository}", "--set", f"image.tag={tag}")
    return Target(kubectl, helm, ("--context", context), ("--kube-context", context), image)


def show(target: Target) -> None:
    """Installs the operator, applies the example, follows it until it is stable, and says what to try next."""
    with step("installing the operator"):
        chart = ("upgrade", "--install", "flinkop", str(CHART), "-n", NAMESPACE, "--create-namespace", *target.image_options)
        run(target.helm, *target.helm_options, *chart, "--wait", "--timeout=180s")
    tell(f"kubectl apply -f {EXAMPLE.relative_to(place.REPOSITORY)}")
    target.get("-n", NAMESPACE, "apply", "-f", str(EXAMPLE))
    _follow(target)
    checkpoints = _wait_for_checkpoints(target)
    _summarize(target, checkpoints)


def _follow(target: Target) -> None:
    began, last, ends = time.monotonic(), "", time.monotonic() + _STABLE_SECONDS
    while True:
        found = target.resource()
        status = found.get("status") or {}
        line = f"{status.get('phase', 'new'):<10} {status.get('reason', ''):<22} {status.get('message', '')}"
        if line != last:
            print(f"  {time.monotonic() - began:5.1f} s  {line}", flush=True)
            last = line
        if status.get("lifecycleState") == "STABLE" and status.get("observedGeneration") == found["metadata"]["generation"]:
            return
        if time.monotonic() > ends:
            raise Failed(f"the job is not stable after {_STABLE_SECONDS} s; look at `kubectl -n {NAMESPACE} describe flinkdep {JOB}`")
        time.sleep(0.5)


def _wait_for_checkpoints(target: Target) -> dict[str, Any]:
    job_id = target.resource()["status"]["jobStatus"]["jobId"]
    path = f"/api/v1/namespaces/{NAMESPACE}/services/{JOB}-rest:rest/proxy/jobs/{job_id}/checkpoints"
    end = time.monotonic() + 60
    while True:
        statistics = _read(target, path)
        if (statistics.get("counts") or {}).get("completed", 0) >= _CHECKPOINTS or time.monotonic() > end:
            return statistics
        time.sleep(1)


def _read(target: Target, path: str) -> dict[str, Any]:
    done = subprocess.run(
        [str(target.kubectl), *target.options, "get", "--raw", path], text=True, capture_output=True, check=False, timeout=30
    )
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}


def _summarize(target: Target, statistics: dict[str, Any]) -> None:
    print(f"\n{target.get('-n', NAMESPACE, 'get', 'flinkdep')}")
    latest = (statistics.get("latest") or {}).get("completed") or {}
    counts = statistics.get("counts") or {}
    # Flink counts those that it was to take before all tasks ran as failed: that would only frighten people here
    print(f"checkpoints: {counts.get('completed', 0)} completed; the newest: {latest.get('external_path')}")
    program = "kubectl" if shutil.which("kubectl") else str(target.kubectl)
    kubectl = " ".join((program, *target.options, "-n", NAMESPACE))
    print(_NEXT.format(kubectl=kubectl, job=JOB))


_NEXT = """
Flink's web page:   {kubectl} port-forward service/{job}-rest 8081     then open http://localhost:8081
Upgrade it:         {kubectl} patch flinkdep {job} --type merge -p '{{"spec":{{"job":{{"parallelism":1}}}}}}'
Suspend it:         {kubectl} patch flinkdep {job} --type merge -p '{{"spec":{{"job":{{"state":"suspended"}}}}}}'
Resume it:          {kubectl} patch flinkdep {job} --type merge -p '{{"spec":{{"job":{{"state":"running"}}}}}}'
Watch it:           {kubectl} get flinkdep {job} -w
Why this state?     {kubectl} get flinkdep {job} -o jsonpath='{{.status.restore}}'
Delete it:          {kubectl} delete flinkdep {job}
End the demo:       make demo-down
"""


def _load_once(cluster: LocalCluster, archives: tuple[Path, ...]) -> None:
    """Loading takes seconds per node: what was loaded before is not loaded again."""
    record = cluster.home / "loaded.json"
    loaded = set(json.loads(record.read_text())) if record.exists() else set()
    for archive in archives:
        identity = f"{archive.name} {archive.stat().st_mtime_ns} {archive.stat().st_size}"
        if identity not in loaded:
            with step(f"loading {archive.name} into the nodes"):
                cluster.load(archive)
            loaded.add(identity)
    record.write_text(json.dumps(sorted(loaded)))


def down() -> None:
    """Leaves nothing of the local demo behind."""
    LocalCluster("demo").down()
    shutil.rmtree(STATE, ignore_errors=True)
    tell("the demo's cluster is gone")


def down_existing(context: str) -> None:
    """Removes the example and the operator from the user's cluster; the CustomResourceDefinitions stay, as others may use them."""
    target = existing(context)
    target.get("-n", NAMESPACE, "delete", "flinkdep", JOB, "--ignore-not-found", "--timeout=120s")
    run(target.helm, *target.helm_options, "uninstall", "flinkop", "-n", NAMESPACE, "--ignore-not-found")
    target.get("delete", "namespace", NAMESPACE, "--ignore-not-found")


def main() -> None:
    """Reads the arguments; a failure is one message and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.demo", description=__doc__)
    parser.add_argument("--context", help="a context of your kubeconfig, in place of a local cluster")
    parser.add_argument("--down", action="store_true", help="remove what the demo made")
    arguments = parser.parse_args()
    try:
        if arguments.down:
            down_existing(arguments.context) if arguments.context else down()
        else:
            show(existing(arguments.context) if arguments.context else local())
    except Failed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
