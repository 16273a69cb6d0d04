"""Which row each line belongs to."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.widgets.transcript.line_index import LineIndex

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["append", "set", "drop", "remove"]),
        st.integers(min_value=0, max_value=20),
        st.integers(min_value=0, max_value=9),
    ),
    max_size=40,
)


@given(st.lists(st.integers(min_value=0, max_value=9), max_size=10), OPERATIONS)
@settings(max_examples=100, deadline=None)
def test_it_agrees_with_a_plain_list(
    heights: list[int], operations: list[tuple[str, int, int]]
) -> None:
    """After any changes, every row starts at the sum of the heights before it."""
    index, plain = LineIndex(heights), list(heights)
    for name, place, height in operations:
        if name == "append":
            index.append(height)
            plain.append(height)
        elif name == "drop":
            count = min(place, len(plain))
            index.drop_head(count)
            del plain[:count]
        elif place < len(plain) and name == "set":
            index.set_height(place, height)
            plain[place] = height
        elif place < len(plain):
            index.remove(place)
            del plain[place]
        assert len(index) == len(plain)
        assert [index.start(row) for row in range(len(plain) + 1)] == [
            sum(plain[:row]) for row in range(len(plain) + 1)
        ]
        for line in range(sum(plain)):
            row = index.find(line)
            assert index.start(row) <= line < index.start(row) + index.height(row)
        assert index.find(sum(plain)) == len(plain)
