"""The Ingress follows the spec by itself: a change of it concerns neither cluster nor job."""

from __future__ import annotations

from flinkop.lifecycle.action import Action, ApplyIngress, DeleteIngress
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.record import Record


def ingress_actions(observed: Observed, desired: Desired) -> tuple[Action, ...]:
    """What makes the Ingress the one that is wanted. On deletion it goes with the resource, its owner."""
    wanted = desired.ingress
    if not desired.manages_ingress or desired.deleting or wanted == observed.ingress or _is_refused(wanted, observed):
        return ()
    return (DeleteIngress(),) if wanted is None else (ApplyIngress(wanted),)


def ingress_problem(record: Record, observed: Observed, desired: Desired) -> str | None:
    """Why the Ingress is not what is wanted; what was known of it stands until it is tried again."""
    wanted = desired.ingress
    if not desired.manages_ingress or desired.deleting or wanted == observed.ingress:
        return None
    refused = observed.refused_ingress
    return refused.message if refused and _is_refused(wanted, observed) else record.ingress_problem


def _is_refused(wanted: str | None, observed: Observed) -> bool:
    return observed.refused_ingress is not None and observed.refused_ingress.digest == wanted
