"""One thing that is wrong with a resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error stops the spec from being taken; a warning is told."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Violation:
    """Where, what is wrong, and what to do about it. Holds no value that could be a secret."""

    path: str
    problem: str
    remedy: str
    severity: Severity = Severity.ERROR

    @classmethod
    def of(cls, path: str, text: str, severity: Severity = Severity.ERROR) -> Violation:
        """From a text that says the problem and, after a semicolon, the remedy."""
        problem, _, remedy = text.partition("; ")
        return cls(path, problem, remedy, severity)

    @property
    def is_error(self) -> bool:
        """Whether the spec cannot be taken."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        """One line: `spec.job.parallelism: is 0; write 1 or more`."""
        return f"{self.path}: {self.problem}; {self.remedy}" if self.remedy else f"{self.path}: {self.problem}"


def warning(path: str, problem: str, remedy: str) -> Violation:
    """A violation that does not stop the spec."""
    return Violation(path, problem, remedy, Severity.WARNING)
