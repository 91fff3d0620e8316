"""What people read first names a newer spec that was refused, whatever else is going on; the record keeps the two apart."""

from __future__ import annotations

from flinkop.lifecycle.deadline import is_sentence


def with_refusal(message: str, invalid: str | None) -> str:
    """The message of a status: what is going on, and what is wrong with the newest spec."""
    if invalid is None or invalid == message:
        return message
    return f"{message}{_sentence(invalid) if not message or is_sentence(message) else _clause(invalid)}"


def without_refusal(message: str, invalid: str | None) -> str:
    """What is going on, from the message of a status."""
    if invalid is None:
        return message
    return next((message.removesuffix(words) for words in (_sentence(invalid), _clause(invalid)) if message.endswith(words)), message)


def _sentence(invalid: str) -> str:
    return f" The newest spec is refused: {invalid}"


def _clause(invalid: str) -> str:
    """Behind what may be somebody else's words and ends without a full stop: one that was put there could not be told from theirs."""
    return f"; the newest spec is refused: {invalid}"
