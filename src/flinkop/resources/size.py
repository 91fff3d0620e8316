"""What a spec says about CPU, memory and other resources, as Flink's options and as parts of the pod template."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from flinkop.api.flinkdeployment import FlinkDeploymentSpec, Resource, ResourceClaim, ResourceRequirements
from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.flinkoptions import PARALLELISM, TASK_SLOTS
from flinkop.flinkconf.memory import format_memory, parse_memory, parse_quantity, to_mebibytes

_FLINKS_OWN = ("cpu", "memory")


@dataclass(frozen=True, slots=True)
class Sizing:
    """`options` go to Flink, which makes the container's CPU and memory of them; the rest goes to the pod template."""

    options: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[Mapping[str, str], ...] = ()


def taskmanager_replicas(spec: FlinkDeploymentSpec, conf: Mapping[str, str]) -> int:
    """How many TaskManagers a standalone cluster has: as many as are asked for, else as the job needs, else one.

    Raises InvalidOption when parallelism or slots cannot be read.
    """
    if spec.task_manager.replicas is not None:
        return spec.task_manager.replicas
    if spec.job is None:
        return 1
    return max(1, math.ceil(PARALLELISM.read(conf) / TASK_SLOTS.read(conf)))


def size_of(component: str, resource: Resource | None, resources: ResourceRequirements | None, version: FlinkVersion) -> Sizing:
    """The sizing of `component` (jobmanager or taskmanager). `resources` wins over `resource`.

    An amount that cannot be read stays as it is: validation names it, with its path.
    """
    if resources is not None:
        return _from_requirements(component, resources, version)
    if resource is None:
        return Sizing()
    options = _options(component, None if resource.cpu is None else str(float(resource.cpu)), resource.memory, version)
    storage = {"ephemeral-storage": resource.ephemeral_storage} if resource.ephemeral_storage else {}
    return Sizing(options, storage, storage)


def _from_requirements(component: str, resources: ResourceRequirements, version: FlinkVersion) -> Sizing:
    requests, limits = resources.requests, resources.limits
    cpu = requests.get("cpu", limits.get("cpu"))
    memory = requests.get("memory", limits.get("memory"))
    options = _options(component, None if cpu is None else _cores(cpu), memory, version)
    for name in _FLINKS_OWN:
        factor = _limit_factor(name, requests, limits)
        if factor is not None:
            options[f"kubernetes.{component}.{name}.limit-factor"] = factor
    return Sizing(options, _others(requests), _others(limits), tuple(_claim(claim) for claim in resources.claims))


def _claim(claim: ResourceClaim) -> dict[str, str]:
    fields = {"name": claim.name, "request": claim.request}
    return {name: text for name, text in fields.items() if text is not None}


def _options(component: str, cpu: str | None, memory: str | None, version: FlinkVersion) -> dict[str, str]:
    options = {}
    if cpu is not None:
        options[f"kubernetes.{component}.cpu.amount"] = cpu
        if version < FlinkVersion(1, 17):
            options[f"kubernetes.{component}.cpu"] = cpu
    if memory is not None:
        options[f"{component}.memory.process.size"] = _flink_size(memory)
    return options


def _limit_factor(name: str, requests: Mapping[str, str], limits: Mapping[str, str]) -> str | None:
    if name not in requests or name not in limits:
        return None
    try:
        request, limit = _amount(name, requests[name]), _amount(name, limits[name])
    except ValueError:
        return None
    return str(_factor(request, limit)) if request > 0 else None


def _factor(request: float, limit: float) -> float:
    """What Flink multiplies the request with. It rounds down what comes out of it for memory, which must not cost a unit."""
    factor = limit / request
    return factor if int(request * factor) >= int(limit) else math.nextafter(factor, math.inf)


def _cores(text: str) -> str:
    try:
        return str(_amount("cpu", text))
    except ValueError:
        return text


def _flink_size(text: str) -> str:
    try:
        return format_memory(parse_memory(text))
    except ValueError:
        return text


def _amount(name: str, text: str) -> float:
    """CPU in cores; memory in whole MiB, as Flink computes with it."""
    return float(to_mebibytes(parse_memory(text))) if name == "memory" else float(parse_quantity(text))


def _others(amounts: Mapping[str, str]) -> dict[str, str]:
    return {name: amount for name, amount in amounts.items() if name not in _FLINKS_OWN}
