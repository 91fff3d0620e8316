"""The effective configuration of a resource as it is in the cluster. What it is made from may be partly out of reach: that is told."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from flinkop.api.kind import FLINK_STATE_SNAPSHOT
from flinkop.config import FILES, OperatorConfig, load_config
from flinkop.effective import Effective, Request, effective_of
from flinkop.errors import FlinkopError
from flinkop.explain.report import Value
from flinkop.explain.target import Target
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS
from flinkop.startarguments import StartArguments, is_in_operators_pod, of_running_operator, read_command_line

_CONFIGURATION = "flink-operator-config"
_ELSEWHERE = "name the operator's namespace with --operator-namespace"

Object = Mapping[str, Any]


class ConfigurationReader:
    """What cannot be had is added to `problems`."""

    def __init__(self, kube: KubeClient, operator_namespace: str, problems: list[str], environment: Mapping[str, str] = os.environ) -> None:
        self._kube, self._namespace, self._problems, self._environment = kube, operator_namespace, problems, environment

    async def read(self, target: Target, resource: Object, around: Sequence[Object]) -> tuple[Value, ...]:
        """The configuration of `resource`; a job on a cluster needs that among those `around`. A snapshot has none."""
        if target.kind is FLINK_STATE_SNAPSHOT:
            return ()
        config = await self._operators()
        objects = list(enumerate((resource, *around), start=1))
        found = list(effective_of(objects, config, Request(target.name, target.namespace)))
        return self._values(found[0]) if found else ()

    def _values(self, effective: Effective) -> tuple[Value, ...]:
        if not effective.complete:
            self._problems.append("effective configuration: not complete: the spec cannot be read, or that of its cluster")
        return tuple(Value(setting.key, setting.value, setting.source) for setting in effective.settings)

    async def _operators(self) -> OperatorConfig:
        """The operator's own configuration: what its pod has mounted, elsewhere the ConfigMap; over what it was started with."""
        try:
            if is_in_operators_pod(self._environment):
                started = self._of_process()
                return load_config(self._environment, started.directory, started.defaults)
            return load_config({}, defaults={**await self._of_deployment(), **await self._of_config_map()})
        except (FlinkopError, ValueError) as error:
            self._problems.append(f"defaults of the operator: {error}")
            return load_config({})

    def _of_process(self) -> StartArguments:
        found = of_running_operator()
        if found is None:
            self._problems.append("defaults of the operator's command line: its process cannot be seen")
        return found or StartArguments()

    async def _of_deployment(self) -> Mapping[str, str]:
        """Those that the chart gives as arguments. Without them the rest is still worth something."""
        what = "defaults of the operator's command line"
        try:
            found = list(map(_start_of, await self._kube.list(DEPLOYMENTS, self._namespace, None)))
        except FlinkopError as error:
            self._problems.append(f"{what}: {error}")
            return {}
        operators = [start for start in found if start is not None]
        if len(operators) != 1:
            number = len(operators) or "no"
            self._problems.append(f"{what}: {number} Deployments of an operator in the namespace {self._namespace}; {_ELSEWHERE}")
        return operators[0].defaults if operators else {}

    async def _of_config_map(self) -> Mapping[str, str]:
        found = await self._kube.get(CONFIG_MAPS, self._namespace, _CONFIGURATION)
        if found is None:
            problem = f"no ConfigMap {_CONFIGURATION} in the namespace {self._namespace}; {_ELSEWHERE}"
            self._problems.append(f"defaults of the operator: {problem}")
        files = (found or {}).get("data") or {}
        return next((read(files[name]) for name, read in FILES if name in files), {})


def _start_of(deployment: Object) -> StartArguments | None:
    """None for a Deployment that does not run an operator with that ConfigMap."""
    pod = deployment["spec"].get("template", {}).get("spec") or {}
    mounted = [(volume.get("configMap") or {}).get("name") for volume in pod.get("volumes") or ()]
    if _CONFIGURATION not in mounted:
        return None
    found = (read_command_line(_command_line(container)) for container in pod.get("containers") or ())
    return next((start for start in found if start is not None), None)


def _command_line(container: Object) -> list[str]:
    """What is not written is the image's, which runs the operator."""
    command, arguments = container.get("command"), container.get("args")
    if command:
        return [*command, *(arguments or ())]
    return ["flinkop", *(arguments or ("run",))]
