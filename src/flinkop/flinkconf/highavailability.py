"""Whether a configuration switches high availability on, and which kind."""

from __future__ import annotations

from collections.abc import Mapping

from flinkop.flinkconf.flinkoptions import HIGH_AVAILABILITY

_KUBERNETES_FACTORY = "org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory"


def is_ha(conf: Mapping[str, str]) -> bool:
    """`kubernetes`, `zookeeper`, or the class of a factory: anything but `none`. Source: Flink's HighAvailabilityMode."""
    return HIGH_AVAILABILITY.read(conf).upper() != "NONE"


def is_kubernetes_ha(conf: Mapping[str, str]) -> bool:
    """High availability by config maps, under its short name or its factory's class name."""
    mode = HIGH_AVAILABILITY.read(conf)
    return mode.upper() == "KUBERNETES" or mode == _KUBERNETES_FACTORY
