"""Violations as people read them."""

from __future__ import annotations

from flinkop.validation.violation import Severity, Violation, warning


def test_a_violation_is_one_line_of_path_problem_and_remedy() -> None:
    assert str(Violation("spec.job", "is not set", "add it")) == "spec.job: is not set; add it"


def test_a_violation_without_a_remedy_ends_after_the_problem() -> None:
    assert str(Violation("spec.job", "is not set", "")) == "spec.job: is not set"


def test_a_sentence_is_taken_apart_at_its_first_semicolon() -> None:
    assert Violation.of("a", "is x; write y; or z") == Violation("a", "is x", "write y; or z")


def test_only_errors_stop_a_spec() -> None:
    assert Violation("a", "b", "c").is_error
    assert not warning("a", "b", "c").is_error
    assert warning("a", "b", "c").severity is Severity.WARNING
