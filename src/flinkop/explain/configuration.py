"""The effective configuration of a resource as it is in the cluster. What it is made from may be partly out of reach: that is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flinkop.api.kind import FLINK_STATE_SNAPSHOT
from flinkop.config import OperatorConfig, load_config
from flinkop.effective import Effective, Request, effective_of
from flinkop.errors import FlinkopError
from flinkop.explain.report import Value
from flinkop.explain.target import Target
from flinkop.flinkconf.syntax import read_config_yaml, read_flink_conf_yaml
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS

_CONFIGURATION = "flink-operator-config"
_FILES: Mapping[str, Callable[[str], dict[str, str]]] = {"config.yaml": read_config_yaml, "flink-conf.yaml": read_flink_conf_yaml}
_OF_THE_POD = ("OPERATOR_NAMESPACE", "FLINK_CONF_DIR")
"""Both are set in the operator's pod; the second alone may belong to a Flink on somebody's own machine."""

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
        """The operator's own configuration: what its pod has mounted, elsewhere the ConfigMap."""
        try:
            if all(name in self._environment for name in _OF_THE_POD):
                return load_config(self._environment)
            return load_config({}, defaults=await self._of_config_map())
        except (FlinkopError, ValueError) as error:
            self._problems.append(f"defaults of the operator: {error}")
            return load_config({})

    async def _of_config_map(self) -> dict[str, str]:
        found = await self._kube.get(CONFIG_MAPS, self._namespace, _CONFIGURATION)
        if found is None:
            remedy = "name the operator's namespace with --operator-namespace"
            self._problems.append(f"defaults of the operator: no ConfigMap {_CONFIGURATION} in the namespace {self._namespace}; {remedy}")
        files = (found or {}).get("data") or {}
        return {key: value for name, read in _FILES.items() if name in files for key, value in read(files[name]).items()}
