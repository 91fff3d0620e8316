"""The cluster as a test uses it: apply a FlinkDeployment, look at it, wait for it, hurt it."""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Any

from tests.cluster.localcluster import LocalCluster
from tests.cluster.process import Failed, until

NAMESPACE = "jobs"
OPERATOR_NAMESPACE = "flink-operator"
STATE = "/var/tmp/flinkop-e2e-state"
JAR = "local:///opt/flink/usrlib/test-job.jar"

_CONFIGURATION = {
    "taskmanager.numberOfTaskSlots": "2",
    "kubernetes.jobmanager.cpu.limit-factor": "5",
    "kubernetes.taskmanager.cpu.limit-factor": "5",
    "execution.checkpointing.interval": "1s",
    "heartbeat.interval": "2000",  # in milliseconds: Flink up to 1.19 reads no units here
    "heartbeat.timeout": "10000",
    "restart-strategy": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "1000",
    "restart-strategy.fixed-delay.delay": "1 s",
}
_VOLUMES = {
    "spec": {
        "securityContext": {"fsGroup": 9999},
        "terminationGracePeriodSeconds": 5,
        "initContainers": [
            {
                "name": "own-state",
                "image": "flink:1.20",
                "command": ["chown", "9999:9999", "/state"],
                "securityContext": {"runAsUser": 0},
                "volumeMounts": [{"name": "state", "mountPath": "/state"}],
            }
        ],
        "containers": [{"name": "flink-main-container", "volumeMounts": [{"name": "state", "mountPath": "/state"}]}],
        "volumes": [{"name": "state", "hostPath": {"path": STATE, "type": "DirectoryOrCreate"}}],
    }
}


def a_flinkdeployment(name: str, *, version: str = "1.20", ha: bool = True, args: list[str] | None = None, **job: Any) -> dict[str, Any]:
    """A healthy application with state; keyword arguments are fields of `spec.job`."""
    configuration = {
        **_CONFIGURATION,
        "state.checkpoints.dir": f"file:///state/{name}/checkpoints",
        "state.savepoints.dir": f"file:///state/{name}/savepoints",
    }
    if ha:
        configuration |= {"high-availability.type": "kubernetes", "high-availability.storageDir": f"file:///state/{name}/ha"}
    size = {"resource": {"cpu": 0.2, "memory": "1024m"}}
    default_job = {"jarURI": JAR, "entryClass": "CountingJob", "parallelism": 1, "upgradeMode": "savepoint", "args": args or []}
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "image": f"flink:{version}",
            "flinkVersion": f"v{version.replace('.', '_')}",
            "serviceAccount": "flink",
            "flinkConfiguration": configuration,
            "podTemplate": copy.deepcopy(_VOLUMES),
            "jobManager": size,
            "taskManager": size,
            "job": {**default_job, **job},
        },
    }


@dataclass(frozen=True, slots=True)
class Count:
    """Where this run of the counting job began, and how far it is."""

    first: int
    newest: int


@dataclass(slots=True)
class World:
    """One cluster with the operator in it. `kind` is what tests of it look at; `session` is the cluster whose JobManager is asked."""

    cluster: LocalCluster
    kind: str = "flinkdep"
    session: str | None = None

    def session_jobs(self, session: str) -> World:
        """The same cluster, for looking at the jobs on a session cluster."""
        return World(self.cluster, "sessionjob", session)

    # FlinkDeployments

    def apply(self, manifest: Mapping[str, Any]) -> None:
        """Creates or replaces the resource."""
        self.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))

    def patch(self, name: str, spec: Mapping[str, Any]) -> None:
        """Merges into the spec."""
        self.cluster.kubectl("-n", NAMESPACE, "patch", self.kind, name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def get(self, name: str) -> dict[str, Any]:
        """The resource; empty when there is none."""
        text = self.cluster.kubectl("-n", NAMESPACE, "get", self.kind, name, "-o", "json", "--ignore-not-found")
        return dict(json.loads(text)) if text.strip() else {}

    def status(self, name: str) -> dict[str, Any]:
        """Its status."""
        status: dict[str, Any] = self.get(name).get("status") or {}
        return status

    def wait_for(self, name: str, is_so: Callable[[dict[str, Any]], bool], seconds: float, what: str) -> dict[str, Any]:
        """The resource as soon as `is_so(resource)`; a time-out shows the status and the operator's last words."""
        end = time.monotonic() + seconds
        while not is_so(found := self.get(name)):
            if time.monotonic() > end:
                status = found.get("status") or {}
                first = f"{name}: not {what} after {seconds:.0f} s: {status.get('message')}"
                raise Failed(f"{first}\n{json.dumps(status, indent=1)}\n{self.operator_log()}")
            time.sleep(0.3)
        return found

    def wait_until_running(self, name: str, seconds: float = 120) -> dict[str, Any]:
        """Waits until the newest spec runs."""
        return self.wait_for(name, is_running, seconds, "running the newest spec")

    def wait_for_phase(self, name: str, phase: str, seconds: float = 90) -> dict[str, Any]:
        """Waits for a phase of the newest spec."""
        return self.wait_for(name, lambda found: is_in(found, phase), seconds, phase)

    def delete(self, name: str, seconds: float = 60) -> None:
        """Deletes the resource and waits for its end."""
        self.cluster.kubectl("-n", NAMESPACE, "delete", self.kind, name, f"--timeout={seconds:.0f}s", "--ignore-not-found")

    def leaves_nothing(self, name: str) -> None:
        """The resource is gone, and so is everything that belonged to it."""
        assert self.get(name) == {}
        kinds = ("deployment", "pod", "service", "configmap")
        until(lambda: not any(self.names(kind, f"app={name}") for kind in kinds), f"end of everything that belongs to {name}", 60)

    # the job

    def count(self, name: str) -> Count:
        """How far the job is, asked from Flink itself."""
        job_id = self.status(name)["jobStatus"]["jobId"]
        found = {one["name"]: int(one["value"]) for one in self.flink(name, f"/jobs/{job_id}/accumulators")["user-task-accumulators"]}
        return Count(found["first"], found["newest"])

    def wait_for_count(self, name: str, at_least: int, seconds: float = 60) -> Count:
        """Waits until the job has counted that far."""
        end = time.monotonic() + seconds
        while True:
            try:
                count = self.count(name)
                if count.newest >= at_least:
                    return count
            except (Failed, KeyError, ValueError):
                count = None
            if time.monotonic() > end:
                raise Failed(f"{name}: counted {count}, not {at_least}, after {seconds:.0f} s\n{json.dumps(self.status(name), indent=1)}")
            time.sleep(0.5)

    def goes_on(self, name: str, before: int) -> None:
        """The job runs, and went on counting from where it was: the job itself fails when a number is lost or repeated."""
        self.wait_until_running(name)
        count = self.wait_for_count(name, before + 1)
        assert count.first > 0, "started from empty state"

    def flink(self, name: str, path: str, *options: str) -> dict[str, Any]:
        """An answer of the JobManager; `options` are curl's."""
        address = self.cluster.kubectl(
            "-n", NAMESPACE, "get", "service", f"{self.session or name}-rest", "-o", "jsonpath={.spec.clusterIP}"
        )
        return dict(json.loads(self.cluster.inside("curl", "-sf", "-m", "20", *options, f"http://{address}:8081{path}")))

    # the rest

    def names(self, kind: str, selector: str, namespace: str = NAMESPACE) -> list[str]:
        """The names of objects with these labels."""
        return self.cluster.kubectl("-n", namespace, "get", kind, "-l", selector, "-o", "jsonpath={.items[*].metadata.name}").split()

    def events(self, name: str) -> list[tuple[str, str]]:
        """Reasons and messages of the Events about the resource."""
        text = self.cluster.kubectl("-n", NAMESPACE, "get", "events", "--field-selector", f"involvedObject.name={name}", "-o", "json")
        return [(one["reason"], one["message"]) for one in json.loads(text)["items"]]

    def scale_operator(self, replicas: int) -> None:
        """So many pods of the operator are wanted."""
        self.cluster.kubectl("-n", OPERATOR_NAMESPACE, "scale", "deployment", "flinkop", f"--replicas={replicas}")

    def leader(self) -> str:
        """The name of the operator pod that acts."""
        return self.cluster.kubectl("-n", OPERATOR_NAMESPACE, "get", "lease", "flinkop", "-o", "jsonpath={.spec.holderIdentity}")

    def kill(self, pod: str, namespace: str) -> None:
        """SIGKILL to every process of the pod's containers; Kubernetes starts them again."""
        self.signal("KILL", pod, namespace)

    def signal(self, name: str, pod: str, namespace: str) -> None:
        """A signal to every process of the pod's containers."""
        uid = self.cluster.kubectl("-n", namespace, "get", "pod", pod, "-o", "jsonpath={.metadata.uid}")
        for pid in {pid for procs in Path("/sys/fs/cgroup").rglob(f"pod{uid}/**/cgroup.procs") for pid in procs.read_text().split()}:
            try:
                if "pause" not in Path(f"/proc/{pid}/cmdline").read_text():
                    os.kill(int(pid), Signals[f"SIG{name}"])
            except (FileNotFoundError, ProcessLookupError):  # it ended by itself meanwhile
                continue

    def restarts(self, pod: str, namespace: str) -> int:
        """How often the pod's container was started again."""
        path = "jsonpath={.status.containerStatuses[0].restartCount}"
        return int(self.cluster.kubectl("-n", namespace, "get", "pod", pod, "-o", path) or 0)

    def operator_log(self) -> str:
        """The last lines of all operator pods."""
        return self.cluster.kubectl("-n", OPERATOR_NAMESPACE, "logs", "-l", "app.kubernetes.io/name=flinkop", "--tail=30", "--prefix")


def is_in(found: Mapping[str, Any], phase: str) -> bool:
    """Whether the newest generation has been seen and is in that phase."""
    status = found.get("status") or {}
    return status.get("observedGeneration") == found.get("metadata", {}).get("generation") and status.get("phase") == phase


def is_running(found: Mapping[str, Any]) -> bool:
    """Whether the newest spec runs."""
    return is_in(found, "Running") and condition(found, "Ready")["status"] == "True"


def condition(found: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """One condition."""
    conditions = (found.get("status") or {}).get("conditions") or []
    return next((dict(one) for one in conditions if one["type"] == kind), {"status": "Unknown"})
