"""What people read first names a newer spec that was refused, whatever else is going on; the record keeps the two apart."""

from __future__ import annotations


def with_refusal(message: str, invalid: str | None) -> str:
    """The message of a status: what is going on, and what is wrong with the newest spec."""
    return message if invalid is None or invalid == message else f"{message}{_words(invalid)}"


def without_refusal(message: str, invalid: str | None) -> str:
    """What is going on, from the message of a status."""
    return message if invalid is None else message.removesuffix(_words(invalid))


def _words(invalid: str | None) -> str:
    return f" The newest spec is refused: {invalid}"
