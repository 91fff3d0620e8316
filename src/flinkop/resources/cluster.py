"""What the builders of one cluster share: its spec, its configuration, and the names that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flinkop.api.flinkdeployment import DeploymentMode, FlinkDeploymentSpec
from flinkop.api.flinkversion import FlinkVersion

CONF_DIRECTORY = "kubernetes.flink.conf.dir"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster to build. `conf` is the configuration that goes into its config map."""

    namespace: str
    name: str
    spec: FlinkDeploymentSpec
    conf: Mapping[str, str]

    @property
    def version(self) -> FlinkVersion:
        """Flink's version."""
        return self.spec.flink_version

    @property
    def mode(self) -> DeploymentMode:
        """Who creates the TaskManagers."""
        return self.spec.mode

    @property
    def is_standalone(self) -> bool:
        """Whether the operator creates them."""
        return self.spec.mode is DeploymentMode.STANDALONE

    @property
    def conf_file(self) -> str:
        """The name of the configuration file. 1.19 and 1.20 read either; 2.0 and later only the new one."""
        return "config.yaml" if self.version >= FlinkVersion(2, 0) else "flink-conf.yaml"

    @property
    def conf_directory(self) -> str:
        """Where the configuration is mounted."""
        return self.conf.get(CONF_DIRECTORY, "/opt/flink/conf")
