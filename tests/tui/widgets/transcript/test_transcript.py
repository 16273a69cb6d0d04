"""The transcript: what it shows, and how it keeps up."""

from __future__ import annotations

import pytest

from lashd.view import Entry, ReadView, ViewChanges
from lashtui.feed.divider import Divider
from lashtui.widgets.transcript.row import MAX_CACHED_LINES, MAX_STRIPS
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.widgets.transcript.transcript_harness import NOW, Story, lines, prose, shown


async def test_shows_the_end_of_a_long_view() -> None:
    """Ten thousand entries: the last is at the bottom, and only those in view were rendered."""
    story = Story([prose(number, words=20) for number in range(10_000)])
    async with shown(story) as pilot:
        assert "message 9999" in "\n".join(lines(pilot)[-3:])
        assert story.widget.following
        assert story.widget._renderer.rendered < 60


async def test_follows_what_is_streamed() -> None:
    """The newest words are at the bottom, with the mark of the live edge."""
    story = Story([prose(number) for number in range(20)])
    async with shown(story) as pilot:
        entry = story.add("prose", "")
        for number in range(30):
            story.write(entry, f"word{number} and some more ")
            await pilot.pause()
            last = lines(pilot)[-1]
            assert last.startswith(" ▏")
            assert f"word{number}" in " ".join(lines(pilot)[-2:])
        entry.ended_at = NOW
        story.tell(entry)
        await pilot.pause()
        assert not lines(pilot)[-1].startswith(" ▏")


async def test_an_empty_view_is_an_empty_screen() -> None:
    """No error, nothing drawn; what comes then appears."""
    story = Story()
    async with shown(story) as pilot:
        assert lines(pilot) == [""] * 20
        story.add("user", "hello")
        await pilot.pause()
        assert "❯ hello" in lines(pilot)[0]


async def test_before_it_is_mounted_it_takes_everything() -> None:
    """What was told before the first layout is there with it."""
    story = Story([prose(1)])
    story.widget.show_view(story.view)
    story.add("user", "early")
    async with shown(story) as pilot:
        assert any("early" in line for line in lines(pilot))


async def test_subagents_work_is_indented_under_its_call() -> None:
    """By the parent's id, level by level."""
    story = Story()
    async with shown(story) as pilot:
        story.add("tool", name="Task", state="success")
        story.add("tool", name="Grep", state="success", parent="e1")
        story.add("prose", "found it", parent="e2", ended_at=NOW)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "\n   ✓ Grep" in text
        assert "\n       found it" in text


async def test_tools_stand_together_and_prose_apart() -> None:
    """Blank lines between paragraphs of thought, none between calls."""
    story = Story()
    async with shown(story) as pilot:
        story.add("prose", "a", ended_at=NOW)
        story.add("tool", name="One", state="success")
        story.add("tool", name="Two", state="success")
        story.add("prose", "b", ended_at=NOW)
        await pilot.pause()
        assert [line.strip()[:5] for line in lines(pilot)[:6]] == [
            "a",
            "",
            "✓ One",
            "✓ Two",
            "",
            "b",
        ]


async def test_dividers_stand_at_their_places() -> None:
    """Before the first entry with a later position; without a position at the end."""
    story = Story([prose(number, words=2) for number in (1, 5, 9)])
    dividers = [Divider("new", "new since you left", 5), Divider("gap", "history trimmed")]
    async with shown(story, dividers=dividers) as pilot:
        text = "\n".join(lines(pilot))
        places = [text.index(word) for word in ("message 5", "new since", "message 9", "history")]
        assert places == sorted(places)
        story.add("prose", "after it")
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert text.index("history") < text.index("after it")


async def test_a_withdrawn_entry_is_gone() -> None:
    """A retried attempt's text leaves, what stands around it closes up."""
    story = Story([prose(1, words=3)])
    async with shown(story) as pilot:
        attempt = story.add("prose", "half an answ")
        story.add(
            "retry", "overloaded", output={"attempt": 1, "max_attempts": 3, "wait_seconds": 2}
        )
        story.remove(attempt)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "half an" not in text
        assert "retry 1 of 3" in text


async def test_a_batch_may_drop_entries_it_never_showed() -> None:
    """A burst beyond the view's bound: what is left is what the view holds."""
    story = Story([prose(number, words=2) for number in range(5)])
    async with shown(story) as pilot:
        fresh = [prose(number, words=2) for number in range(100, 103)]
        story.view.entries = fresh
        changes = ViewChanges(changed={entry.id: entry for entry in fresh}, dropped=25)
        story.widget.apply(changes)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "message 4" not in text
        assert all(f"message {number}" in text for number in (100, 101, 102))


async def test_a_replaced_view_is_shown_whole() -> None:
    """After a commit that brought its own view nothing of the old entries stays."""
    story = Story([prose(number, words=3) for number in range(5)])
    async with shown(story) as pilot:
        story.view.entries = [prose(77, words=3)]
        story.widget.apply(ViewChanges(reset=True))
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "message 77" in text
        assert "message 4" not in text


async def test_time_passes_only_for_what_runs() -> None:
    """A running call's seconds move; when nothing runs, nothing is repainted."""
    now = [NOW]
    widget = Transcript(now_ms=lambda: now[0])
    story = Story()
    story.widget = widget
    async with shown(story) as pilot:
        call = story.add("tool", name="Bash", args={"command": "make"}, state="running")
        await pilot.pause()
        assert "running 0s" in lines(pilot)[0]
        now[0] += 63_000
        widget._tick()
        await pilot.pause()
        assert "running 1:03" in lines(pilot)[0]
        assert widget._ticking
        call.state, call.duration_ms, call.ended_at = "failure", 64_200.0, now[0]
        call.output = {"outcome": {"status": "failure", "exit_code": 2}}
        story.tell(call)
        await pilot.pause()
        assert "✗ Bash" in lines(pilot)[0]
        assert lines(pilot)[0].rstrip().endswith("exit 2  1:04")
        assert not widget._ticking


async def test_fold_and_unfold_by_click() -> None:
    """A click on an entry's first line; the line stays where it is."""
    story = Story([prose(number) for number in range(10)])
    async with shown(story) as pilot:
        story.add("tool", name="Bash", args={"command": "ls"}, state="success", output="out1\nout2")
        await pilot.pause()
        y = next(n for n, line in enumerate(lines(pilot)) if "✓ Bash" in line)
        await pilot.click(Transcript, offset=(5, y))
        await pilot.pause()
        assert "✓ Bash" in lines(pilot)[y]
        story.widget.follow()
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "out1" in text
        assert "out2" in text
        y = next(n for n, line in enumerate(lines(pilot)) if "✓ Bash" in line)
        await pilot.click(Transcript, offset=(5, y))
        await pilot.pause()
        assert "out1" not in "\n".join(lines(pilot))


async def test_reasoning_folds_when_it_is_over_and_out_of_view() -> None:
    """Whole while it comes; a few lines when one comes back. Nothing folds as one looks on."""
    story = Story()
    async with shown(story) as pilot:
        thought = story.add("reasoning", "\n".join(f"step {n}" for n in range(10)))
        await pilot.pause()
        before = lines(pilot)
        assert "step 9" in "\n".join(before)
        thought.ended_at = NOW
        story.tell(thought)
        await pilot.pause()
        assert [line.strip(" ▏") for line in lines(pilot)] == [line.strip(" ▏") for line in before]
        for number in range(5):
            story.add("prose", f"message {number} " + "so " * 100, ended_at=NOW)
        await pilot.pause()
        assert "step" not in "\n".join(lines(pilot))
        await pilot.press("home")
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "step 2" in text
        assert "step 9" not in text
        assert "… 7 more lines" in text
        story.widget.toggle(thought.id)
        await pilot.pause()
        assert "step 9" in "\n".join(lines(pilot))


async def test_one_long_message_keeps_no_more_than_others() -> None:
    """Scrolled through from its beginning to its end."""
    story = Story([Entry("prose", "x", 1, format="plain", text="line\n" * 5000, ended_at=NOW)])
    async with shown(story) as pilot:
        widget = story.widget
        for y in range(0, 5000, 15):
            widget.scroll_to(y=y, animate=False, force=True)
            widget.render_lines(widget.size.region)
        assert len(widget._renderer._strips) <= MAX_STRIPS
        await pilot.pause()
        assert "line" in lines(pilot)[0]


async def test_the_cache_of_lines_is_bounded() -> None:
    """Scrolling through everything does not keep everything."""
    entries = [
        Entry("prose", f"x{n}", n, format="plain", text="line\n" * 2000, ended_at=NOW)
        for n in range(25)
    ]
    story = Story(entries)
    async with shown(story) as pilot:
        widget = story.widget
        for y in range(0, 50_000, 1000):
            widget.scroll_to(y=y, animate=False, force=True)
            widget.render_lines(widget.size.region)
        assert widget._renderer._cached_lines <= MAX_CACHED_LINES
        assert len(widget._renderer._strips) <= MAX_STRIPS
        await pilot.pause()
        assert "line" in lines(pilot)[0]


def giant(number: int) -> Entry:
    """A finished message with more lines than are kept."""
    text = f"{number}\n" * (MAX_CACHED_LINES + 1000)
    return Entry("prose", f"g{number}", number, format="plain", text=text, ended_at=NOW)


async def test_what_is_streamed_under_a_giant_message_renders_the_giant_once() -> None:
    """It is in view, so its lines stay, however many they are."""
    story = Story([giant(0)])
    async with shown(story) as pilot:
        entry = story.add("prose", "")
        await pilot.pause()
        before = story.widget._renderer.rendered
        for number in range(20):
            story.write(entry, f"word{number} ")
            await pilot.pause()
            assert f"word{number}" in lines(pilot)[-1]
        assert story.widget._renderer.rendered - before <= 20
        assert story.widget._list.rows[0].version == 1


async def test_giant_messages_side_by_side_in_a_held_view_stay_too() -> None:
    """The end of one, a short one, and the beginning of the next, while more is streamed."""
    story = Story([giant(0), prose(1, words=4), giant(2), prose(3)])
    async with shown(story) as pilot:
        widget = story.widget
        widget.scroll_to(y=widget._list.start(2) - 8, animate=False, force=True)
        await pilot.pause()
        assert not widget.following
        before = widget._renderer.rendered
        for number in range(5):
            story.add("user", f"more {number}")
            widget.action_scroll_down()
            await pilot.pause()
            widget.action_scroll_up()
            await pilot.pause()
        assert widget._renderer.rendered == before
        assert lines(pilot)[0].strip() == "0"


async def test_a_giant_message_that_left_the_view_is_not_kept() -> None:
    """Nor are others that were seen before it: only what is in view may go beyond the bound."""
    story = Story([giant(number) for number in range(6)])
    async with shown(story) as pilot:
        for _ in range(5):
            story.widget.scroll_to(
                y=story.widget.scroll_offset.y - MAX_CACHED_LINES, animate=False, force=True
            )
            await pilot.pause()
        kept = [row for row in story.widget._list.rows if row.lines is not None]
        assert len(kept) <= 3


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
async def test_every_theme_draws_it(theme: str) -> None:
    """Colours follow the theme at once, lines stay as they are."""
    story = Story([prose(number) for number in range(5)])
    async with shown(story) as pilot:
        before = lines(pilot)
        colours = {segment.style for strip in story.widget._list.strips(0, 5) for segment in strip}
        pilot.app.theme = "textual-light" if theme == "textual-dark" else "textual-dark"
        await pilot.pause()
        pilot.app.theme = theme
        await pilot.pause()
        assert lines(pilot) == before
        after = {segment.style for strip in story.widget._list.strips(0, 5) for segment in strip}
        assert theme == "textual-dark" or after != colours


async def test_a_tiny_screen_is_no_error() -> None:
    """Even one cell."""
    story = Story([prose(1), Entry("user", "u", 2, text="\u4e2d\u6587", ended_at=NOW)])
    for size in ((1, 1), (3, 2), (10, 3)):
        async with shown(story, size=size):
            assert story.widget.following
        story.widget = Transcript(now_ms=lambda: NOW)


async def test_show_view_replaces_everything() -> None:
    """Another session's view leaves no trace of the first."""
    story = Story([prose(number) for number in range(50)])
    async with shown(story) as pilot:
        story.widget.action_page_up()
        await pilot.pause()
        story.widget.show_view(ReadView("other", entries=[prose(500, words=3)]))
        await pilot.pause()
        assert "message 500" in lines(pilot)[0]
        assert story.widget.following
