"""Random lives of resources: people edit and delete, things break, the operator dies; then there is peace, and all has to come to rest.

FLINKOP_RANDOM_LIVES says how many; FLINKOP_RANDOM_SEED where to begin. A failure names its seed, and `play()` of that life repeats it.
"""

from __future__ import annotations

import os
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.unit.lifecycle.process import Process, Watched
from tests.unit.lifecycle.resource import Resource
from tests.unit.lifecycle.timeline import Time

BATCHES = range(10)
_LIVES = int(os.environ.get("FLINKOP_RANDOM_LIVES", "100"))
_FIRST = int(os.environ.get("FLINKOP_RANDOM_SEED", "0"))
_LAST_CHORES = 400.0
_SILENCE = 600.0


class Life(ABC):
    """One resource from its creation to its rest."""

    to_rest: float
    """Seconds within which peace has to bring it there."""
    troubles: Sequence[float]
    """How many seconds trouble may last."""
    likely_faults: Sequence[str] = ()
    """Those that break only; empty: any may."""

    world: Watched
    operator: Process
    resource: Resource

    def __init__(self, seed: int) -> None:
        self.rng, self.time = random.Random(seed), Time()

    @abstractmethod
    def is_at_rest(self) -> bool:
        """Whether nothing more is to come: the wish is fulfilled, the job has ended, or somebody's help is asked for."""

    @abstractmethod
    def _edit(self) -> None:
        """Somebody changes the spec."""

    @abstractmethod
    def _faults(self) -> Mapping[str, Callable[[], None]]:
        """What may break now."""

    @abstractmethod
    def _heal(self) -> None:
        """What is broken is mended, but for what only people can say."""

    def play(self) -> None:
        """Trouble for a while, then peace, then rest, then silence."""
        rng = self.rng
        trouble = rng.choice(self.troubles)
        for _ in range(rng.randint(0, 6)):
            self.time.after(rng.uniform(0.0, trouble), self._edit)
        for _ in range(rng.randint(0, 4)):
            self.time.after(rng.uniform(0.0, trouble), self._break)
        if rng.random() < 0.15:
            self.time.after(rng.uniform(0.0, trouble), self._delete)
        self.operator.wake()
        self._run_until(trouble)
        self._note("## peace")
        self.operator.crashes = 0.0
        self._heal()
        self._run_until(self.time.now + self.to_rest, self.is_at_rest)
        assert self.is_at_rest(), self._story("no rest")
        self._run_until(self.time.now + _LAST_CHORES)
        quiet_since = self.time.now
        self._run_until(self.time.now + _SILENCE)
        assert self.is_at_rest(), self._story("rest was left")
        noise = [at for at in self.operator.activity if at > quiet_since]
        assert not noise, self._story("no silence at rest")

    def _run_until(self, end: float, stop: Callable[[], bool] = lambda: False) -> None:
        self.time.run_until(end, lambda: bool(self.world.violations) or stop())
        assert not self.world.violations, self._story(self.world.violations[0])

    def _note(self, line: str) -> None:
        self.operator.history.append(f"{self.time.now:8.1f} {line}")

    def _story(self, problem: str) -> str:
        return "\n".join([problem, *self.operator.history[-60:]])

    # what people do

    def _submit(self, spec: dict[str, Any], why: str) -> None:
        if spec == self.resource.spec or self.resource.deleting or self.resource.gone:
            return
        self.resource.spec = spec
        self.resource.generation += 1
        self._note(f"## {why}: {spec}")
        self.operator.touch()

    def _delete(self) -> None:
        if self.resource.gone:
            return
        self._note("## deleted")
        self.resource.deleting = True
        self.resource.generation += 1
        self.resource.gone = not self.resource.finalizer
        self.operator.touch()

    # what breaks

    def _break(self) -> None:
        faults = self._faults()
        name = self.rng.choice(self.likely_faults or sorted(faults))
        self._note(f"!! {name}")
        faults[name]()

    def _for_a_while(self, trouble: str, least: float = 5.0, most: float = 400.0) -> None:
        setattr(self.world, trouble, True)
        self.time.after(self.rng.uniform(least, most), lambda: setattr(self.world, trouble, False))


def play_batch(life: Callable[[int], Life], batch: int) -> None:
    """Plays one of the batches of all lives."""
    for seed in range(_FIRST + batch, _FIRST + _LIVES, len(BATCHES)):
        try:
            life(seed).play()
        except AssertionError as failed:
            raise AssertionError(f"seed {seed}: {failed}") from None
