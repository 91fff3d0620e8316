"""Python looks for cyclic garbage less often, and not among what was there before the work began."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from flinkop.cyclicgarbage import look_less_often


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_what_is_there_is_left_alone_and_what_comes_is_looked_through_less_often() -> None:
    before = gc.get_threshold()
    look_less_often()
    assert gc.get_freeze_count() > 1000
    assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold()[1:] == before[1:]
    assert gc.isenabled()
