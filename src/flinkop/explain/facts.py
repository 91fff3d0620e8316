"""What a report is made from: objects as the API server gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.explain.report import Value

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """The resource and what belongs to it; `pods_are_known` is false when they could not be read.

    `refers_to`: the cluster of a job, the resource of a snapshot. `jobs` share it, if it is a cluster; `snapshots` are of its job.
    """

    resource: Object
    deployments: tuple[Object, ...] = ()
    services: tuple[Object, ...] = ()
    pods: tuple[Object, ...] = ()
    pods_are_known: bool = True
    refers_to: tuple[Object, ...] = ()
    jobs: tuple[Object, ...] = ()
    snapshots: tuple[Object, ...] = ()
    events: tuple[Object, ...] = ()
    configuration: tuple[Value, ...] = ()
    problems: tuple[str, ...] = ()
