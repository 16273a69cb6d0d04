"""Lines end at newline bytes alone, whatever the chunks."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.producers.lines import LineSplitter


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=10))
@settings(max_examples=100, deadline=None)
def test_any_chunks_give_the_same_lines(data: bytes, cuts: list[int]) -> None:
    """Only \\n splits: neither \\r nor U+2028 nor form feeds do; numbers count from 1."""
    splitter = LineSplitter()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    lines = [line for a, b in pairwise(places) for line in splitter.feed(data[a:b])]
    lines += splitter.finish()
    expected = data.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert [line.data for line in lines] == expected
    assert [line.number for line in lines] == list(range(1, len(expected) + 1))


def test_a_long_line_is_dropped_and_marked() -> None:
    """The bound holds within one chunk and across chunks, also for the last line."""
    splitter = LineSplitter(max_line=4)
    assert splitter.feed(b"12345\nok\n1234\n12")[0].too_long
    assert splitter.feed(b"345") == []
    (last,) = splitter.finish()
    assert last.too_long
    assert last.data == b""
