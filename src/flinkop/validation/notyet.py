"""Parts of the schema that this version does not carry out. A row goes when its feature comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flinkop.api.job import JobSpec
from flinkop.validation.subject import WithJob
from flinkop.validation.violation import Severity, Violation


@dataclass(frozen=True, slots=True)
class NotYet:
    """A use of the schema that this version does not carry out."""

    path: str
    is_used: Callable[[WithJob], bool]
    problem: str
    remedy: str
    severity: Severity = Severity.ERROR


def _nonce(field: str, value: Callable[[JobSpec], int | None], why: str) -> NotYet:
    return NotYet(
        f"spec.job.{field}",
        lambda subject: subject.job is not None and value(subject.job) is not None,
        f"has no effect in this version: {why}",
        "leave it out",
        Severity.WARNING,
    )


_NOT_YET: tuple[NotYet, ...] = (_nonce("autoscalerResetNonce", lambda job: job.autoscaler_reset_nonce, "it has no autoscaler"),)


def is_supported(subject: WithJob) -> Iterator[Violation]:
    """The spec uses only what this version carries out."""
    for row in _NOT_YET:
        if row.is_used(subject):
            yield Violation(row.path, row.problem, row.remedy, row.severity)
