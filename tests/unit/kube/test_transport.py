"""Lines out of chunks, and JSON out of lines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.virtualtime import run

from flinkop.errors import ApiUnavailable
from flinkop.kube.transport import lines, parse


async def chunks_of(text: bytes, cuts: list[int]) -> AsyncIterator[bytes]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    for begin, end in pairwise(places):
        yield text[begin:end]


async def collect(text: bytes, cuts: list[int]) -> list[bytes]:
    return [line async for line in lines(chunks_of(text, cuts))]


@given(
    wanted=st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line), max_size=10),
    cuts=st.lists(st.integers(0, 300), max_size=20),
)
def test_however_the_network_cuts_the_stream_the_lines_are_the_same(wanted: list[bytes], cuts: list[int]) -> None:
    text = b"".join(line + b"\n" for line in wanted)
    assert run(collect(text, cuts)) == wanted


def test_a_line_that_was_cut_off_is_none() -> None:
    assert run(collect(b'{"a": 1}\n{"b":', [])) == [b'{"a": 1}']


def test_a_very_long_line_is_not_copied_for_every_chunk() -> None:
    async def main() -> int:
        chunk, count = b"x" * 16_384, 4_000

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(count):
                yield chunk
            yield b"\n"

        return sum([len(line) async for line in lines(chunks())])

    assert run(main()) == 16_384 * 4_000


def test_what_is_not_json_comes_from_somebody_else() -> None:
    with pytest.raises(ApiUnavailable, match="not JSON"):
        parse(b"<html>")
