"""Kinds whose resources have a cluster of their own: FlinkDeployment is the established one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.api.flinkdeployment import FlinkDeploymentSpec, parse_spec
from flinkop.api.kind import FLINK_DEPLOYMENT
from flinkop.controllers.servedkind import Around, ServedKind

ReadCluster = Callable[[Mapping[str, Any], Around], FlinkDeploymentSpec]
"""A resource, and what is read together with it, to what it means. Raises InvalidSpec."""


def read_deployment(resource: Mapping[str, Any], _around: Around) -> FlinkDeploymentSpec:
    """A FlinkDeployment means what it says."""
    return parse_spec(resource.get("spec") or {})


@dataclass(frozen=True, slots=True)
class ClusterKind(ServedKind):
    """A kind that the pass of clusters serves. Whatever it is written in, it is recorded in the form of a FlinkDeployment."""

    read: ReadCluster = read_deployment


FLINK_DEPLOYMENT_KIND = ClusterKind(FLINK_DEPLOYMENT)
