"""What is shown of an answer and its block in the transcript are one row, in any order."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.events import AnyTurnEvent, AssistantProseDelta, ModelAttemptReset
from lashtui.producers.claude.blocks import Blocks
from lashtui.producers.dedupe import Texts

LINES = ["# Findings\n\n", "Two files.\n", "```py\n", "print()\n```\n", "Done."]
WHOLE = "".join(LINES)


class Bench:
    """Blocks, and what a reader has of them."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.blocks = Blocks(Texts(self.emit))
        self.wholes = itertools.count()

    def emit(
        self, event: AnyTurnEvent, correlation_id: str | None = None, parent: str | None = None
    ) -> None:
        """As a view folds it."""
        if isinstance(event, ModelAttemptReset):
            for key in event.correlation_ids:
                self.rows.pop(key, None)
        elif isinstance(event, AssistantProseDelta):
            key = correlation_id or ""
            self.rows[key] = self.rows.get(key, "") + event.text

    def piece(self, index: int, text: str, message: str = "m", *, may_begin: bool = True) -> None:
        """A piece as a hook is told it."""
        self.blocks.shown.piece(message, index, text, may_begin=may_begin)

    def whole(self, text: str = WHOLE) -> None:
        """A block as the transcript has it."""
        self.blocks.whole(None, f"msg_{next(self.wholes)}", text, AssistantProseDelta)

    @property
    def texts(self) -> list[str]:
        """The rows."""
        return list(self.rows.values())


@pytest.mark.parametrize("cut", range(len(LINES) + 1))
def test_it_is_told_once_wherever_the_block_comes(cut: int) -> None:
    """Before, among and after the pieces."""
    bench = Bench()
    for index, line in enumerate(LINES[:cut]):
        bench.piece(index, line)
    assert bench.texts == (["".join(LINES[:cut])] if cut else [])
    bench.whole()
    for index, line in enumerate(LINES[cut:], cut):
        bench.piece(index, line)
    bench.blocks.shown.take_back()

    assert bench.texts == [WHOLE]


@given(st.permutations(range(len(LINES))), st.integers(0, len(LINES)), st.sets(st.integers(0, 4)))
def test_what_is_lost_or_out_of_order_comes_with_the_block(
    order: list[int], cut: int, lost: set[int]
) -> None:
    """Hooks are processes of their own: they may fail, and overtake each other."""
    bench = Bench()
    for place, index in enumerate(order):
        if place == cut:
            bench.whole()
        if index not in lost:
            bench.piece(index, LINES[index])
            assert all(WHOLE.startswith(text) for text in bench.texts)
    if cut == len(LINES):
        bench.whole()
    bench.blocks.shown.take_back()

    assert bench.texts == [WHOLE]


def test_an_attempt_that_failed_is_taken_back() -> None:
    """Its text was shown, but no block of it comes."""
    bench = Bench()
    bench.piece(0, "Hello ", "first")
    bench.piece(0, "Hello ", "second")
    bench.piece(1, "world", "second")
    bench.whole("Hello world")

    assert bench.texts == ["Hello world"]
    assert list(bench.rows) == ["shown:second"]


def test_what_never_got_a_block_goes_with_the_turn() -> None:
    """All blocks are there when a turn has ended."""
    bench = Bench()
    bench.piece(0, "Never said.")
    bench.blocks.shown.take_back()
    bench.piece(1, " More.")

    assert bench.texts == []


def test_the_same_words_twice_are_two_rows() -> None:
    """An agent may say "Done." after each step."""
    bench = Bench()
    for number in range(3):
        bench.piece(0, "Done.", f"m{number}")
    for _ in range(3):
        bench.whole("Done.")
    bench.blocks.shown.take_back()

    assert bench.texts == ["Done."] * 3


def test_a_message_that_was_shown_too_late_begins_nothing() -> None:
    """The last piece may come after the turn has ended."""
    bench = Bench()
    bench.piece(0, "Late.", may_begin=False)
    bench.piece(1, "Later.")

    assert bench.texts == []


def test_empty_lines_at_the_start_make_no_second_row() -> None:
    """The screen leaves them out, the transcript has them."""
    bench = Bench()
    bench.piece(0, "Text.\n")
    bench.whole("\n\nText.\nMore.")

    assert bench.texts == ["\n\nText.\nMore."]
