"""What stands below the last entry."""

from __future__ import annotations

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from lashd.view import Entry
from lashtui.reading.search import Query
from lashtui.render.live_end import LiveEnd
from lashtui.text.awaited import Awaited
from tests.tui.widgets.transcript.transcript_harness import (
    NOW,
    StreamedView,
    lines,
    prose,
    shown,
)

MANY = [prose(number) for number in range(40)]


def thinking(seconds: int) -> LiveEnd:
    """The model has been awaited that long."""
    return LiveEnd(Awaited("model", "thinking", since=NOW), NOW + seconds * 1000)


@pytest.mark.parametrize("entries", [MANY[:1], MANY], ids=["short", "long"])
async def test_it_stands_one_line_below_the_last_entry(entries: list[Entry]) -> None:
    """At the live end, whether or not the entries fill the screen; and goes."""
    streamed = StreamedView(entries)
    async with shown(streamed) as pilot:
        streamed.widget.show_live_end(thinking(12))
        await pilot.pause()
        found = lines(pilot)
        at = found.index(" … thinking 0:12")
        assert found[at - 1] == ""
        assert found[at - 2] != ""
        assert not any(found[at + 1 :])
        if entries is MANY:
            assert at == len(found) - 1
        streamed.widget.show_live_end(None)
        await pilot.pause()
        assert "thinking" not in "\n".join(lines(pilot))


async def test_it_stays_below_what_is_streamed() -> None:
    """Following, with each line that comes; held, what is read stands still."""
    streamed = StreamedView(MANY)
    async with shown(streamed) as pilot:
        streamed.widget.show_live_end(thinking(1))
        entry = streamed.add("prose", "one")
        for number in range(30):
            streamed.write(entry, f"\n\nparagraph {number}")
            await pilot.pause()
            assert lines(pilot)[-1] == " … thinking 0:01"
            assert lines(pilot)[-3].endswith(f"paragraph {number}")
        streamed.widget.move(-1)
        await pilot.pause()
        # Only the mark of the live edge goes with it.
        held = [line.replace("▏", " ") for line in lines(pilot)]
        assert "thinking" not in "\n".join(held)
        for number in range(5):
            streamed.write(entry, f"\n\nmore {number}")
            streamed.widget.show_live_end(thinking(number))
            await pilot.pause()
            assert lines(pilot)[:-1] == held[:-1]
        streamed.widget.follow()
        await pilot.pause()
        assert lines(pilot)[-1] == " … thinking 0:04"


async def test_it_is_no_entry() -> None:
    """Not counted, not unread, not found, not selected."""
    streamed = StreamedView(MANY)
    async with shown(streamed) as pilot:
        widget = streamed.widget
        before = widget.counts, widget.unread, len(widget.entries())
        widget.show_live_end(thinking(1))
        widget.highlight(Query("thinking"))
        await pilot.pause()
        assert (widget.counts, widget.unread, len(widget.entries())) == before
        end = widget.virtual_size.height
        selected = widget.get_selection(Selection(Offset(0, end - 4), Offset(40, end)))
        assert selected is not None
        assert "thinking" not in selected[0]
        assert widget.current is not None
        assert widget.current.id == MANY[-1].id
        await pilot.click(widget, offset=(5, 19))
        await pilot.pause()
        assert lines(pilot)[-1] == " … thinking 0:01"


async def test_it_costs_nothing_where_it_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held elsewhere, or unchanged, nothing is painted for it."""
    streamed = StreamedView(MANY)
    async with shown(streamed) as pilot:
        widget = streamed.widget
        widget.show_live_end(thinking(1))
        await pilot.pause()
        painted: list[int] = []
        monkeypatch.setattr(widget, "refresh", lambda *_, **__: painted.append(1))
        widget.show_live_end(thinking(1))
        assert not painted
        widget.show_live_end(thinking(2))
        assert painted == [1]
        widget._viewport.go_to(3, 0)
        for second in range(5):
            widget.show_live_end(thinking(second))
        assert painted == [1]


async def test_it_wraps_with_the_screen() -> None:
    """A question that no entry says is shown in full at any width."""
    end = LiveEnd(Awaited("person", "waiting for you"), NOW, "may I " + "push " * 12, "answer in ~")
    streamed = StreamedView(MANY)
    async with shown(streamed) as pilot:
        streamed.widget.show_live_end(end)
        await pilot.pause()
        assert lines(pilot)[-4:] == [
            " ‼ waiting for you",
            "   may I push push push push push push push push push push",
            "   push push",
            "   answer in ~",
        ]
        await pilot.resize_terminal(40, 20)
        await pilot.pause()
        assert lines(pilot)[-4:] == [
            " ‼ waiting for you",
            "   may I push push push push push push",
            "   push push push push push push",
            "   answer in ~",
        ]
