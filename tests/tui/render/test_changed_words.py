"""Which words of a line are new, and which line it was before."""

from __future__ import annotations

from typing import cast

import pytest

from lashtui.render.changed_words import MARK_STEPS, Block, block_at, changed
from lashtui.render.styles import UNDERLINE
from lashtui.text.linediff import Work
from lashtui.text.patch import Row, Sign


def rows(*lines: str) -> list[Row]:
    """Rows as a diff writes them."""
    return [Row(cast("Sign", line[0]), line[1:]) for line in lines]


@pytest.mark.parametrize(
    ("lines", "partners"),
    [
        (("-f(a, b)", "-x", "+f(a, c)", "+wholly other"), {0: 2}),
        (("-value = old(1)", "+import z", "+value = new(1)"), {0: 2}),
        (("-wholly other", "-b(2)", "+b(3)"), {1: 2}),
        (("-x(1)", "\\ No newline", "+x(2)", "\\ No newline"), {0: 2}),
        ((" a", "+b", " c", "-d"), {}),
    ],
)
def test_a_changed_line_has_a_partner(lines: tuple[str, ...], partners: dict[int, int]) -> None:
    """The line that it has become, if they have enough in common."""
    found = changed(rows(*lines), Work(MARK_STEPS))
    assert found.partners == partners
    assert found.runs.keys() == {*partners, *partners.values()}


def test_only_what_is_new_is_marked() -> None:
    """On either side."""
    found = changed(rows("-f(a, b)", "+f(a, c)"), Work(MARK_STEPS))
    marked = [text for runs in found.runs.values() for text, look in runs if look.attrs & UNDERLINE]
    assert marked == ["b", "c"]


def test_a_block_goes_from_what_went_to_what_came() -> None:
    """With what is said of a line, which is on its side; an unchanged line is none."""
    lines = rows(" a", "\\ said", "-b", "\\ said", "+c", "\\ said", " d", "+e")
    assert block_at(lines, 0) == Block(range(0), range(0))
    assert block_at(lines, 1) == Block(range(1, 1), range(1, 1))
    assert block_at(lines, 2) == Block(range(2, 4), range(4, 6))
    assert block_at(lines, 7) == Block(range(7, 7), range(7, 8))


def test_no_more_is_compared_than_there_is_time_for() -> None:
    """What is left is shown as replaced."""
    many = rows(*(f"-word {n}" for n in range(500)), *(f"+word {n} new" for n in range(500)))
    assert 0 < len(changed(many, Work(1000)).partners) < 100
