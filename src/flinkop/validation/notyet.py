"""Parts of the schema that this version does not carry out. A row goes when its feature comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flinkop.api.flinkdeployment import DeploymentMode, FlinkDeploymentSpec
from flinkop.validation.subject import Subject
from flinkop.validation.violation import Severity, Violation


@dataclass(frozen=True, slots=True)
class NotYet:
    """A use of the schema that this version does not carry out."""

    path: str
    is_used: Callable[[FlinkDeploymentSpec], bool]
    problem: str
    remedy: str
    severity: Severity = Severity.ERROR


_NOT_YET: tuple[NotYet, ...] = (
    NotYet(
        "spec.mode",
        lambda spec: spec.mode is DeploymentMode.STANDALONE,
        "standalone clusters are not supported by this version",
        "write native, or leave it out",
    ),
    NotYet(
        "spec.job",
        lambda spec: spec.job is None,
        "is not set, and session clusters (without a job) are not supported by this version",
        "add the job to run",
    ),
    NotYet(
        "spec.ingress",
        lambda spec: spec.ingress is not None,
        "ingresses are not made by this version",
        "make an Ingress for the Service that ends in -rest yourself",
        Severity.WARNING,
    ),
    *(
        NotYet(
            f"spec.job.{field}",
            lambda spec, attribute=attribute: spec.job is not None and getattr(spec.job, attribute) is not None,  # type: ignore[misc]
            f"has no effect in this version: {feature}",
            "leave it out",
            Severity.WARNING,
        )
        for field, attribute, feature in (
            ("savepointTriggerNonce", "savepoint_trigger_nonce", "it takes no savepoints on demand"),
            ("checkpointTriggerNonce", "checkpoint_trigger_nonce", "it takes no checkpoints on demand"),
            ("autoscalerResetNonce", "autoscaler_reset_nonce", "it has no autoscaler"),
        )
    ),
)


def is_supported(subject: Subject) -> Iterator[Violation]:
    """The spec uses only what this version carries out."""
    for row in _NOT_YET:
        if row.is_used(subject.spec):
            yield Violation(row.path, row.problem, row.remedy, row.severity)
