"""Reasoning that ends in front of the reader folds later."""

from __future__ import annotations

from lashd.view import Entry
from lashtui.widgets.transcript.delayed_folds import DelayedFolds
from lashtui.widgets.transcript.rows import RowList
from tests.tui.widgets.transcript.rows_harness import make_rows, plain


def thought(number: int, *, ended: bool = False) -> Entry:
    """Reasoning of twenty lines."""
    text = "\n".join(f"step {line}" for line in range(20))
    return Entry("reasoning", f"t{number}", number, text=text, ended_at=1 if ended else None)


def ended_in_view() -> tuple[RowList, DelayedFolds]:
    """Reasoning that ended after it was rendered, between two messages."""
    rows = make_rows([plain(0), thought(1), plain(2)])
    for index in range(3):
        rows.render(index)
    delayed = DelayedFolds(rows)
    row = rows.rows[1]
    assert row.entry is not None
    row.entry.ended_at = 1
    delayed.delay(row)
    return rows, delayed


def test_it_folds_once_it_is_above_the_view() -> None:
    """Not while it is the first row in view."""
    rows, delayed = ended_in_view()
    delayed.fold_above(1)
    assert not rows.rows[1].folded
    delayed.fold_above(2)
    assert rows.rows[1].folded
    assert rows.render(1) < 20


def test_what_was_never_rendered_folds_at_once() -> None:
    """Nobody has seen it."""
    rows = make_rows([thought(0, ended=True)])
    delayed = DelayedFolds(rows)
    delayed.delay(rows.rows[0])
    assert rows.rows[0].folded


def test_it_stays_unfolded_when_its_row_is_replaced() -> None:
    """A new snapshot brings the same entries in other rows."""
    rows, delayed = ended_in_view()
    ids = delayed.unfolded_ids()
    assert ids == {"t1"}
    rows.replace([plain(0), thought(1, ended=True), plain(2)], [])
    delayed.restart(ids)
    assert not rows.rows[1].folded
    delayed.fold_above(2)
    assert rows.rows[1].folded


def test_live_reasoning_counts_as_unfolded() -> None:
    """It may have ended by the time the snapshot comes."""
    rows = make_rows([thought(0)])
    rows.render(0)
    assert DelayedFolds(rows).unfolded_ids() == {"t0"}
