"""What a change of the spec means: one table of paths, read from the top, and the largest effect wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Effect(IntEnum):
    """The effects of a change, smallest first. Established rules: official operator, field by field, largest wins."""

    NOTHING = 0
    IGNORE = 1
    SCALE = 2
    UPGRADE = 3
    SAVEPOINT_REDEPLOY = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """`path` is a dotted path; with a final `*` it matches every path that starts so. `null_ignored`: removing the value is no change.

    `standalone` is the effect in a standalone cluster where it is another one.
    """

    path: str
    effect: Effect
    null_ignored: bool = False
    standalone: Effect | None = None

    def matches(self, path: str) -> bool:
        """Whether this rule speaks about `path`."""
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path


OVERRIDES = "pipeline.jobvertex-parallelism-overrides"
"""The option that says how parallel single vertices of the job are."""

RULES: tuple[Rule, ...] = (
    Rule("flinkConfiguration.kubernetes.operator.*", Effect.IGNORE),
    Rule("flinkConfiguration.job.autoscaler*", Effect.IGNORE),
    Rule("flinkConfiguration.parallelism.default", Effect.IGNORE),
    Rule(f"flinkConfiguration.{OVERRIDES}*", Effect.SCALE, standalone=Effect.UPGRADE),
    Rule("ingress*", Effect.IGNORE),
    Rule("job.parallelism", Effect.UPGRADE, standalone=Effect.SCALE),
    Rule("taskManager.replicas", Effect.UPGRADE, standalone=Effect.SCALE),
    Rule("job.upgradeMode", Effect.IGNORE),
    Rule("job.allowNonRestoredState", Effect.IGNORE),
    Rule("job.initialSavepointPath", Effect.IGNORE),
    Rule("job.savepointTriggerNonce", Effect.IGNORE),
    Rule("job.checkpointTriggerNonce", Effect.IGNORE),
    Rule("job.autoscalerResetNonce", Effect.IGNORE),
    Rule("job.savepointRedeployNonce", Effect.SAVEPOINT_REDEPLOY, null_ignored=True),
    Rule("restartNonce", Effect.UPGRADE, null_ignored=True),
    Rule("*", Effect.UPGRADE),
)

_NONCES = frozenset(rule.path for rule in RULES if rule.null_ignored)
_REQUESTS = frozenset({"job.savepointTriggerNonce", "job.checkpointTriggerNonce"})
_OPAQUE = ("podTemplate", "jobManager.podTemplate", "taskManager.podTemplate", "logConfiguration", "job.args")


@dataclass(frozen=True, slots=True)
class Change:
    """All that differs between two specs, and what it means."""

    effect: Effect
    paths: tuple[str, ...]


NO_CHANGE = Change(Effect.NOTHING, ())


def diff_spec(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """Compares two specs in the form `FlinkDeploymentSpec.model_dump(by_alias=True)` gives: defaults filled in, configuration flat."""
    standalone = _is_standalone(after)
    found = [(path, _effect(path, new, standalone)) for path, new in _differences("", before, after)]
    if not found:
        return NO_CHANGE
    return Change(max(effect for _, effect in found), tuple(path for path, _ in found))


def take_over(before: Mapping[str, Any], after: Mapping[str, Any], largest: Effect) -> Mapping[str, Any]:
    """`before` with all of `after` that has an effect up to `largest`: a change that is ignored counts at once, whatever else waits."""
    if before == after:
        return before
    standalone = _is_standalone(after)
    return _merge("", before, after, lambda path, new: _effect(path, new, standalone) <= largest and not _is_request(path, new))


def stand_in(stable: Mapping[str, Any], rejected: Mapping[str, Any], newest: Mapping[str, Any]) -> Mapping[str, Any]:
    """`stable` in the place of `newest`, which means the same as `rejected` apart from what needs no restart.

    It has all of `newest` that is ignored, what that scales against `rejected`, and its nonces: they count as done.
    """
    standalone, changed = _is_standalone(stable), diff_spec(rejected, newest).paths

    def counts(path: str, new: object) -> bool:
        effect = _effect(path, new, standalone)
        return effect <= Effect.IGNORE or path in _NONCES or (effect is Effect.SCALE and path in changed)

    return _merge("", stable, newest, counts)


def _is_standalone(spec: Mapping[str, Any]) -> bool:
    return spec.get("mode") == "standalone"


def _merge(prefix: str, before: Mapping[str, Any], after: Mapping[str, Any], counts: Callable[[str, object], bool]) -> Mapping[str, Any]:
    merged = {}
    for key in {**before, **after}:
        path, old, new = _join(prefix, key), before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping) and path not in _OPAQUE:
            merged[key] = _merge(path, old, new, counts)
            continue
        source = after if counts(path, new) else before
        if key in source:
            merged[key] = source[key]
    return merged


def _is_request(path: str, new: object) -> bool:
    """A nonce that asks for something counts as accepted when that is done."""
    return path in _REQUESTS and new is not None


def _effect(path: str, new: object, standalone: bool) -> Effect:
    rule = next(rule for rule in RULES if rule.matches(path))
    if rule.null_ignored and new is None:
        return Effect.IGNORE
    return rule.standalone if standalone and rule.standalone is not None else rule.effect


def _differences(prefix: str, before: Any, after: Any) -> Iterator[tuple[str, Any]]:
    if before == after or (_is_empty(before) and _is_empty(after)):
        return
    if prefix in _OPAQUE and _plain(before) == _plain(after):
        return
    if prefix in _OPAQUE or not (_is_section(before) and _is_section(after)):
        yield prefix, after
        return
    before, after = before or {}, after or {}
    for key in sorted({*before, *after}):
        yield from _differences(_join(prefix, key), before.get(key), after.get(key))


def _plain(value: Any) -> Any:
    """Without what is empty, and numbers as text: other programs write the same pod template in other forms."""
    match value:
        case Mapping():
            return {key: plain for key, inner in value.items() if not _is_empty(plain := _plain(inner))}
        case list():
            return [_plain(inner) for inner in value]
        case bool() | None:
            return value
        case _:
            return str(value)


def _join(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _is_empty(value: object) -> bool:
    return value is None or value in ({}, [])


def _is_section(value: object) -> bool:
    return value is None or isinstance(value, Mapping)
