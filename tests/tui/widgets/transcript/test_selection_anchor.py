"""A selection stays on its text."""

from __future__ import annotations

from textual.geometry import Offset
from textual.selection import Selection

from lashtui.widgets.transcript.selection_anchor import SelectionAnchor
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.widgets.transcript.rows_harness import make_rows, plain
from tests.tui.widgets.transcript.transcript_harness import StreamedView, lines, prose, shown


def test_a_selection_follows_the_row_that_it_begins_in() -> None:
    """By as many lines as the row moves; if it does not move, it is the same object."""
    rows = make_rows(plain(number) for number in range(9))
    anchor = SelectionAnchor(rows)
    line = rows.start(5)
    selection = Selection(Offset(1, line), Offset(4, line + 2))
    anchor.set(selection)
    assert anchor.follow(selection) is selection
    rows.drop_head(1, lambda row: None)
    moved = anchor.follow(selection)
    assert moved is not None
    assert moved.start == Offset(1, rows.start(4))
    assert moved.end == Offset(4, rows.start(4) + 2)
    assert anchor.follow(moved) is moved


def test_a_selection_ends_with_its_row() -> None:
    """When it is removed or hidden by a filter."""
    rows = make_rows(plain(number) for number in range(9))
    anchor = SelectionAnchor(rows)
    selection = Selection(Offset(1, rows.start(5)), None)
    anchor.set(selection)
    rows.filter(lambda entry: entry.id != "e5")
    assert anchor.follow(selection) is None
    assert not anchor.is_set
    rows.filter(None)
    anchor.set(selection)
    rows.drop_head(6, lambda row: None)
    assert anchor.follow(selection) is None
    assert not anchor.is_set


async def test_two_clicks_select_a_word_three_a_line() -> None:
    """And never the whole transcript."""
    streamed = StreamedView([prose(n) for n in range(30)])
    async with shown(streamed) as pilot:
        y = next(n for n, line in enumerate(lines(pilot)) if "message 29" in line)
        line = lines(pilot)[y]
        place = (line.index("message") + 2, y)
        await pilot.click(Transcript, offset=place, times=2)
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "message"
        await pilot.click(Transcript, offset=place, times=3)
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == line.strip()


async def test_the_selection_stays_on_its_text() -> None:
    """When rows above are dropped; it is cleared when its own row is."""
    streamed = StreamedView([prose(n) for n in range(30)])
    async with shown(streamed) as pilot:
        widget = streamed.widget
        y = next(n for n, line in enumerate(lines(pilot)) if "message 29" in line)
        at = widget.scroll_offset.y + y
        pilot.app.screen.selections = {widget: Selection(Offset(3, at), Offset(10, at))}
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "message"
        streamed.drop(10)
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "message"
        streamed.drop(20)
        await pilot.pause()
        assert not pilot.app.screen.get_selected_text()
