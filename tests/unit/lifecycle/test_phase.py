"""The phases are a closed set: each has a handler, a row of allowed changes, and an established word."""

from __future__ import annotations

import pytest
from tests.unit.lifecycle.builder import FRESH, a_desired, a_record, an_observed

from flinkop.lifecycle import decide as decide_module
from flinkop.lifecycle.decide import HANDLERS, ForbiddenTransition, decide
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.phase import TRANSITIONS, Phase, is_allowed


def test_every_phase_has_a_handler_and_a_row_in_the_table() -> None:
    assert set(HANDLERS) == set(Phase)
    assert set(TRANSITIONS) == set(Phase)


@pytest.mark.parametrize("phase", Phase)
def test_staying_is_allowed_everywhere_and_deletion_from_everywhere(phase: Phase) -> None:
    assert is_allowed(phase, phase)
    assert is_allowed(phase, Phase.DELETING)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.CREATED])
def test_nothing_leads_back_to_the_beginning(phase: Phase) -> None:
    assert not is_allowed(phase, Phase.CREATED)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.DELETING])
def test_nothing_leads_out_of_deletion(phase: Phase) -> None:
    assert not is_allowed(Phase.DELETING, phase)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.CREATED])
def test_every_phase_can_be_reached(phase: Phase) -> None:
    assert any(phase in after for after in TRANSITIONS.values())


def test_a_handler_that_leaves_for_a_phase_that_the_table_does_not_name_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide_module, "HANDLERS", {Phase.RUNNING: lambda *_: Decision(a_record(phase=Phase.CREATED))})

    with pytest.raises(ForbiddenTransition, match="Running to Created"):
        decide(a_record(), an_observed(), a_desired(), FRESH)
