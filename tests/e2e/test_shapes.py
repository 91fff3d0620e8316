"""Clusters of other shapes: standby JobManagers, volumes, and the ways in which a deletion can be asked for."""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.process import until
from tests.e2e.world import NAMESPACE, World, a_flinkdeployment, condition

VOLUME = "shapes"


def leader(world: World, name: str) -> str:
    """The JobManager pod that leads, whose address Flink writes into the metadata of high availability; empty while there is none."""
    text = world.cluster.kubectl("-n", NAMESPACE, "get", "configmap", f"{name}-cluster-config-map", "-o", "json")
    address = json.loads(text)["data"].get("org.apache.flink.k8s.leader.restserver", "").partition("//")[2].partition(":")[0]
    pods = json.loads(world.cluster.kubectl("-n", NAMESPACE, "get", "pod", "-l", f"app={name},component=jobmanager", "-o", "json"))["items"]
    return next((str(pod["metadata"]["name"]) for pod in pods if address and pod["status"].get("podIP") == address), "")


def test_of_three_jobmanagers_another_takes_over_when_the_leader_is_killed(world: World) -> None:
    name = "standbys"
    manifest = a_flinkdeployment(name, upgradeMode="last-state")
    manifest["spec"]["jobManager"]["replicas"] = 3
    world.apply(manifest)
    world.wait_until_running(name)
    pods = lambda: world.names("pod", f"app={name},component=jobmanager")  # noqa: E731
    until(lambda: len(pods()) == 3, "three JobManagers", 60)
    before, job_id, old = world.wait_for_count(name, 300).newest, world.status(name)["jobStatus"]["jobId"], leader(world, name)
    world.cluster.kubectl("-n", NAMESPACE, "delete", "pod", old, "--force", "--grace-period=0")
    until(lambda: leader(world, name) not in ("", old), "another leader", 60)
    world.goes_on(name, before - 300)
    assert world.status(name)["jobStatus"]["jobId"] == job_id
    assert sum(reason == "Submit" for reason, _ in world.events(name)) == 1, "nothing was deployed anew"
    before = world.wait_for_count(name, 300).newest
    world.patch(name, {"job": {"args": ["--rate", "250"]}})
    world.goes_on(name, before - 300)
    world.delete(name)
    world.leaves_nothing(name)


def a_claim(world: World) -> None:
    """A persistent volume of the local cluster's, and a claim that is bound to it."""
    size, mode = {"storage": "1Gi"}, ["ReadWriteMany"]
    source = {"hostPath": {"path": f"/var/tmp/flinkop-e2e-state/{VOLUME}", "type": "DirectoryOrCreate"}, "storageClassName": ""}
    volume = {"kind": "PersistentVolume", "spec": {"capacity": size, "accessModes": mode, **source}}
    claim = {
        "kind": "PersistentVolumeClaim",
        "spec": {"accessModes": mode, "resources": {"requests": size}, "volumeName": VOLUME, "storageClassName": ""},
    }
    for manifest in (volume, claim):
        body = {"apiVersion": "v1", "metadata": {"name": VOLUME, "namespace": NAMESPACE}, **manifest}
        if manifest is volume:
            del body["metadata"]["namespace"]
        world.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(body))


def with_volumes(manifest: dict[str, Any]) -> dict[str, Any]:
    """State on a persistent claim, and local files in an ephemeral volume, both through the pod template."""
    template, conf = manifest["spec"]["podTemplate"]["spec"], manifest["spec"]["flinkConfiguration"]
    mounts = [{"name": "state", "mountPath": "/state"}, {"name": "scratch", "mountPath": "/scratch"}]
    template["volumes"] = [
        {"name": "state", "persistentVolumeClaim": {"claimName": VOLUME}},
        {"name": "scratch", "emptyDir": {"sizeLimit": "500Mi"}},
    ]
    template["initContainers"][0]["volumeMounts"] = template["containers"][0]["volumeMounts"] = mounts
    template["initContainers"][0]["command"] = ["chown", "9999:9999", "/state", "/scratch"]
    conf["io.tmp.dirs"] = "/scratch"
    manifest["spec"]["taskManager"]["resource"]["ephemeralStorage"] = "600Mi"
    return manifest


def test_state_on_a_persistent_volume_outlives_the_pods_and_the_resource(world: World) -> None:
    name = "volumes"
    a_claim(world)
    world.apply(with_volumes(a_flinkdeployment(name)))
    world.wait_until_running(name)
    before = world.wait_for_count(name, 100).newest
    world.patch(name, {"job": {"state": "suspended"}})
    world.wait_for_phase(name, "Suspended")
    path = world.status(name)["jobStatus"]["upgradeSavepointPath"]
    world.delete(name)
    world.leaves_nothing(name)
    world.apply(with_volumes(a_flinkdeployment(name, initialSavepointPath=path)))
    world.goes_on(name, before)
    assert world.status(name)["restore"]["path"] == path
    world.cluster.kubectl("-n", NAMESPACE, "delete", "flinkdep", name, "--cascade=foreground", "--timeout=60s")
    world.leaves_nothing(name)
    world.cluster.kubectl("-n", NAMESPACE, "delete", "pvc", VOLUME)
    world.cluster.kubectl("delete", "pv", VOLUME)


def test_a_namespace_with_a_running_job_can_be_deleted(world: World) -> None:
    name, namespace = "leaving", "leaving"
    world.cluster.kubectl("create", "namespace", namespace)
    world.cluster.kubectl("-n", namespace, "create", "serviceaccount", "flink")
    world.cluster.kubectl("-n", namespace, "create", "role", "flink", "--verb=*", "--resource=pods,configmaps,deployments.apps")
    world.cluster.kubectl("-n", namespace, "create", "rolebinding", "flink", "--role=flink", f"--serviceaccount={namespace}:flink")
    manifest = a_flinkdeployment(name)
    manifest["metadata"]["namespace"] = namespace
    manifest["spec"]["flinkConfiguration"]["kubernetes.operator.job.savepoint-on-deletion"] = "true"
    world.apply(manifest)

    def runs() -> bool:
        text = world.cluster.kubectl("-n", namespace, "get", "flinkdep", name, "-o", "json")
        return condition(json.loads(text), "Ready")["status"] == "True"

    until(runs, "the job", 90)
    world.cluster.kubectl("delete", "namespace", namespace, "--timeout=90s")
