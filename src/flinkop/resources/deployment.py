"""A Deployment of Flink processes: its pods are the pod template, and over it what Flink's options say.

Its strategy differs from that of Flink's own on purpose: Recreate. Two JobManagers of one job must never run at once, and
TaskManagers of two templates would share its work. A change of the number alone replaces no pod under any strategy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.syntax import parse_list_of_maps
from flinkop.resources.cluster import Cluster
from flinkop.resources.configuration import OWNER_REFERENCE
from flinkop.resources.container import last_of_each, resolve
from flinkop.resources.podtemplate import list_in, map_in, split_main_container
from flinkop.resources.process import Process
from flinkop.resources.volume import Mounted

SPEC_PATH = "podTemplate.spec"


@dataclass(frozen=True, slots=True)
class Pod:
    """What the pods of a Deployment are made of: the merged template, the container that Flink runs in, and its volumes."""

    process: Process
    template: Mapping[str, Any]
    container: Mapping[str, Any]
    volumes: list[Mounted]


def build_deployment(
    cluster: Cluster, name: str, selector: Mapping[str, str], replicas: int, annotations: Mapping[str, str], pod: Pod
) -> dict[str, Any]:
    """The Deployment, which belongs to the resource. `annotations` are its own; its pods have those that their options say."""
    labels = {**pod.process.labels.read(cluster.conf), **selector}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": cluster.namespace,
            "labels": labels,
            "annotations": dict(annotations),
            "ownerReferences": _owners(cluster),
        },
        "spec": {
            "replicas": replicas,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": dict(selector)},
            "template": {
                "metadata": _pod_metadata(pod.template, labels, pod.process.annotations.read(cluster.conf)),
                "spec": _pod_spec(cluster, pod),
            },
        },
    }


def _owners(cluster: Cluster) -> list[dict[str, Any]]:
    owners = parse_list_of_maps(cluster.conf.get(OWNER_REFERENCE, ""))
    flags = ("blockOwnerDeletion", "controller")
    return [{key: value == "true" if key in flags else value for key, value in owner.items()} for owner in owners]


def _pod_metadata(template: Mapping[str, Any], labels: Mapping[str, str], annotations: Mapping[str, str]) -> dict[str, Any]:
    metadata = map_in(template, "metadata", "podTemplate")
    path = "podTemplate.metadata"
    merged_labels = {**map_in(metadata, "labels", path), **labels}
    merged_annotations = {**map_in(metadata, "annotations", path), **annotations}
    return {**metadata, "labels": merged_labels, "annotations": merged_annotations}


def _pod_spec(cluster: Cluster, pod: Pod) -> dict[str, Any]:
    base = map_in(pod.template, "spec", "podTemplate")
    account = resolve(cluster, pod.process.service_accounts, base.get("serviceAccountName") or base.get("serviceAccount"), "default")
    sides, _ = split_main_container(pod.template)
    own_volumes = list_in(base, "volumes", SPEC_PATH)
    return {
        **base,
        "containers": [*sides, pod.container],
        "serviceAccount": account,
        "serviceAccountName": account,
        "volumes": last_of_each("name", [*own_volumes, *(mounted.volume for mounted in pod.volumes)]),
        **_scheduling(cluster, pod.process, base),
    }


def _scheduling(cluster: Cluster, process: Process, base: Mapping[str, Any]) -> dict[str, Any]:
    secrets = [{"name": name} for name in options.IMAGE_PULL_SECRETS.read(cluster.conf)]
    tolerations = [_toleration(found) for found in process.tolerations.read(cluster.conf)]
    wanted = {
        "imagePullSecrets": [*list_in(base, "imagePullSecrets", SPEC_PATH), *secrets],
        "tolerations": [*list_in(base, "tolerations", SPEC_PATH), *tolerations],
        "nodeSelector": {**map_in(base, "nodeSelector", SPEC_PATH), **process.node_selector.read(cluster.conf)},
    }
    return {key: value for key, value in wanted.items() if value}


def _toleration(found: Mapping[str, str]) -> dict[str, Any]:
    return {key: int(value) if key == "tolerationSeconds" else value for key, value in found.items()}
