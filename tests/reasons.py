"""Every reason that the operator can give, read from its source: a new one that nobody explained makes a test fail."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from flinkop import errors
from flinkop.controllers import actuator
from flinkop.errors import TerminalError
from flinkop.lifecycle.observed import TERMINAL, JobState
from flinkop.lifecycle.snapshotkind import KINDS

_SOURCE = Path(__file__).parents[1] / "src" / "flinkop"
_WORD = re.compile(r"[A-Z][A-Za-z]*[a-z][A-Za-z]*")
_NO_REASONS = frozenset(
    {
        # words of other fields, of Kubernetes and of the condition types
        *("Keep", "Remove", "Settled", "Progressing", "NotStalled", "Ready", "Reconciling", "Stalled", "Running"),
        *("IngressReady", "SnapshotsReady"),
        *("True", "False", "Status", "Info"),
        *(
            "Deployment",
            "ReplicaSet",
            "PodScheduled",
            "Succeeded",
            "Event",
            "False",
            "Job",
            "JobManager",
            "TaskManagers",
            "Limit",
            "Background",
            "Failed",
        ),
        *("NewReplicaSetAvailable", "Seen", "ContainerCreating", "PodInitializing"),
        # steps that are no reasons
        *("Cancelling", "TearingDown", "WaitingToRetry", "WaitingToStop", "WaitingForJobs", "Submitting"),
    }
)
_COMPOSED = frozenset(f"Job{state.capitalize()}" for state in JobState if state not in TERMINAL | {JobState.RUNNING})
"""Reasons of a job that is neither well nor at its end: `JobRestarting`."""

_MAKE_EVENTS = frozenset({"Event", "news", "trouble"})


def _strings(path: Path) -> Iterator[str]:
    """String constants that are no docstrings and no members of enumerations."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    enums = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and any(_is_enum(base) for base in node.bases)]
    skipped = {id(inner) for enum in enums for inner in ast.walk(enum)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


def _is_enum(base: ast.expr) -> bool:
    return isinstance(base, ast.Name) and base.id.endswith("Enum")


def _of(folder: str) -> frozenset[str]:
    found = {text for path in (_SOURCE / folder).rglob("*.py") for text in _strings(path) if _WORD.fullmatch(text)}
    return frozenset(found - _NO_REASONS)


def of_lifecycle() -> frozenset[str]:
    """Reasons of phases, Events, restore points and conditions."""
    return _of("lifecycle") | _COMPOSED


def of_controllers() -> frozenset[str]:
    """Reasons that the controllers add: what Kubernetes says of pods, and which of our errors was met."""
    classes = (kind for module in (errors, actuator) for kind in vars(module).values())
    terminal = {kind.__name__ for kind in classes if isinstance(kind, type) and issubclass(kind, TerminalError)}
    return _of("controllers") | (terminal - _NEVER_TOLD) | {"FailedCreate"}  # what a ReplicaFailure is usually called


def of_events() -> frozenset[str]:
    """Reasons of Events, apart from those of pods, which are Kubernetes' own."""
    calls = (node for path in _SOURCE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    named = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in _MAKE_EVENTS and call.args)
    literal = {word.value for word in named if isinstance(word, ast.Constant) and isinstance(word.value, str)}
    return frozenset(literal | {reason for kind in KINDS for reason in (kind.taken, kind.error)})


_NEVER_TOLD = frozenset(
    {"TerminalError", "InvalidConfiguration", "NamespaceTerminating", "UnreadableStatus", "IngressExists", "InvalidSpec"},
)
"""Errors that become no reason: bases, those of the operator's start, and those that are told as something else."""
