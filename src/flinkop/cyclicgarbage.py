"""How often Python looks for cyclic garbage: what is kept for long, modules and caches, is most of the memory, and never is any."""

from __future__ import annotations

import gc

_YOUNG = 5_000
"""Containers that are made, less those that are freed, until Python looks. A pass makes thousands; nearly all go with it by their count."""


def look_less_often() -> None:
    """Leaves all that is there out of every later search, and has Python search for garbage among what comes after less often.

    Searching everything takes microseconds per object, during which nothing else is done: Python's default begins after 700 objects,
    and has looked through a growing cache again and again.
    """
    gc.freeze()  # with what garbage the imports left: less than the start would lose by searching for it
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
