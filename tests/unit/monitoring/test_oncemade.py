"""What is made of objects that are replaced and never changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flinkop.monitoring.oncemade import OnceMade


class Maker:
    """Counts what it was asked to make."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, obj: list[int]) -> int:
        self.calls += 1
        return sum(obj)


def test_an_object_that_is_still_there_is_not_looked_at_again() -> None:
    make = Maker()
    made, objects = OnceMade(make, lambda: None), [[1], [2]]

    assert made.of(objects) == made.of(objects) == [1, 2]
    assert make.calls == 2


def test_an_equal_object_that_took_its_place_is_another_one() -> None:
    make = Maker()
    made = OnceMade(make, lambda: None)

    assert (made.of([[1]]), made.of([[1]])) == ([1], [1])
    assert make.calls == 2


def test_what_is_gone_is_not_kept() -> None:
    made, objects = OnceMade(Maker(), lambda: None), [[1], [2]]
    made.of(objects)
    made.of(objects[:1])

    assert len(made) == 1


@given(st.lists(st.lists(st.integers(0, 9), max_size=2), max_size=8), st.data())
def test_whatever_comes_and_goes_the_answer_is_that_of_a_fresh_one(pool: list[list[int]], data: st.DataObject) -> None:
    made = OnceMade(sum, lambda: None)
    for _ in range(3):
        asked = data.draw(st.lists(st.sampled_from(pool), max_size=9)) if pool else []

        assert made.of(asked) == [sum(obj) for obj in asked]


def test_others_get_their_turn_while_much_has_to_be_made_and_only_then() -> None:
    breaths: list[int] = []
    made, objects = OnceMade(Maker(), lambda: breaths.append(1)), [[number] for number in range(500)]
    made.of(objects)
    first = len(breaths)
    made.of(objects)

    assert first == len(breaths) == 10
