"""The container that Flink runs in: what the pod template says of it, and over it what Flink's options say.

One thing differs from Flink's own on purpose: what a crashed container said last is kept in the pod's status, so that the cause
can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.memory import to_mebibytes
from flinkop.resources.cluster import Cluster
from flinkop.resources.naming import MAIN_CONTAINER
from flinkop.resources.podtemplate import MAIN_PATH, list_in, map_in
from flinkop.resources.process import Process
from flinkop.resources.volume import Mounted, hadoop_config_map

_IMAGES = ("kubernetes.container.image.ref", "kubernetes.container.image")
_PULL_POLICY = "kubernetes.container.image.pull-policy"


@dataclass(frozen=True, slots=True)
class Program:
    """What runs in the container, and what it needs: `cpu` in cores, `memory` in bytes."""

    arguments: list[str]
    cpu: float
    memory: int
    ports: Mapping[str, int]
    variables: list[dict[str, Any]] = field(default_factory=list)


def build_container(
    cluster: Cluster, process: Process, program: Program, base: Mapping[str, Any], volumes: Iterable[Mounted]
) -> dict[str, Any]:
    """The container; `base` is what the template says of it. Raises InvalidSpec."""
    ports = [{"name": name, "containerPort": port} for name, port in program.ports.items()]
    container = {
        "terminationMessagePolicy": "FallbackToLogsOnError",
        **base,
        "name": MAIN_CONTAINER,
        "image": resolve(cluster, _IMAGES, base.get("image"), f"apache/flink:{cluster.version.dotted}"),
        "imagePullPolicy": resolve(cluster, (_PULL_POLICY,), base.get("imagePullPolicy"), "IfNotPresent"),
        "command": [cluster.conf.get("kubernetes.entry.path", "/docker-entrypoint.sh")],
        "args": program.arguments,
        "env": last_of_each("name", [*list_in(base, "env", MAIN_PATH), *_environment(cluster, process, program)]),
        "resources": _resources(cluster, process, program, base),
        "volumeMounts": last_of_each("mountPath", [*list_in(base, "volumeMounts", MAIN_PATH), *(mounted.mount for mounted in volumes)]),
    }
    if ports:
        container["ports"] = last_of_each("name", [*list_in(base, "ports", MAIN_PATH), *ports])
    return container


def resolve(cluster: Cluster, keys: Iterable[str], from_template: Any, default: str) -> Any:
    """Flink's rule: what the configuration sets, else what the template says, else the default."""
    configured = next((cluster.conf[key] for key in keys if key in cluster.conf), None)
    return configured or from_template or default


def _environment(cluster: Cluster, process: Process, program: Program) -> list[dict[str, Any]]:
    conf, prefix = cluster.conf, process.variables
    found: list[dict[str, Any]] = [{"name": key.removeprefix(prefix), "value": conf[key]} for key in sorted(conf) if key.startswith(prefix)]
    found += program.variables
    if "kubernetes.flink.log.dir" in conf:
        found.append({"name": "FLINK_LOG_DIR", "value": conf["kubernetes.flink.log.dir"]})
    for variable in options.SECRET_VARIABLES.read(conf):
        reference = {"secretKeyRef": {"name": variable["secret"], "key": variable["key"]}}
        found.append({"name": variable["env"], "valueFrom": reference})
    if hadoop_config_map(cluster):
        found.append({"name": "HADOOP_CONF_DIR", "value": "/opt/hadoop/conf"})
    return found


def _resources(cluster: Cluster, process: Process, program: Program, base: Mapping[str, Any]) -> dict[str, Any]:
    given, path = map_in(base, "resources", MAIN_PATH), f"{MAIN_PATH}.resources"
    cpu, memory = program.cpu, to_mebibytes(program.memory)
    cpu_limit = cpu * process.cpu_limit_factor.read(cluster.conf)
    memory_limit = int(memory * process.memory_limit_factor.read(cluster.conf))
    return {
        **given,
        "requests": {**map_in(given, "requests", path), "cpu": _number(cpu), "memory": f"{memory}Mi"},
        "limits": {**map_in(given, "limits", path), "cpu": _number(cpu_limit), "memory": f"{memory_limit}Mi"},
    }


def _number(value: float) -> str:
    """As Java writes a double, but never in scientific notation, which Kubernetes reads as something else."""
    return str(round(value, 3))


def last_of_each(key: str, elements: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The API server refuses two of the same `key`: the later one, Flink's own, wins, in the place of the first.

    What has no such key stays: ports need no name, and of anything else the API server says best what is wrong.
    """
    found: dict[object, dict[str, Any]] = {}
    for position, element in enumerate(elements):
        value = element.get(key)
        found[value if isinstance(value, str) else position] = element
    return list(found.values())
