"""The fleet under the names that the metrics of the established operator have in Prometheus, for dashboards that exist.

Source: section 11 of its feature census: counts by namespace, named `flink_k8soperator_<scope>_<metric>`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from flinkop.metrics import Family
from flinkop.monitoring.reading import Reading
from flinkop.monitoring.text import Sample, labels_text

_PREFIX = "flink_k8soperator_namespace_"
_LIFECYCLE = ("CREATED", "SUSPENDED", "UPGRADING", "DEPLOYED", "STABLE", "ROLLING_BACK", "ROLLED_BACK", "FAILED", "DELETING", "DELETED")
_JOBMANAGER = ("READY", "DEPLOYED_NOT_READY", "DEPLOYING", "MISSING", "ERROR")
_WITH_LIFECYCLE = ("FlinkDeployment", "FlinkSessionJob")
Gauge = tuple[Family, list[Sample]]
_ODD = re.compile("[^a-zA-Z0-9]")


def families(readings: Mapping[str, Sequence[Reading]]) -> Iterator[Gauge]:
    """Counts by namespace. Of states that are known there is a count even where it is 0, as there."""
    for kind in _WITH_LIFECYCLE:
        found = readings.get(kind) or ()
        spaces = sorted({reading.namespace for reading in found})
        yield _gauge(kind, f"{kind}_Count", spaces, Counter(reading.namespace for reading in found))
        for state in _LIFECYCLE:
            counts = Counter(reading.namespace for reading in found if reading.lifecycle == state)
            yield _gauge(kind, f"{kind}_Lifecycle_State_{state}_Count", spaces, counts)
    yield from _of_deployments(readings.get("FlinkDeployment") or ())


def _of_deployments(found: Sequence[Reading]) -> Iterator[Gauge]:
    kind, spaces = "FlinkDeployment", sorted({reading.namespace for reading in found})
    for state in _JOBMANAGER:
        counts = Counter(reading.namespace for reading in found if (reading.jobmanager or "MISSING") == state)
        yield _gauge(kind, f"{kind}_JmDeploymentStatus_{state}_Count", spaces, counts)
    for version in sorted({_version(reading) for reading in found}):
        counts = Counter(reading.namespace for reading in found if _version(reading) == version)
        yield _gauge(kind, f"{kind}_FlinkVersion_{version}_Count", spaces, counts)


def _version(reading: Reading) -> str:
    """Flink's version as a part of a name."""
    return _ODD.sub("_", reading.flink_version or "UNKNOWN")


def _gauge(kind: str, name: str, spaces: Sequence[str], counts: Mapping[str, int]) -> Gauge:
    family = Family(_PREFIX + name, f"{name}, as the established operator has it.", ("resourcens", "resourcetype"))
    return family, [(labels_text(family.labels, (space, kind)), float(counts.get(space, 0))) for space in spaces]
