"""The two reasons that Kubernetes takes turns with while it cannot get an image: it tries, and it waits."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.observed import Trouble

TRIES, WAITS = "ErrImagePull", "ImagePullBackOff"


def without_turns(trouble: Trouble, before: str) -> Trouble:
    """What is told after the reason `before`: once Kubernetes waits between its tries, a try is no news."""
    return replace(trouble, reason=WAITS) if (before, trouble.reason) == (WAITS, TRIES) else trouble


def begins_to_wait(before: str, trouble: Trouble) -> bool:
    """The first wait is told although its cause was."""
    return (before, trouble.reason) == (TRIES, WAITS)
