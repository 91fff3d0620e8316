"""Credentials that tests hand in."""

from __future__ import annotations

from collections.abc import Mapping


class Token:
    """A bearer token that can be exchanged; counts how often it was refused."""

    def __init__(self, value: str) -> None:
        self.value, self.forgotten = value, 0

    async def headers(self) -> Mapping[str, str]:
        """The authorization header."""
        return {"Authorization": f"Bearer {self.value}"}

    def forget(self) -> None:
        """It was refused."""
        self.forgotten += 1
