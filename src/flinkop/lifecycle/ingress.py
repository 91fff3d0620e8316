"""The Ingress follows the spec by itself: a change of it concerns neither cluster nor job."""

from __future__ import annotations

from flinkop.flinkconf.operatoroptions import MANAGE_INGRESS
from flinkop.lifecycle.action import Action, ApplyIngress, DeleteIngress
from flinkop.lifecycle.decision import Component, Event, EventType
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.record import Record

NOT_MANAGED = f"spec.ingress is set, and {MANAGE_INGRESS.key} is false: this operator makes no Ingress. Remove it, or make one yourself."


def ingress_actions(observed: Observed, desired: Desired) -> tuple[Action, ...]:
    """What makes the Ingress the one that is wanted. On deletion it goes with the resource, its owner."""
    wanted = desired.ingress
    if not desired.manages_ingress or desired.deleting or wanted == observed.ingress or _is_refused(wanted, observed):
        return ()
    return (DeleteIngress(),) if wanted is None else (ApplyIngress(wanted),)


def ingress_problem(record: Record, observed: Observed, desired: Desired) -> str | None:
    """Why the Ingress is not what is wanted; what was known of it stands until it is tried again."""
    wanted = desired.ingress
    if not desired.manages_ingress and wanted is not None and not desired.deleting:
        return NOT_MANAGED
    if not desired.manages_ingress or desired.deleting or wanted == observed.ingress:
        return None
    refused = observed.refused_ingress
    return refused.message if refused and _is_refused(wanted, observed) else record.ingress_problem


def ingress_events(before: Record, problem: str | None) -> tuple[Event, ...]:
    """That nobody makes the Ingress is told once; that one was refused, where it is tried."""
    if problem != NOT_MANAGED or before.ingress_problem == NOT_MANAGED:
        return ()
    return (Event("IngressManagement", NOT_MANAGED, EventType.WARNING, Component.OPERATOR),)


def _is_refused(wanted: str | None, observed: Observed) -> bool:
    return observed.refused_ingress is not None and observed.refused_ingress.digest == wanted
