"""The volumes that Flink's processes mount, in Flink's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.jar import USER_LIBRARY
from flinkop.resources.cluster import Cluster
from flinkop.resources.naming import config_map_name, pod_template_config_map_name
from flinkop.resources.podtemplate import MAIN_PATH, list_in, map_in, split_main_container

TEMPLATE_FILE = "taskmanager-pod-template.yaml"
_HADOOP = "/opt/hadoop/conf"
_USER_LIBRARY_VOLUME = "user-lib-dir"


@dataclass(frozen=True, slots=True)
class Mounted:
    """A volume, and where Flink's container sees it."""

    volume: dict[str, Any]
    path: str
    read_only: bool = False

    @property
    def mount(self) -> dict[str, Any]:
        """The container's part."""
        mount: dict[str, Any] = {"name": self.volume["name"], "mountPath": self.path}
        return {**mount, "readOnly": True} if self.read_only else mount


def volumes_of(cluster: Cluster, log_files: Iterable[str], has_template: bool) -> list[Mounted]:
    """All volumes of the JobManager."""
    found = [*_artifacts(cluster), *_secrets(cluster), *_hadoop(cluster), _configuration(cluster, log_files)]
    if has_template:
        found.append(_template(cluster))
    return found + _claims(cluster)


def taskmanager_volumes_of(cluster: Cluster, log_files: Iterable[str]) -> list[Mounted]:
    """All volumes of a standalone cluster's TaskManagers."""
    return [*_secrets(cluster), *_hadoop(cluster), _configuration(cluster, log_files), *_claims(cluster)]


def user_library_of(template: Mapping[str, Any]) -> list[Mounted]:
    """The volume for jars that an init container fetches, known by its name. Raises InvalidSpec.

    The official operator mounts it into every standalone JobManager with a jar, which hides the jars that the image has there.
    """
    spec = map_in(template, "spec", "podTemplate")
    _, main = split_main_container(template)
    fillers = [mount for container in list_in(spec, "initContainers", "podTemplate.spec") for mount in _mounts(container)]
    taken = any(f"{mount.get('mountPath')}/".startswith(f"{USER_LIBRARY}/") for mount in list_in(main, "volumeMounts", MAIN_PATH))
    if taken or _USER_LIBRARY_VOLUME not in [mount.get("name") for mount in fillers]:
        return []
    volumes = {str(volume.get("name")): volume for volume in list_in(spec, "volumes", "podTemplate.spec")}
    return [Mounted(volumes.get(_USER_LIBRARY_VOLUME, {"name": _USER_LIBRARY_VOLUME, "emptyDir": {}}), USER_LIBRARY)]


def _mounts(container: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list_in(container, "volumeMounts", "podTemplate.spec.initContainers")


def _artifacts(cluster: Cluster) -> list[Mounted]:
    if cluster.version < FlinkVersion(1, 19):
        return []
    path = cluster.conf.get("user.artifacts.base-dir", "/opt/flink/artifacts")
    return [Mounted({"name": "user-artifacts-volume", "emptyDir": {}}, path)]


def _secrets(cluster: Cluster) -> list[Mounted]:
    secrets = options.SECRETS.read(cluster.conf)
    return [Mounted({"name": f"{name}-volume", "secret": {"secretName": name}}, path) for name, path in secrets.items()]


def _hadoop(cluster: Cluster) -> list[Mounted]:
    name = hadoop_config_map(cluster)
    return [Mounted({"name": "hadoop-config-volume", "configMap": {"name": name}}, _HADOOP)] if name else []


def hadoop_config_map(cluster: Cluster) -> str | None:
    """The config map with Hadoop's configuration, if one is named."""
    return cluster.conf.get("kubernetes.hadoop.conf.config-map.name")


def _configuration(cluster: Cluster, log_files: Iterable[str]) -> Mounted:
    items = [{"key": name, "path": name} for name in (*log_files, cluster.conf_file)]
    source = {"name": config_map_name(cluster.name), "items": items}
    return Mounted({"name": "flink-config-volume", "configMap": source}, cluster.conf_directory)


def _template(cluster: Cluster) -> Mounted:
    source = {"name": pod_template_config_map_name(cluster.name), "items": [{"key": TEMPLATE_FILE, "path": TEMPLATE_FILE}]}
    return Mounted({"name": "pod-template-volume", "configMap": source}, "/opt/flink/pod-template")


def _claims(cluster: Cluster) -> list[Mounted]:
    if cluster.version < FlinkVersion(2, 3):
        return []
    claims = options.PERSISTENT_VOLUME_CLAIMS.read(cluster.conf)
    read_only = options.PERSISTENT_VOLUME_CLAIMS_READ_ONLY.read(cluster.conf)
    return [Mounted(_claim(name), path, read_only) for name, path in claims.items()]


def _claim(name: str) -> dict[str, Any]:
    """Claims may have dots in their names, and volumes may not."""
    return {"name": f"{name.replace('.', '-')}-pvc", "persistentVolumeClaim": {"claimName": name}}
