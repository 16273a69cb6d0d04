"""A long text keeps both its ends and says what is missing between them."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lashd.session.cut import MARK_BYTES, cut_middle

_MARK = re.compile(r"[\n ]… ([\d,]+) characters cut …[\n ]")
long_texts = st.builds(
    lambda parts, times: "".join(parts) * times,
    st.lists(st.text(st.sampled_from("ab\n\u00e9\U0001f600 ")), max_size=9),
    st.integers(1, 400),
)


@settings(max_examples=200, deadline=None)
@given(long_texts, st.integers(MARK_BYTES, 3000))
def test_what_is_left_is_the_two_ends(text: str, limit: int) -> None:
    """No character is lost that is not counted, and the bound holds in bytes."""
    cut = cut_middle(text, limit)
    assert len(cut.encode()) <= max(limit, MARK_BYTES)
    assert cut_middle(cut, limit) == cut
    if cut != text:
        mark = _MARK.search(cut)
        assert mark is not None
        head, tail = cut[: mark.start()], cut[mark.end() :]
        assert text.startswith(head)
        assert text.endswith(tail)
        assert len(head) + len(tail) + int(mark[1].replace(",", "")) == len(text)


@settings(max_examples=100, deadline=None)
@given(long_texts, st.integers(500, 3000), st.integers(MARK_BYTES, 300))
@example("aé😀" * 74, 500, 72)
def test_a_second_cut_counts_what_the_first_left_out(text: str, first: int, second: int) -> None:
    """A producer cuts what an event can't carry, and the view what it can't hold."""
    once = cut_middle(text, first)
    twice = cut_middle(once, second)
    if once in (text, twice):
        return
    mark = _MARK.search(twice)
    assert mark is not None
    kept = len(twice) - len(mark[0])
    assert kept + int(mark[1].replace(",", "")) == len(text)


def test_lines_stay_whole_where_one_ends_near() -> None:
    """The mark stands on a line of its own."""
    log = "".join(f"line {number}\n" for number in range(9000)) + "FAILED"
    lines = cut_middle(log, 2000).split("\n")
    assert lines[-1] == "FAILED"
    marks = [line for line in lines if line.startswith("…")]
    assert len(marks) == 1
    assert all(re.fullmatch(r"line \d+", line) for line in lines[:-1] if line not in marks)
