"""The lines of one resource in Prometheus' text format, family by family."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flinkop import metrics
from flinkop.metrics import OF_A_RESOURCE, Family
from flinkop.monitoring.reading import Reading
from flinkop.monitoring.text import Sample, labels_text, line

Lines = tuple[str, ...]
"""One text for each family of `FAMILIES`, in that order; empty where the resource has no such series."""


def lines_of(reading: Reading) -> Lines:
    """All series of the resource."""
    name = labels_text(OF_A_RESOURCE, (reading.kind, reading.namespace, reading.name))
    return tuple(["".join([line(family, _joined(name, sample)) for sample in samples(reading)]) for family, samples in _SERIES])


def line_of(family: Family, reading: Reading, value: float) -> str:
    """The resource's line of a family without further labels."""
    return line(family, (labels_text(OF_A_RESOURCE, (reading.kind, reading.namespace, reading.name)), value))


def _joined(name: str, sample: Sample) -> Sample:
    labels, value = sample
    return f"{name},{labels}" if labels else name, value


def _number(value_of: Callable[[Reading], float | None]) -> Callable[[Reading], Iterable[Sample]]:
    """A series for those that have the value."""

    def samples(reading: Reading) -> Iterable[Sample]:
        value = value_of(reading)
        return () if value is None else (("", value),)

    return samples


def _labels(family: Family, values_of: Callable[[Reading], tuple[str, ...] | None]) -> Callable[[Reading], Iterable[Sample]]:
    """A series of value 1 for those that have the words."""

    def samples(reading: Reading) -> Iterable[Sample]:
        values = values_of(reading)
        return () if values is None else ((labels_text(family.labels, values), 1.0),)

    return samples


def _conditions(reading: Reading) -> Iterable[Sample]:
    return [(labels_text(metrics.CONDITION.labels, (name,)), float(status)) for name, status in reading.conditions.items()]


_SERIES: tuple[tuple[Family, Callable[[Reading], Iterable[Sample]]], ...] = (
    (metrics.PHASE, _labels(metrics.PHASE, lambda reading: (reading.phase,))),
    (metrics.SINCE, _number(lambda reading: reading.since)),
    (metrics.JOB_STATE, _labels(metrics.JOB_STATE, lambda reading: (reading.job_state,) if reading.job_state else None)),
    (metrics.CONDITION, _conditions),
    (metrics.RESTORE, _labels(metrics.RESTORE, lambda reading: reading.restore)),
    (metrics.STARTED, _number(lambda reading: reading.started)),
    (metrics.ATTEMPTS, _number(lambda reading: reading.attempts)),
    (metrics.JOB_RESTARTS, _number(lambda reading: reading.job_restarts)),
    (metrics.LAST_SAVEPOINT, _number(lambda reading: reading.last_savepoint)),
    (metrics.LAST_CHECKPOINT, _number(lambda reading: reading.last_checkpoint)),
    (metrics.TASK_MANAGERS, _number(lambda reading: reading.task_managers)),
    (metrics.BEHIND, _number(lambda reading: reading.behind)),
)
FAMILIES = tuple(family for family, _ in _SERIES)
