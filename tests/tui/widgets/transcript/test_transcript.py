"""The transcript: what it shows, and what that costs."""

from __future__ import annotations

import pytest
from textual.geometry import Region
from textual.selection import Selection

from lashd.view import Entry, ReadView, ViewChanges
from lashtui.feed.divider import Divider
from lashtui.widgets.transcript.row_renderer import MAX_CACHED_LINES, MAX_STRIPS
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.widgets.transcript.transcript_harness import NOW, StreamedView, lines, prose, shown


async def test_shows_the_end_of_a_long_view() -> None:
    """With ten thousand entries, the last is at the bottom and only those in view are rendered."""
    streamed = StreamedView([prose(number, words=20) for number in range(10_000)])
    async with shown(streamed) as pilot:
        assert "message 9999" in "\n".join(lines(pilot)[-3:])
        assert streamed.widget.following
        assert streamed.widget.statistics().rendered < 60


async def test_follows_what_is_streamed() -> None:
    """The newest words are at the bottom, with the mark of the live edge."""
    streamed = StreamedView([prose(number) for number in range(20)])
    async with shown(streamed) as pilot:
        entry = streamed.add("prose", "")
        for number in range(30):
            streamed.write(entry, f"word{number} and some more ")
            await pilot.pause()
            last = lines(pilot)[-1]
            assert last.startswith(" ▏")
            assert f"word{number}" in " ".join(lines(pilot)[-2:])
        entry.ended_at = NOW
        streamed.update(entry)
        await pilot.pause()
        assert not lines(pilot)[-1].startswith(" ▏")


async def test_an_empty_view_is_an_empty_screen() -> None:
    """It draws nothing and raises nothing; the first entry then appears."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        assert lines(pilot) == [""] * 20
        streamed.add("user", "hello")
        await pilot.pause()
        assert "❯ hello" in lines(pilot)[0]


async def test_it_accepts_entries_before_it_is_mounted() -> None:
    """What arrived before the first layout is shown by it."""
    streamed = StreamedView([prose(1)])
    streamed.widget.show_view(streamed.view)
    streamed.add("user", "early")
    async with shown(streamed) as pilot:
        assert any("early" in line for line in lines(pilot))


async def test_subagents_work_is_indented_under_its_call() -> None:
    """Level by level, by the parent's id."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        streamed.add("tool", name="Task", state="success")
        streamed.add("tool", name="Grep", state="success", parent="e1")
        streamed.add("prose", "found it", parent="e2", ended_at=NOW)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "\n   ✓ Grep" in text
        assert "\n       found it" in text


async def test_a_subagents_work_is_named_where_it_does_not_follow_its_call() -> None:
    """Two that run at once take turns; what follows its own call needs no name."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        for key in ("one", "two"):
            streamed.add("tool", name="Agent", args={"description": f"Do {key}"}, state="success")
        streamed.add("prose", "of two", parent="e2", ended_at=NOW)
        streamed.add("prose", "of one", parent="e1", ended_at=NOW)
        streamed.add("tool", name="Read", state="success", parent="e1")
        streamed.add("tool", name="Write", state="success", parent="e2")
        streamed.add("prose", "own", ended_at=NOW)
        streamed.add("prose", "lost", parent="gone", ended_at=NOW)
        await pilot.pause()
        assert [line.rstrip() for line in lines(pilot) if line.strip()] == [
            " ✓ Agent  Do one",
            " ✓ Agent  Do two",
            "     of two",
            "   ╴ Do one",
            "     of one",
            "   ✓ Read",
            "   ╴ Do two",
            "   ✓ Write",
            "   own",
            "   ╴ subagent",
            "     lost",
        ]


async def test_calls_are_together_and_prose_apart() -> None:
    """There are blank lines around prose, and none between calls."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        streamed.add("prose", "a", ended_at=NOW)
        streamed.add("tool", name="One", state="success")
        streamed.add("tool", name="Two", state="success")
        streamed.add("prose", "b", ended_at=NOW)
        await pilot.pause()
        assert [line.strip()[:5] for line in lines(pilot)[:6]] == [
            "a",
            "",
            "✓ One",
            "✓ Two",
            "",
            "b",
        ]


async def test_dividers_are_at_their_places() -> None:
    """Before the first entry with a later position, or at the end without a position."""
    streamed = StreamedView([prose(number, words=2) for number in (1, 5, 9)])
    dividers = [Divider("new", "new since you left", 5), Divider("gap", "history trimmed")]
    async with shown(streamed, dividers=dividers) as pilot:
        text = "\n".join(lines(pilot))
        places = [text.index(word) for word in ("message 5", "new since", "message 9", "history")]
        assert places == sorted(places)
        streamed.add("prose", "after it")
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert text.index("history") < text.index("after it")


async def test_a_withdrawn_entry_is_gone() -> None:
    """The text of a retried attempt disappears and leaves no hole."""
    streamed = StreamedView([prose(1, words=3)])
    async with shown(streamed) as pilot:
        attempt = streamed.add("prose", "half an answ")
        streamed.add(
            "retry", "overloaded", output={"attempt": 1, "max_attempts": 3, "wait_seconds": 2}
        )
        streamed.remove(attempt)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "half an" not in text
        assert "retry 1 of 3" in text


async def test_a_batch_may_drop_entries_it_never_showed() -> None:
    """After a burst beyond the view's bound, what the view holds is shown."""
    streamed = StreamedView([prose(number, words=2) for number in range(5)])
    async with shown(streamed) as pilot:
        fresh = [prose(number, words=2) for number in range(100, 103)]
        streamed.view.entries = fresh
        changes = ViewChanges(changed={entry.id: entry for entry in fresh}, dropped=25)
        streamed.widget.apply(changes)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "message 4" not in text
        assert all(f"message {number}" in text for number in (100, 101, 102))


async def test_a_replaced_view_is_shown_whole() -> None:
    """After a commit that brings its own view, none of the old entries is left."""
    streamed = StreamedView([prose(number, words=3) for number in range(5)])
    async with shown(streamed) as pilot:
        streamed.view.entries = [prose(77, words=3)]
        streamed.widget.apply(ViewChanges(reset=True))
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "message 77" in text
        assert "message 4" not in text


async def test_time_passes_only_for_what_runs() -> None:
    """The seconds of a running call advance; when nothing is running, nothing is repainted."""
    streamed = StreamedView()
    widget = streamed.widget
    async with shown(streamed) as pilot:
        call = streamed.add("tool", name="Bash", args={"command": "make"}, state="running")
        await pilot.pause()
        assert "running 0s" in lines(pilot)[0]
        streamed.now_ms += 63_000
        widget.tick()
        await pilot.pause()
        assert "running 1:03" in lines(pilot)[0]
        assert widget.is_ticking
        call.state, call.duration_ms, call.ended_at = "failure", 64_200.0, streamed.now_ms
        call.output = {"outcome": {"status": "failure", "exit_code": 2}}
        streamed.update(call)
        await pilot.pause()
        assert "✗ Bash" in lines(pilot)[0]
        assert lines(pilot)[0].rstrip().endswith("exit 2  1:04")
        assert not widget.is_ticking


async def test_fold_and_unfold_by_click() -> None:
    """A click on an entry's first line folds it; that line stays where it is."""
    streamed = StreamedView([prose(number) for number in range(10)])
    async with shown(streamed) as pilot:
        streamed.add(
            "tool", name="Bash", args={"command": "ls"}, state="success", output="out1\nout2"
        )
        await pilot.pause()
        y = next(n for n, line in enumerate(lines(pilot)) if "✓ Bash" in line)
        await pilot.click(Transcript, offset=(5, y))
        await pilot.pause()
        assert "✓ Bash" in lines(pilot)[y]
        streamed.widget.follow()
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "out1" in text
        assert "out2" in text
        y = next(n for n, line in enumerate(lines(pilot)) if "✓ Bash" in line)
        await pilot.click(Transcript, offset=(5, y))
        await pilot.pause()
        assert "out1" not in "\n".join(lines(pilot))


async def test_reasoning_folds_when_it_has_ended_and_is_out_of_view() -> None:
    """It is whole while it streams and in view; scrolled back to, it has a few lines."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        thought = streamed.add("reasoning", "\n".join(f"step {n}" for n in range(10)))
        await pilot.pause()
        before = lines(pilot)
        assert "step 9" in "\n".join(before)
        thought.ended_at = NOW
        streamed.update(thought)
        await pilot.pause()
        assert [line.strip(" ▏") for line in lines(pilot)] == [line.strip(" ▏") for line in before]
        for number in range(5):
            streamed.add("prose", f"message {number} " + "so " * 100, ended_at=NOW)
        await pilot.pause()
        assert "step" not in "\n".join(lines(pilot))
        await pilot.press("home")
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert "step 2" in text
        assert "step 9" not in text
        assert "… 7 more lines" in text
        streamed.widget.toggle(thought.id)
        await pilot.pause()
        assert "step 9" in "\n".join(lines(pilot))


async def test_empty_lines_before_a_thought_are_not_shown() -> None:
    """Some agents begin with them; they may come alone, and those within a thought stay."""
    streamed = StreamedView()
    async with shown(streamed) as pilot:
        thought = streamed.add("reasoning", "\n")
        await pilot.pause()
        empty = [line.strip(" ▏") for line in lines(pilot)]
        assert not any(empty)
        for text in ("\n\r\n", "\n\r\nFirst", "\n\r\nFirst\n\nsecond"):
            thought.text = text
            streamed.update(thought)
            await pilot.pause()
        shown_lines = [line.strip(" ▏") for line in lines(pilot)]
        assert shown_lines[:3] == ["First", "", "second"]


async def test_one_long_message_keeps_no_more_than_others() -> None:
    """Even after scrolling through all of it."""
    streamed = StreamedView(
        [Entry("prose", "x", 1, format="plain", text="line\n" * 5000, ended_at=NOW)]
    )
    async with shown(streamed) as pilot:
        widget = streamed.widget
        for y in range(0, 5000, 15):
            widget.scroll_to(y=y, animate=False, force=True)
            widget.render_lines(widget.size.region)
        assert widget.statistics().strips <= MAX_STRIPS
        await pilot.pause()
        assert "line" in lines(pilot)[0]


async def test_the_cache_of_lines_is_bounded() -> None:
    """Scrolling through everything does not keep everything in memory."""
    entries = [
        Entry("prose", f"x{n}", n, format="plain", text="line\n" * 2000, ended_at=NOW)
        for n in range(25)
    ]
    streamed = StreamedView(entries)
    async with shown(streamed) as pilot:
        widget = streamed.widget
        for y in range(0, 50_000, 1000):
            widget.scroll_to(y=y, animate=False, force=True)
            widget.render_lines(widget.size.region)
        assert widget.statistics().lines <= MAX_CACHED_LINES
        assert widget.statistics().strips <= MAX_STRIPS
        await pilot.pause()
        assert "line" in lines(pilot)[0]


def giant(number: int) -> Entry:
    """A finished message with more lines than are kept."""
    text = f"{number}\n" * (MAX_CACHED_LINES + 1000)
    return Entry("prose", f"g{number}", number, format="plain", text=text, ended_at=NOW)


async def test_streaming_below_a_giant_message_does_not_render_it_again() -> None:
    """It is in view, so its lines are kept, however many there are."""
    streamed = StreamedView([giant(0)])
    async with shown(streamed) as pilot:
        entry = streamed.add("prose", "")
        await pilot.pause()
        before = streamed.widget.statistics().rendered
        for number in range(20):
            streamed.write(entry, f"word{number} ")
            await pilot.pause()
            assert f"word{number}" in lines(pilot)[-1]
        assert streamed.widget.statistics().rendered - before <= 20


async def test_two_giant_messages_in_a_held_view_are_not_rendered_again() -> None:
    """With the end of one and the beginning of the next in view while more is streamed."""
    streamed = StreamedView([giant(0), prose(1, words=4), giant(2), prose(3)])
    async with shown(streamed) as pilot:
        widget = streamed.widget
        await streamed.hold(pilot, streamed.view.entries[2], 0)
        widget.move(-8)
        await pilot.pause()
        assert not widget.following
        before = widget.statistics().rendered
        for number in range(5):
            streamed.add("user", f"more {number}")
            widget.action_scroll_down()
            await pilot.pause()
            widget.action_scroll_up()
            await pilot.pause()
        assert widget.statistics().rendered == before
        assert lines(pilot)[0].strip() == "0"


async def test_a_giant_message_that_left_the_view_is_not_kept() -> None:
    """Nor are those seen before it: only rows in view may exceed the bound."""
    streamed = StreamedView([giant(number) for number in range(6)])
    async with shown(streamed) as pilot:
        for _ in range(5):
            streamed.widget.scroll_to(
                y=streamed.widget.scroll_offset.y - MAX_CACHED_LINES, animate=False, force=True
            )
            await pilot.pause()
        assert streamed.widget.statistics().rows <= 3


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
async def test_every_theme_draws_it(theme: str) -> None:
    """Colours follow the theme at once; the text stays the same."""
    streamed = StreamedView([prose(number) for number in range(5)])
    async with shown(streamed) as pilot:
        before = lines(pilot)
        colours = _styles(streamed)
        pilot.app.theme = "textual-light" if theme == "textual-dark" else "textual-dark"
        await pilot.pause()
        pilot.app.theme = theme
        await pilot.pause()
        assert lines(pilot) == before
        after = _styles(streamed)
        assert theme == "textual-dark" or after != colours


def _styles(streamed: StreamedView) -> set[object]:
    widget = streamed.widget
    return {segment.style for strip in widget.render_lines(widget.size.region) for segment in strip}


async def test_a_tiny_screen_does_not_raise() -> None:
    """Not even a single cell."""
    streamed = StreamedView([prose(1), Entry("user", "u", 2, text="\u4e2d\u6587", ended_at=NOW)])
    for size in ((1, 1), (3, 2), (10, 3)):
        async with shown(streamed, size=size):
            assert streamed.widget.following
        streamed.widget = Transcript(now_ms=lambda: NOW)


async def test_show_view_replaces_everything() -> None:
    """Another session's view leaves no trace of the first."""
    streamed = StreamedView([prose(number) for number in range(50)])
    async with shown(streamed) as pilot:
        streamed.widget.action_page_up()
        await pilot.pause()
        streamed.widget.show_view(ReadView("other", entries=[prose(500, words=3)]))
        await pilot.pause()
        assert "message 500" in lines(pilot)[0]
        assert streamed.widget.following


async def test_a_wide_transcript_is_used() -> None:
    """Prose keeps a measure that can be read; durations, rules and tables go to the right edge."""
    cells = " | ".join(["word " * 12] * 4)
    table = f"| {cells} |\n|---|---|---|---|\n| {cells} |"
    streamed = StreamedView()
    streamed.add("prose", "word " * 100, ended_at=NOW)
    streamed.add("prose", table, ended_at=NOW)
    streamed.add("tool", None, name="bash", state="success", duration_ms=1500.0)
    streamed.add("commit", None, ended_at=NOW, duration_ms=1500.0)
    async with shown(streamed, size=(180, 20)) as pilot:
        found = [line.rstrip() for line in lines(pilot)]
        prose_lines = [line for line in found if line.startswith("   word")][:2]
        assert max(map(len, prose_lines)) in range(115, 124)
        assert max(len(line) for line in found if "──  ──" in line) > 150
        assert [len(line) for line in found if "1.5s" in line] == [178, 178]


async def test_a_prompt_is_found_by_its_band_and_says_its_turn() -> None:
    """Over the whole width; only the first prompt of a turn has the number, also of new turns."""
    done = Entry("commit", "c", 3, output={"turn_index": 7})
    entries = [
        Entry("user", "a", 1, text="first"),
        Entry("user", "b", 2, text="more"),
        done,
        Entry("user", "d", 4, text="next"),
    ]
    async with shown(StreamedView(entries), (60, 14)) as pilot:
        view = pilot.app.query_one(Transcript)
        await pilot.pause()
        texts = [strip.text for strip in view.draw_lines(Region(0, 0, 59, 14))]
        said = [text.split("❯ ")[1].split() for text in texts if "❯" in text]
        assert said == [["first", "turn", "7"], ["more"], ["next", "turn", "8"]]
        assert any("end of turn 7" in text for text in texts)
        band = next(strip for strip in view.draw_lines(Region(0, 0, 59, 14)) if "❯" in strip.text)
        grounds = {style.bgcolor for _, style, _ in band if style is not None}
        assert len(grounds) == 1
        assert grounds != {view.background_colors[1].rich_color}
        copied = view.get_selection(Selection(None, None))
        assert copied is not None
        assert "turn 8" not in copied[0]
