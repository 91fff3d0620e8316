"""When the Ingress is made, changed and deleted, whatever the job does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.lifecycle.builder import FRESH, a_record, an_observed, reasons
from tests.unit.lifecycle.builder import a_desired as a_wish

from flinkop.api.flinkdeployment import parse_spec
from flinkop.lifecycle.action import Action, ApplyIngress, DeleteIngress
from flinkop.lifecycle.condition import conditions
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired, Settings
from flinkop.lifecycle.ingress import NOT_MANAGED, ingress_actions, ingress_problem
from flinkop.lifecycle.observed import Observed, RefusedIngress
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import NO_CHANGE, Effect, diff_spec

REFUSED = RefusedIngress("new", "the host is taken")


def a_desired(wanted: str | None, *, managed: bool = True, deleting: bool = False) -> Desired:
    settings = Settings(high_availability=True, savepoint_directory=None)
    return Desired(1, {}, NO_CHANGE, False, "savepoint", settings, deleting=deleting, manages_ingress=managed, ingress=wanted)


@pytest.mark.parametrize(
    ("desired", "observed", "actions"),
    [
        pytest.param(a_desired(None), Observed(), (), id="none is wanted, and there is none"),
        pytest.param(a_desired("new"), Observed(), (ApplyIngress("new"),), id="wanted and not there"),
        pytest.param(a_desired("new"), Observed(ingress="new"), (), id="there as it is wanted"),
        pytest.param(a_desired("new"), Observed(ingress="old"), (ApplyIngress("new"),), id="another one is wanted"),
        pytest.param(a_desired("new"), Observed(ingress=""), (ApplyIngress("new"),), id="the established operator made it"),
        pytest.param(a_desired(None), Observed(ingress="old"), (DeleteIngress(),), id="not wanted any more"),
        pytest.param(a_desired("new"), Observed(refused_ingress=REFUSED), (), id="the API server refused it"),
        pytest.param(a_desired("newer"), Observed(refused_ingress=REFUSED), (ApplyIngress("newer"),), id="mended after a refusal"),
        pytest.param(a_desired("new", managed=False), Observed(), (), id="Ingresses are not managed"),
        pytest.param(a_desired("new", deleting=True), Observed(ingress="old"), (), id="the resource is being deleted"),
    ],
)
def test_the_ingress_follows_the_spec(desired: Desired, observed: Observed, actions: tuple[Action, ...]) -> None:
    assert ingress_actions(observed, desired) == actions


@pytest.mark.parametrize(
    ("before", "desired", "observed", "problem"),
    [
        pytest.param(None, a_desired("new"), Observed(refused_ingress=REFUSED), "the host is taken", id="refused"),
        pytest.param("old", a_desired("new"), Observed(), "old", id="not tried again yet, as after a restart of the operator"),
        pytest.param("old", a_desired("newer"), Observed(refused_ingress=REFUSED), "old", id="another one is about to be tried"),
        pytest.param("old", a_desired("new"), Observed(ingress="new"), None, id="accepted"),
        pytest.param("old", a_desired(None), Observed(), None, id="not wanted any more"),
        pytest.param("old", a_desired("new", managed=False), Observed(), NOT_MANAGED, id="not managed any more"),
        pytest.param("old", a_desired(None, managed=False), Observed(), None, id="not managed, and not wanted"),
        pytest.param(None, a_desired("new", managed=False, deleting=True), Observed(), None, id="not managed, and being deleted"),
        pytest.param("old", a_desired("new", deleting=True), Observed(), None, id="being deleted"),
    ],
)
def test_a_refusal_is_told_until_it_is_mended(before: str | None, desired: Desired, observed: Observed, problem: str | None) -> None:
    assert ingress_problem(Record(ingress_problem=before), observed, desired) == problem


def test_an_ingress_that_nobody_makes_is_told_once_and_stays_in_the_conditions() -> None:
    desired = replace(a_wish(), manages_ingress=False, ingress="new")
    first = decide(a_record(), an_observed(), desired, FRESH)
    assert reasons(first) == ["IngressManagement"]
    assert "kubernetes.operator.ingress.manage is false" in first.events[0].message
    ready = next(one for one in conditions(first.record) if one.type == "IngressReady")
    assert (ready.status, ready.reason, ready.message) == (False, "IngressNotManaged", NOT_MANAGED)
    assert decide(first.record, an_observed(), desired, FRESH).events == ()


def test_a_change_of_the_ingress_alone_redeploys_nothing() -> None:
    spec = {"flinkVersion": "v1_20", "ingress": {"template": "a.example.com", "labels": {"a": "b"}}}
    before, after = parse_spec(spec).to_wire(), parse_spec({**spec, "ingress": {"template": "b.example.com"}}).to_wire()
    assert diff_spec(before, after).effect is Effect.IGNORE
    assert diff_spec(before, parse_spec({"flinkVersion": "v1_20"}).to_wire()).effect is Effect.IGNORE
