"""What is unread: what counts, and where the view is held when the reader comes back."""

from __future__ import annotations

import pytest

from lashd.view import Entry
from lashtui.feed.divider import Divider
from lashtui.widgets.transcript.transcript import Transcript
from lashtui.widgets.transcript.unread import Unread
from lashtui.widgets.transcript.viewport import Viewport
from tests.tui.widgets.transcript.rows_harness import call, make_rows, plain
from tests.tui.widgets.transcript.transcript_harness import StreamedView, lines, prose, shown


def streamed_view(count: int) -> tuple[StreamedView, Transcript]:
    """A view of `count` messages."""
    streamed = StreamedView([prose(number) for number in range(count)])
    return streamed, streamed.widget


@pytest.fixture(name="viewport")
def _viewport() -> Viewport:
    """Thirty messages, without a widget."""
    viewport = Viewport(make_rows(plain(number) for number in range(30)))
    viewport.height = 10
    viewport.settle()
    return viewport


def test_what_comes_to_the_live_end_is_not_unread(viewport: Viewport) -> None:
    """In a held view new and growing entries count; a commit does not."""
    rows, unread = viewport.rows, Unread(viewport.rows, viewport)
    unread.entry_added(rows.append("a", plain(40)))
    assert unread.count == 0
    viewport.go_to(3, 0)
    unread.entry_added(rows.append("b", Entry("prose", "b", 41, text="begun")))
    unread.entry_added(rows.append("c", Entry("commit", "c", 42)))
    last = rows.rows[-2]
    assert unread.count == 1
    unread.entry_removed("b")
    unread.entry_changed(last)
    assert unread.count == 1, "never rendered, so all of its text is new"
    unread.entry_removed("b")
    unread.entry_changed(last)
    assert unread.count == 0
    unread.entry_added(last)
    viewport.follow()
    unread.view_moved()
    assert unread.count == 0


def test_only_what_the_filter_shows_is_counted(viewport: Viewport) -> None:
    """Without the filter, the rest counts again."""
    rows, unread = viewport.rows, Unread(viewport.rows, viewport)
    viewport.go_to(3, 0)
    unread.entry_added(rows.append("a", plain(40)))
    unread.entry_added(rows.append("b", call(41)))
    rows.filter(lambda entry: entry.kind == "tool")
    assert unread.count == 1
    rows.filter(None)
    assert unread.count == 2


def test_before_the_first_layout_it_waits(viewport: Viewport) -> None:
    """How much fits is not known yet, so this is not the live end either."""
    unread = Unread(viewport.rows, viewport)
    assert unread.at_live_end
    viewport.rows.renderer.width = 0
    unread.hold_at_divider()
    assert unread.awaits_layout
    assert not unread.at_live_end
    viewport.rows.renderer.width = 60
    unread.hold_at_divider()
    assert unread.at_live_end
    assert unread.was_visited


async def test_more_than_a_screen_is_held_at_its_beginning() -> None:
    """Below one line of what was read before; scrolling on counts as a visit."""
    streamed, widget = streamed_view(40)
    async with shown(streamed, dividers=[Divider("new", "new since you left", 9)]) as pilot:
        widget.hold_at_new()
        await pilot.pause()
        assert "new since" in "".join(lines(pilot)[:3])
        assert not widget.following
        assert not widget.at_live_end
        assert widget.unread == 30
        assert not widget.new_was_visited
        await pilot.press("pagedown")
        assert widget.new_was_visited


async def test_what_fits_on_the_screen_is_followed() -> None:
    """And counts as visited."""
    streamed, widget = streamed_view(40)
    async with shown(streamed, dividers=[Divider("new", "new since you left", 38)]) as pilot:
        widget.hold_at_new()
        await pilot.pause()
        assert widget.at_live_end
        assert widget.new_was_visited


async def test_a_reader_who_looked_away_returns_to_what_arrived_meanwhile() -> None:
    """More than a screen is held where the reader left; less is in view; a held view stays."""
    streamed, widget = streamed_view(10)
    async with shown(streamed) as pilot:
        widget.hold_at_new()
        before = lines(pilot)[-1]
        widget.reader_left()
        for _ in range(2):
            streamed.add("user", "few")
        await pilot.pause()
        assert not widget.reader_returned()
        assert widget.at_live_end

        widget.reader_left()
        for n in range(30):
            streamed.add("user", f"many {n}")
        await pilot.pause()
        assert "many 29" in "".join(lines(pilot))
        assert widget.reader_returned()
        await pilot.pause()
        assert lines(pilot)[0].endswith("few")
        assert "many 0" in "".join(lines(pilot)[:4])
        assert widget.unread == 30
        assert before

        widget.reader_left()  # held: nothing to come back to
        assert not widget.reader_returned()
        await pilot.press("end")
        assert widget.unread == 0


async def test_a_message_that_grew_meanwhile_is_held_where_it_was_left() -> None:
    """One that grew by more than a screen is unread too, although no entry was added."""
    streamed, widget = streamed_view(3)
    async with shown(streamed) as pilot:
        widget.hold_at_new()
        entry = streamed.add("prose", "\n\n".join(f"line {n}" for n in range(10)))
        await pilot.pause()
        widget.reader_left()
        streamed.write(entry, "\n\n" + "\n\n".join(f"more {n}" for n in range(40)))
        await pilot.pause()
        assert widget.reader_returned()
        await pilot.pause()
        assert "line 9" in lines(pilot)[0]
        assert widget.unread == 1


@pytest.mark.parametrize(("tail", "held"), [(0, False), (2, True)])
def test_what_stands_below_the_last_entry_takes_room(
    viewport: Viewport, tail: int, held: bool
) -> None:
    """More than a screen is what would not be seen whole while following."""
    rows, unread = viewport.rows, Unread(viewport.rows, viewport)
    viewport.tail = tail
    unread.reader_left()
    rows.append("a", plain(40, 7))  # with the blank line above it, and what was the last line: 9
    assert unread.reader_returned() is held
