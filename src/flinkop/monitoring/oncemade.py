"""What is made of objects that are replaced and never changed: at rest, the next question finds all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

From = TypeVar("From")
Made = TypeVar("Made")

_SLICE = 50


class OnceMade(Generic[From, Made]):
    """Made once for each object, and forgotten with it: what the last question did not ask for is not kept.

    `breathe` is called now and then while much has to be made, so that whoever runs beside can go on.
    """

    def __init__(self, make: Callable[[From], Made], breathe: Callable[[], None]) -> None:
        self._make, self._breathe = make, breathe
        self._made: dict[int, tuple[From, Made]] = {}  # it holds the object too: as long as it does, no other has its id

    def __len__(self) -> int:
        return len(self._made)

    def of(self, objects: Iterable[From]) -> list[Made]:
        """What is made of each."""
        kept, self._made = self._made, {}
        answer: list[Made] = []
        missing = 0
        for obj in objects:
            found = kept.get(id(obj))
            if found is None:
                found, missing = (obj, self._make(obj)), missing + 1
                if missing % _SLICE == 0:
                    self._breathe()
            self._made[id(obj)] = found
            answer.append(found[1])
        return answer
