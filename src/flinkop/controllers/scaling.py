"""How a change that only scales can be carried out: what the mode, the version and the scheduler of the cluster allow."""

from __future__ import annotations

from collections.abc import Mapping

from flinkop.api.flinkdeployment import DeploymentMode, FlinkDeploymentSpec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf import flinkoptions as flink
from flinkop.flinkconf.operatoroptions import INPLACE_SCALING
from flinkop.flinkconf.option import InvalidOption, integer
from flinkop.lifecycle.desired import Scaling
from flinkop.lifecycle.specdiff import Change, Effect

_REQUIREMENTS_SINCE = FlinkVersion(1, 18)


def scaling_of(change: Change, spec: FlinkDeploymentSpec, conf: Mapping[str, str], running: Mapping[str, str]) -> Scaling:
    """The way that is open for `change`. `running` is the configuration of the cluster that runs."""
    if change.effect is not Effect.SCALE:
        return Scaling.NONE
    if spec.mode is DeploymentMode.STANDALONE:
        return Scaling.REPLICAS if spec.job is None or _is_reactive(conf) else Scaling.NONE
    open_to_requests = spec.flink_version >= _REQUIREMENTS_SINCE and _is_adaptive(conf) and INPLACE_SCALING.read(conf)
    return Scaling.REQUIREMENTS if open_to_requests and not _takes_back(conf, running) else Scaling.NONE


def parallelism_of(conf: Mapping[str, str]) -> dict[str, int]:
    """How parallel single vertices are to be.

    Raises:
        InvalidOption: a number cannot be read.
    """
    return {vertex: _number(text) for vertex, text in flink.PARALLELISM_OVERRIDES.read(conf).items()}


def _number(text: str) -> int:
    try:
        return integer(text)
    except ValueError as error:
        raise InvalidOption(flink.PARALLELISM_OVERRIDES.key, str(error)) from None


def _takes_back(conf: Mapping[str, str], running: Mapping[str, str]) -> bool:
    """Nothing tells a running job to go back to the parallelism that its program gives a vertex."""
    return not parallelism_of(running).keys() <= parallelism_of(conf).keys()


def _is_reactive(conf: Mapping[str, str]) -> bool:
    return flink.SCHEDULER_MODE.read(conf).lower() == "reactive"


def _is_adaptive(conf: Mapping[str, str]) -> bool:
    return flink.SCHEDULER.read(conf).lower() == "adaptive"
