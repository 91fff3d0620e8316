"""What Kubernetes takes for the keys and values of labels."""

from __future__ import annotations

import re

LONGEST = 63
"""Characters that a value may have, and a key without its prefix."""

_WORD = rf"[A-Za-z0-9](?:[A-Za-z0-9_.-]{{0,{LONGEST - 2}}}[A-Za-z0-9])?"
_KEY = re.compile(rf"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?{_WORD}")
_VALUE = re.compile(rf"(?:{_WORD})?")


def is_label_key(text: str) -> bool:
    """Whether a label may have this key."""
    return _KEY.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    """Whether a label may have this value. It may be empty."""
    return _VALUE.fullmatch(text) is not None
