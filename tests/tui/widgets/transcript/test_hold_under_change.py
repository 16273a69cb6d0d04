"""What the reader holds stays there, whatever happens to the entries above, below and around it."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.selection import Selection

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
    """The call under it then stands closer to the one before, which costs its blank line."""
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
    """The line at the top stays, though other entries stand above it now."""
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
    """After a gap the same entries come again; the reader is within one of them."""
    streamed = StreamedView([prose(n) for n in range(5)])
    async with shown(streamed, (60, 15)) as pilot:
        call = long_call(streamed)
        top = await held_in_output(streamed, pilot, call)
        streamed.widget.show_view(streamed.view.copy(), keep_place=True)
        await pilot.pause()
        assert lines(pilot)[0] == top


async def test_reasoning_that_folds_below_moves_nothing() -> None:
    """The end comes nearer: what is empty below the last line is left empty."""
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
    """Nor does the attempt that comes in its place."""
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
        assert lines(pilot)[-1].strip(" ▏"), "whoever goes to the end finds no emptiness there"


@pytest.mark.parametrize("widths", [(45, 110, 60, 110), (30, 200, 110)])
async def test_a_resize_stays_at_the_character_and_comes_back(widths: tuple[int, ...]) -> None:
    """Within one long message of code, which doesn't wrap, and prose, which does."""
    code = "```\n" + "\n".join(f"code {number}" for number in range(300)) + "\n```\n\n"
    words = "and words follow here " * 12
    text = code + "\n\n".join(f"para {number} {words}" for number in range(100))
    streamed = StreamedView([Entry("prose", "p", 1, text=text, ended_at=NOW)])
    async with shown(streamed, (110, 20)) as pilot:
        await streamed.hold(pilot, streamed.view.entries[0], 1)
        selected = streamed.widget.get_selection(Selection(None, None))
        assert selected is not None
        at = next(n for n, line in enumerate(selected[0].split("\n")) if "para 10 " in line)
        top = await streamed.hold(pilot, streamed.view.entries[0], at)
        assert "para 10 " in top
        for width in widths:
            await pilot.resize_terminal(width, 20)
            await pilot.pause()
            await pilot.pause()
            assert "para 10 " in lines(pilot)[0]
        assert lines(pilot)[0] == top


async def test_a_call_that_ends_with_a_change_waits_for_the_reader() -> None:
    """Unfolded it shows arguments while it runs, and the change that it made once it has ended."""
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


async def test_live_reasoning_stays_open_over_a_gap_until_it_is_out_of_view() -> None:
    """The snapshot brings it ended, which would fold it; that is not the reader's choice."""
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
    """The first row of a view has no blank line above it, a later one has."""
    streamed = StreamedView([prose(n) for n in range(12)])
    async with shown(streamed, (60, 12)) as pilot:
        before = await streamed.hold(pilot, streamed.view.entries[5], 0)
        assert "message 5" in before
        del streamed.view.entries[:5]
        streamed.widget.show_view(streamed.view, keep_place=True)
        await pilot.pause()
        assert lines(pilot)[0] == before


async def test_what_a_snapshot_brings_is_counted_as_new() -> None:
    """Held over a gap: each entry that was not there before, but for a filter's."""
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


async def test_a_session_started_anew_with_the_same_ids_has_its_divider_on_top() -> None:
    """An entry that is called like an old one is not that one."""
    streamed = StreamedView([prose(n) for n in range(3)])
    async with shown(streamed, (60, 20)) as pilot:
        again = [Entry("prose", f"p{n}", 50 + n, text=f"again {n}", ended_at=NOW) for n in range(3)]
        streamed.view.entries[:] = again
        divider = Divider("gap", "gap: started anew", 2, "p2")
        streamed.widget.show_view(streamed.view, dividers=[divider], keep_place=True)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert text.index("started anew") < text.index("again 0")
