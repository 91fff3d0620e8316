"""The Ingress follows the spec by itself: a change of it concerns neither cluster nor job."""

from __future__ import annotations

from flinkop.lifecycle.action import Action, ApplyIngress, DeleteIngress
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Observed


def ingress_actions(observed: Observed, desired: Desired) -> tuple[Action, ...]:
    """What makes the Ingress the one that is wanted. On deletion it goes with the resource, its owner."""
    wanted = desired.ingress
    if not desired.manages_ingress or desired.deleting or wanted == observed.ingress:
        return ()
    if wanted is None:
        return (DeleteIngress(),)
    return () if wanted == observed.refused_ingress else (ApplyIngress(wanted),)
