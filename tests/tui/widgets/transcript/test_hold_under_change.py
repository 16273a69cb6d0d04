"""A held view does not move, whatever happens to the entries above, below and around it."""

from __future__ import annotations

import pytest
from textual.geometry import Region
from textual.pilot import Pilot

from lashd.view import Entry
from lashtui.feed.divider import Divider
from lashtui.reading.filters import make_filter
from tests.tui.widgets.transcript.transcript_harness import NOW, StreamedView, lines, prose, shown

LATER = "later " * 40


def long_call(streamed: StreamedView) -> Entry:
    """A call with a hundred lines of output, and messages below it."""
    output = "\n".join(f"out {number}" for number in range(100))
    call = streamed.add("tool", name="B", state="success", output=output)
    for _ in range(5):
        streamed.add("prose", LATER, ended_at=NOW)
    return call


async def held_in_output(streamed: StreamedView, pilot: Pilot[None], call: Entry) -> str:
    """Hold the view within the unfolded output of a call."""
    await pilot.pause()
    streamed.widget.toggle(call.id)
    await pilot.pause()
    top = await streamed.hold(pilot, call, 29)
    assert "out " in top
    return top


async def test_a_withdrawn_attempt_above_moves_nothing() -> None:
    """The call below it moves up to the one before and loses its blank line."""
    streamed = StreamedView([prose(n) for n in range(5)])
    async with shown(streamed, (60, 15)) as pilot:
        streamed.add("tool", name="A", state="success")
        attempt = streamed.add("prose", "attempt", ended_at=NOW)
        call = long_call(streamed)
        top = await held_in_output(streamed, pilot, call)
        streamed.remove(attempt)
        await pilot.pause()
        assert lines(pilot)[0] == top


async def test_a_filter_moves_nothing_that_it_shows() -> None:
    """The line at the top stays although other entries are above it now."""
    streamed = StreamedView([prose(n) for n in range(5)])
    async with shown(streamed, (60, 15)) as pilot:
        call = long_call(streamed)
        top = await held_in_output(streamed, pilot, call)
        chosen = make_filter({"tool"})
        assert chosen is not None
        streamed.widget.set_filter(chosen.shows)
        await pilot.pause()
        assert lines(pilot)[0] == top


async def test_a_new_snapshot_keeps_what_was_unfolded() -> None:
    """After a gap the same entries arrive again; the view is held within one of them."""
    streamed = StreamedView([prose(n) for n in range(5)])
    async with shown(streamed, (60, 15)) as pilot:
        call = long_call(streamed)
        top = await held_in_output(streamed, pilot, call)
        streamed.widget.show_view(streamed.view.copy(), keep_place=True)
        await pilot.pause()
        assert lines(pilot)[0] == top


async def test_reasoning_that_folds_below_moves_nothing() -> None:
    """The end comes nearer; the space below the last line is left empty."""
    streamed = StreamedView([Entry("user", "u1", 1, text="the question " * 30)])
    async with shown(streamed, (60, 20)) as pilot:
        thought = streamed.add("reasoning", "\n".join(f"step {number}" for number in range(25)))
        await pilot.pause()
        for _ in range(10):
            await pilot.press("up")
        top = lines(pilot)[0]
        assert not streamed.widget.following
        thought.ended_at = NOW
        streamed.update(thought)
        streamed.add("prose", "so")
        await pilot.pause()
        assert lines(pilot)[0] == top
        assert not streamed.widget.following


async def test_a_withdrawn_attempt_below_moves_nothing() -> None:
    """Nor does the attempt that replaces it."""
    streamed = StreamedView([Entry("user", "u1", 1, text="the question " * 30), prose(2)])
    async with shown(streamed, (60, 20)) as pilot:
        attempt = streamed.add("prose", "\n\n".join(f"step {number}" for number in range(25)))
        await pilot.pause()
        top = await streamed.hold(pilot, streamed.view.entries[1], 1)
        streamed.remove(attempt)
        await pilot.pause()
        assert lines(pilot)[0] == top
        streamed.add("prose", "\n\n".join(f"again {number}" for number in range(25)))
        await pilot.pause()
        assert lines(pilot)[0] == top
        for _ in range(60):
            await pilot.press("down")
        assert lines(pilot)[-1].strip(" ▏"), "at the end nothing below is empty"


@pytest.mark.parametrize("widths", [(45, 110, 60, 110), (30, 200, 110)])
async def test_a_resize_stays_at_the_character_and_comes_back(widths: tuple[int, ...]) -> None:
    """Within one long message of code, which does not wrap, and prose, which does."""
    code = "```\n" + "\n".join(f"code {number}" for number in range(300)) + "\n```\n\n"
    words = "and words follow here " * 12
    text = code + "\n\n".join(f"para {number} {words}" for number in range(100))
    streamed = StreamedView([Entry("prose", "p", 1, text=text, ended_at=NOW)])
    async with shown(streamed, (110, 20)) as pilot:
        await streamed.hold(pilot, streamed.view.entries[0], 1)
        widget = streamed.widget
        drawn = widget.draw_lines(Region(0, -widget.scroll_offset.y, 110, 400))
        at = next(n for n, strip in enumerate(drawn) if "para 10 " in strip.text)
        top = await streamed.hold(pilot, streamed.view.entries[0], at)
        assert "para 10 " in top
        for width in widths:
            await pilot.resize_terminal(width, 20)
            await pilot.pause()
            await pilot.pause()
            assert "para 10 " in lines(pilot)[0]
        assert lines(pilot)[0] == top


async def test_a_call_that_ends_with_a_change_waits_for_the_reader() -> None:
    """Unfolded, it shows its arguments while it runs and its diff once it has ended."""
    streamed = StreamedView([prose(n) for n in range(3)])
    async with shown(streamed, (60, 12)) as pilot:
        args = {"path": "a.py", "content": "\n".join(f"line {n}" for n in range(40))}
        call = streamed.add("tool", name="Write", args=args, state="running")
        for _ in range(5):
            streamed.add("prose", LATER, ended_at=NOW)
        await pilot.pause()
        streamed.widget.toggle(call.id)
        await pilot.pause()
        top = await streamed.hold(pilot, call, 19)
        before = lines(pilot)
        diff = "--- a\n+++ b\n@@ -1 +1 @@\n" + "-old\n+new\n" * 30
        call.state, call.output, call.ended_at = "success", {"diff": diff}, NOW
        streamed.update(call)
        await pilot.pause()
        assert lines(pilot)[0] == top
        assert lines(pilot) == before
        await pilot.press("up")
        assert any("+new" in line for line in lines(pilot))


async def test_live_reasoning_stays_unfolded_over_a_gap_until_it_is_out_of_view() -> None:
    """In the snapshot it has ended, which would fold it though the reader did not ask for that."""
    streamed = StreamedView([prose(n) for n in range(3)])
    async with shown(streamed, (60, 12)) as pilot:
        thought = streamed.add("reasoning", "\n\n".join(f"thought {n}" for n in range(30)))
        await pilot.pause()
        top = await streamed.hold(pilot, thought, 20)
        assert "thought" in top
        ended = Entry("reasoning", thought.id, thought.position, text=thought.text, ended_at=NOW)
        later = Entry("user", "later", 99, text="later")
        streamed.view.entries[-1:] = [ended, later]
        streamed.widget.show_view(streamed.view, keep_place=True)
        await pilot.pause()
        assert lines(pilot)[0] == top
        assert streamed.widget.unread == 1
        streamed.widget.follow()
        for _ in range(3):
            streamed.add("prose", LATER, ended_at=NOW)
        await pilot.pause()
        await streamed.hold(pilot, ended, 0)
        assert any("more lines" in line for line in lines(pilot))


async def test_a_snapshot_without_the_rows_before_moves_nothing() -> None:
    """The first row of a view has no blank line above it; later rows do."""
    streamed = StreamedView([prose(n) for n in range(12)])
    async with shown(streamed, (60, 12)) as pilot:
        before = await streamed.hold(pilot, streamed.view.entries[5], 0)
        assert "message 5" in before
        del streamed.view.entries[:5]
        streamed.widget.show_view(streamed.view, keep_place=True)
        await pilot.pause()
        assert lines(pilot)[0] == before


async def test_new_entries_of_a_snapshot_are_unread() -> None:
    """Each entry that was not there before counts, unless the filter hides it."""
    streamed = StreamedView([prose(n) for n in range(12)])
    async with shown(streamed, (60, 12)) as pilot:
        await streamed.hold(pilot, streamed.view.entries[2], 0)
        streamed.view.entries += [prose(n) for n in range(20, 30)]
        streamed.view.entries.append(Entry("user", "u", 40, text="go on"))
        streamed.view.entries.append(Entry("commit", "c", 41))
        streamed.widget.show_view(streamed.view, keep_place=True)
        assert streamed.widget.unread == 11
        only_user = make_filter({"user"})
        assert only_user is not None
        streamed.widget.set_filter(only_user.shows)
        assert streamed.widget.unread == 1
        streamed.widget.set_filter(None)
        assert streamed.widget.unread == 11


async def test_a_restarted_session_with_the_same_ids_has_its_divider_on_top() -> None:
    """A new entry with the id of an old one is not that entry."""
    streamed = StreamedView([prose(n) for n in range(3)])
    async with shown(streamed, (60, 20)) as pilot:
        again = [Entry("prose", f"p{n}", 50 + n, text=f"again {n}", ended_at=NOW) for n in range(3)]
        streamed.view.entries[:] = again
        divider = Divider("gap", "gap: started anew", 2, "p2")
        streamed.widget.show_view(streamed.view, dividers=[divider], keep_place=True)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert text.index("started anew") < text.index("again 0")
