"""All rules for FlinkStateSnapshots, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flinkop.api.flinkstatesnapshot import FlinkStateSnapshotSpec, SnapshotState
from flinkop.api.jobstatus import SavepointFormat
from flinkop.validation.violation import Violation

_NOT_BEGUN = (None, SnapshotState.TRIGGER_PENDING)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A FlinkStateSnapshot, where it is, and whether its job's resource is there; None when nobody looked."""

    spec: FlinkStateSnapshotSpec
    state: SnapshotState | None
    has_target: bool | None

    @property
    def exists(self) -> bool:
        """Whether it stands for a savepoint that is there already."""
        return self.spec.savepoint is not None and self.spec.savepoint.already_exists


def is_of_one_kind(subject: Snapshot) -> Iterator[Violation]:
    """It is a savepoint or a checkpoint."""
    savepoint, checkpoint = subject.spec.savepoint, subject.spec.checkpoint
    if savepoint is None and checkpoint is None:
        yield Violation("spec", "asks for neither a savepoint nor a checkpoint", "write savepoint: {} or checkpoint: {}")
    if savepoint is not None and checkpoint is not None:
        yield Violation("spec", "asks for a savepoint and a checkpoint", "keep one of spec.savepoint and spec.checkpoint")


def names_its_job(subject: Snapshot) -> Iterator[Violation]:
    """There is a job that it is taken of."""
    reference, remedy = subject.spec.job_reference, "name the FlinkDeployment, FlinkSessionJob or FlinkApplication: kind and name"
    if subject.exists:
        return
    if reference is None:
        yield Violation("spec.jobReference", "is not set", remedy)
        return
    for field, value in (("kind", reference.kind), ("name", reference.name)):
        if not value:
            yield Violation(f"spec.jobReference.{field}", "is not set", remedy)


def finds_its_job(subject: Snapshot) -> Iterator[Violation]:
    """The job's resource is there as long as nothing has begun."""
    reference = subject.spec.job_reference
    if subject.exists or reference is None or not (reference.kind and reference.name):
        return
    if subject.has_target is False and subject.state in _NOT_BEGUN:
        problem = f"names the {reference.kind} {reference.name}, which is not in this namespace"
        yield Violation("spec.jobReference", problem, "create it first, or correct the name")


def says_where_what_exists_is(subject: Snapshot) -> Iterator[Violation]:
    """A savepoint that exists is somewhere."""
    if subject.exists and not (subject.spec.savepoint and (subject.spec.savepoint.path or "").strip()):
        yield Violation("spec.savepoint.path", "is not set, though the savepoint exists already", "write the savepoint's path")


def has_a_format_that_flink_writes(subject: Snapshot) -> Iterator[Violation]:
    """`UNKNOWN` is a word for what was found, not for what is asked for."""
    savepoint = subject.spec.savepoint
    if savepoint is not None and not subject.exists and savepoint.format_type is SavepointFormat.UNKNOWN:
        yield Violation("spec.savepoint.formatType", "is UNKNOWN, which Flink cannot write", "write CANONICAL or NATIVE")


RULES: tuple[Callable[[Snapshot], Iterator[Violation]], ...] = (
    is_of_one_kind,
    names_its_job,
    finds_its_job,
    says_where_what_exists_is,
    has_a_format_that_flink_writes,
)


def validate_flinkstatesnapshot(
    spec: FlinkStateSnapshotSpec, state: SnapshotState | None = None, has_target: bool | None = None
) -> tuple[Violation, ...]:
    """Everything that is wrong with a FlinkStateSnapshot.

    `state` is the one of its status; `has_target` whether the resource of its job is there, None when nobody looked.
    """
    subject = Snapshot(spec, state, has_target)
    return tuple(violation for rule in RULES for violation in rule(subject))
