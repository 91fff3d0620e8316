"""What people are told, in the words of the kind that they wrote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flinkop.lifecycle.decision import Decision

Words = Iterable[tuple[str, str]]
"""Established words and those that take their place, in the order in which they are replaced."""


def retell(decision: Decision, words: Words) -> Decision:
    """The decision with everything that is read by people in other words."""
    words = tuple(words)
    if not words:
        return decision
    record = decision.record
    told = replace(
        record,
        message=in_words(record.message, words),
        failure=in_words(record.failure, words) if record.failure is not None else None,
        invalid=in_words(record.invalid, words) if record.invalid is not None else None,
    )
    return replace(decision, record=told, events=tuple(replace(event, message=in_words(event.message, words)) for event in decision.events))


def in_words(text: str, words: Words) -> str:
    """The text with the words replaced."""
    for established, own in words:
        text = text.replace(established, own)
    return text
