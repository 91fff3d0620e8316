"""From what was found to what is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from flinkop.explain import reading
from flinkop.explain.advice import advice_for
from flinkop.explain.facts import Facts
from flinkop.explain.report import Child, Condition, Report

_NEEDING_HELP = frozenset({"Stalled", "IngressReady", "SnapshotsReady"})
_SHOWN_EVENTS = _SHOWN_JOBS = 20


def build_report(facts: Facts) -> Report:
    """The report about the resource of `facts`."""
    resource, status = facts.resource, facts.resource.get("status") or {}
    conditions, events = reading.conditions_of(resource), reading.events_of(facts.events)
    verdict = reading.verdict_of(resource, conditions)
    exceptions = tuple(one for one in events if reading.is_exception(one))[:_SHOWN_EVENTS]
    return Report(
        kind=resource["kind"],
        namespace=resource["metadata"]["namespace"],
        name=resource["metadata"]["name"],
        verdict=verdict,
        since=_since(verdict, conditions),
        phase=reading.text_of(status.get("phase")) or reading.text_of(status.get("state")),
        reason=reading.text_of(status.get("reason")),
        message=reading.text_of(status.get("message")) or reading.error_of(resource) or "",
        job=reading.job_of(resource),
        wait=reading.wait_of(resource, conditions),
        next_steps=tuple(dict.fromkeys(_next_steps(facts, conditions))),
        conditions=conditions,
        decisions=reading.decisions_of(resource),
        restore=reading.restore_of(resource, facts.snapshots),
        children=tuple(_children(facts)),
        exceptions=exceptions,
        events=tuple(one for one in events if not reading.is_exception(one))[:_SHOWN_EVENTS],
        configuration=facts.configuration,
        problems=facts.problems,
    )


def _since(verdict: str, conditions: Sequence[Condition]) -> datetime | None:
    """Since when that is so: it may not have been ready for longer than it has been stalled."""
    told_by = "Stalled" if verdict == "Stalled" else "Ready"
    return next((one.since for one in conditions if one.type == told_by), None)


def _children(facts: Facts) -> Iterator[Child]:
    yield from map(reading.resource_child, facts.refers_to)
    yield from map(reading.deployment_child, facts.deployments)
    pods = facts.pods if facts.pods_are_known else None
    yield from (reading.service_child(service, pods) for service in facts.services)
    yield from map(reading.pod_child, facts.pods)
    yield from _jobs([reading.resource_child(job) for job in facts.jobs])


def _jobs(jobs: Sequence[Child]) -> Iterator[Child]:
    """Those that are not well first; of more than can be read, the others as one."""
    ordered = sorted(jobs, key=lambda job: job.healthy)
    shown, rest = ordered[:_SHOWN_JOBS], ordered[_SHOWN_JOBS:]
    yield from shown
    if rest:
        well = sum(job.healthy for job in rest)
        yield Child(rest[0].kind, f"({len(rest)} more)", well == len(rest), f"{well} of them ready")


def _next_steps(facts: Facts, conditions: tuple[Condition, ...]) -> Iterator[str]:
    """What is said about the reasons that stand there. Nothing for a resource that is well."""
    status = facts.resource.get("status") or {}
    if not conditions:
        yield (
            "No operator has written a status. Is one running, does one lead, and does it watch this namespace and these labels? "
            "kubectl -n flinkop get lease,pods"
        )
        return
    reasons = [one.reason for one in conditions if _asks_for_help(one)]
    if reading.verdict_of(facts.resource, conditions) != "Ready":
        reasons.insert(0, reading.text_of(status.get("reason")))
    for reason in dict.fromkeys(filter(None, reasons)):
        advice = advice_for(reason)
        if advice is not None:
            yield from (f"{reason}: {text}" for text in (advice.means, _then(advice.after), _do(advice.do)) if text)
    for child in map(reading.resource_child, facts.refers_to):
        if not child.healthy:
            yield f"{child.kind}/{child.name} is not ready: flinkop explain {child.kind.lower()}/{child.name}"


def _asks_for_help(condition: Condition) -> bool:
    wanted = "True" if condition.type == "Stalled" else "False"
    return condition.type in _NEEDING_HELP and condition.status == wanted


def _then(after: str) -> str:
    return f"when that takes too long: {after}" if after else ""


def _do(text: str) -> str:
    return f"do: {text}" if text else ""
