"""What the reader holds stays there, whatever happens to the entries above, below and around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from textual.pilot import Pilot

from lashd.view import Entry
from lashtui.feed.divider import Divider
from lashtui.reading.filters import make_filter
from lashtui.render.look import line_text
from lashtui.widgets.transcript.current import ReadingTranscript
from tests.tui.widgets.transcript.transcript_harness import NOW, Story, lines, prose, shown

LATER = "later " * 40


class ReadingStory(Story):
    """A story in a transcript with a reader's tools."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        super().__init__(entries)
        self.reading = ReadingTranscript(now_ms=lambda: NOW)
        self.widget = self.reading

    def long_call(self) -> Entry:
        """A call with a hundred lines of output, and messages below it."""
        output = "\n".join(f"out {number}" for number in range(100))
        call = self.add("tool", name="B", state="success", output=output)
        for _ in range(5):
            self.add("prose", LATER, ended_at=NOW)
        return call

    async def hold(self, pilot: Pilot[None], entry: Entry, line: int) -> str:
        """Hold the view at a line of an entry; what stands at the top then."""
        row = self.widget._list.get(entry.id)
        assert row is not None
        self.widget._port.hold(self.widget._list.index_of(row), line)
        self.widget._changed(everything=True)
        await pilot.pause()
        return lines(pilot)[0]


async def held_in_output(story: ReadingStory, pilot: Pilot[None], call: Entry) -> str:
    """Hold the view within the unfolded output of a call."""
    await pilot.pause()
    story.widget.toggle(call.id)
    await pilot.pause()
    top = await story.hold(pilot, call, 30)
    assert "out " in top
    return top


async def test_a_withdrawn_attempt_above_moves_nothing() -> None:
    """The call under it then stands closer to the one before, which costs its blank line."""
    story = ReadingStory([prose(n) for n in range(5)])
    async with shown(story, (60, 15)) as pilot:
        story.add("tool", name="A", state="success")
        attempt = story.add("prose", "attempt", ended_at=NOW)
        call = story.long_call()
        top = await held_in_output(story, pilot, call)
        story.remove(attempt)
        await pilot.pause()
        assert lines(pilot)[0] == top


async def test_a_filter_moves_nothing_that_it_shows() -> None:
    """The line at the top stays, though other entries stand above it now."""
    story = ReadingStory([prose(n) for n in range(5)])
    async with shown(story, (60, 15)) as pilot:
        call = story.long_call()
        top = await held_in_output(story, pilot, call)
        chosen = make_filter({"tool"})
        assert chosen is not None
        story.reading.set_filter(chosen.shows)
        await pilot.pause()
        assert lines(pilot)[0] == top


async def test_a_new_snapshot_keeps_what_was_unfolded() -> None:
    """After a gap the same entries come again; the reader is within one of them."""
    story = ReadingStory([prose(n) for n in range(5)])
    async with shown(story, (60, 15)) as pilot:
        call = story.long_call()
        top = await held_in_output(story, pilot, call)
        story.widget.show_view(story.view.copy(), keep_place=True)
        await pilot.pause()
        assert lines(pilot)[0] == top


async def test_reasoning_that_folds_below_moves_nothing() -> None:
    """The end comes nearer: what is empty below the last line is left empty."""
    story = ReadingStory([Entry("user", "u1", 1, text="the question " * 30)])
    async with shown(story, (60, 20)) as pilot:
        thought = story.add("reasoning", "\n".join(f"step {number}" for number in range(25)))
        await pilot.pause()
        for _ in range(10):
            await pilot.press("up")
        top = lines(pilot)[0]
        assert not story.widget.following
        thought.ended_at = NOW
        story.tell(thought)
        story.add("prose", "so")
        await pilot.pause()
        assert lines(pilot)[0] == top
        assert not story.widget.following


async def test_a_withdrawn_attempt_below_moves_nothing() -> None:
    """Nor does the attempt that comes in its place."""
    story = ReadingStory([Entry("user", "u1", 1, text="the question " * 30), prose(2)])
    async with shown(story, (60, 20)) as pilot:
        attempt = story.add("prose", "\n\n".join(f"step {number}" for number in range(25)))
        await pilot.pause()
        top = await story.hold(pilot, story.view.entries[1], 2)
        story.remove(attempt)
        await pilot.pause()
        assert lines(pilot)[0] == top
        story.add("prose", "\n\n".join(f"again {number}" for number in range(25)))
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
    story = ReadingStory([Entry("prose", "p", 1, text=text, ended_at=NOW)])
    async with shown(story, (110, 20)) as pilot:
        await story.hold(pilot, story.view.entries[0], 1)
        row: Any = story.widget._list.rows[0]
        at = next(n for n, line in enumerate(row.lines) if "para 10 " in line_text(line))
        top = await story.hold(pilot, story.view.entries[0], row.lead + at)
        assert "para 10 " in top
        for width in widths:
            await pilot.resize_terminal(width, 20)
            await pilot.pause()
            await pilot.pause()
            assert "para 10 " in lines(pilot)[0]
        assert lines(pilot)[0] == top


async def test_a_call_that_ends_with_a_change_waits_for_the_reader() -> None:
    """Unfolded it shows arguments while it runs, and the change that it made once it has ended."""
    story = ReadingStory([prose(n) for n in range(3)])
    async with shown(story, (60, 12)) as pilot:
        args = {"path": "a.py", "content": "\n".join(f"line {n}" for n in range(40))}
        call = story.add("tool", name="Write", args=args, state="running")
        for _ in range(5):
            story.add("prose", LATER, ended_at=NOW)
        await pilot.pause()
        story.widget.toggle(call.id)
        await pilot.pause()
        top = await story.hold(pilot, call, 20)
        before = lines(pilot)
        diff = "--- a\n+++ b\n@@ -1 +1 @@\n" + "-old\n+new\n" * 30
        call.state, call.output, call.ended_at = "success", {"diff": diff}, NOW
        story.tell(call)
        await pilot.pause()
        assert lines(pilot)[0] == top
        assert lines(pilot) == before
        await pilot.press("up")
        row = story.widget._list.get(call.id)
        assert row is not None
        assert any("+new" in line_text(line) for line in row.lines or ())


async def test_live_reasoning_stays_open_over_a_gap_until_it_is_out_of_view() -> None:
    """The snapshot brings it ended, which would fold it; that is not the reader's choice."""
    story = ReadingStory([prose(n) for n in range(3)])
    async with shown(story, (60, 12)) as pilot:
        thought = story.add("reasoning", "\n\n".join(f"thought {n}" for n in range(30)))
        await pilot.pause()
        top = await story.hold(pilot, thought, 21)
        assert "thought" in top
        ended = Entry("reasoning", thought.id, thought.position, text=thought.text, ended_at=NOW)
        later = Entry("user", "later", 99, text="later")
        story.view.entries[-1:] = [ended, later]
        story.widget.show_view(story.view, keep_place=True)
        await pilot.pause()
        assert lines(pilot)[0] == top
        assert story.widget.unseen == 1
        row = story.widget._list.get(thought.id)
        assert row is not None
        story.widget.follow()
        for _ in range(3):
            story.add("prose", LATER, ended_at=NOW)
        await pilot.pause()
        assert row.folded


async def test_a_snapshot_without_the_rows_before_moves_nothing() -> None:
    """The first row of a view has no blank line above it, a later one has."""
    story = ReadingStory([prose(n) for n in range(12)])
    async with shown(story, (60, 12)) as pilot:
        before = await story.hold(pilot, story.view.entries[5], 1)
        assert "message 5" in before
        del story.view.entries[:5]
        story.widget.show_view(story.view, keep_place=True)
        await pilot.pause()
        assert lines(pilot)[0] == before


async def test_what_a_snapshot_brings_is_counted_as_new() -> None:
    """Held over a gap: each entry that was not there before, but for a filter's."""
    story = ReadingStory([prose(n) for n in range(12)])
    async with shown(story, (60, 12)) as pilot:
        await story.hold(pilot, story.view.entries[2], 1)
        story.view.entries += [prose(n) for n in range(20, 30)]
        story.view.entries.append(Entry("user", "u", 40, text="go on"))
        story.view.entries.append(Entry("commit", "c", 41))
        story.widget.show_view(story.view, keep_place=True)
        assert story.widget.unseen == 11
        only_user = make_filter({"user"})
        assert only_user is not None
        story.reading.set_filter(only_user.shows)
        assert story.widget.unseen == 1
        story.reading.set_filter(None)
        assert story.widget.unseen == 11


async def test_a_session_started_anew_with_the_same_ids_has_its_divider_on_top() -> None:
    """An entry that is called like an old one is not that one."""
    story = ReadingStory([prose(n) for n in range(3)])
    async with shown(story, (60, 20)) as pilot:
        again = [Entry("prose", f"p{n}", 50 + n, text=f"again {n}", ended_at=NOW) for n in range(3)]
        story.view.entries[:] = again
        divider = Divider("gap", "gap: started anew", 2, "p2")
        story.widget.show_view(story.view, dividers=[divider], keep_place=True)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert text.index("started anew") < text.index("again 0")
