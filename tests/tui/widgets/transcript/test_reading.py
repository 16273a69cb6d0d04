"""Reading in the transcript: current entry, jumps, folds, search, filter."""

from __future__ import annotations

import random

import pytest

from lashd.view import Entry
from lashtui.feed.divider import Divider
from lashtui.reading.filters import make_filter
from lashtui.reading.search import Match, Query
from lashtui.widgets.transcript.decoration import MARK
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.widgets.transcript.transcript_harness import NOW, StreamedView, lines, prose, shown


def streamed_view(entries: list[Entry]) -> tuple[StreamedView, Transcript]:
    streamed = StreamedView(entries)
    return streamed, streamed.widget


def tool(number: int, *, output: str = "fine", state: str = "success") -> Entry:
    args = {"command": f"make {number}"}
    return Entry("tool", f"t{number}", number, name="Bash", args=args, output=output, state=state)  # type: ignore[arg-type]


async def test_the_current_entry_is_marked_and_comes_into_view() -> None:
    """Moving it scrolls as needed; its lines have the mark in the margin."""
    streamed, widget = streamed_view([prose(n) for n in range(30)])
    async with shown(streamed) as pilot:
        widget.move_current(-1)
        await pilot.pause()
        assert widget.marked is not None
        assert widget.marked.id == "p29"
        for _ in range(12):
            widget.move_current(-1)
        await pilot.pause()
        assert widget.marked.id == "p17"
        assert any(line.startswith(MARK) and "message 17" in line for line in lines(pilot))
        assert not widget.following
        for _ in range(12):
            widget.move_current(1)
        await pilot.pause()
        assert widget.following
        assert any(line.startswith(MARK) for line in lines(pilot)[-3:])


async def test_a_jump_brings_its_entry_to_the_top() -> None:
    """By tool call and error; it reports when there are no more."""
    streamed, widget = streamed_view(
        [
            *(prose(n) for n in range(10)),
            tool(10, state="failure"),
            *(prose(n) for n in range(11, 30)),
        ]
    )
    async with shown(streamed) as pilot:
        assert widget.jump("error", -1)
        await pilot.pause()
        assert any("✗ Bash" in line for line in lines(pilot)[:3])
        assert not widget.jump("error", -1)
        assert not widget.jump("tool", 1)


async def test_a_failed_call_shows_its_last_lines_while_folded() -> None:
    """The reader sees why it failed without pressing a key."""
    streamed, _ = streamed_view(
        [tool(1, output="\n".join(f"line {n}" for n in range(30)), state="failure")]
    )
    async with shown(streamed) as pilot:
        text = "\n".join(lines(pilot))
        assert "… 26 earlier lines" in text
        assert "line 29" in text
        assert "line 25" not in text


async def test_everything_unfolds_and_folds() -> None:
    """Each by one action."""
    streamed, widget = streamed_view([tool(n, output=f"output {n}") for n in range(4)])
    async with shown(streamed) as pilot:
        assert widget.fold_all()
        await pilot.pause()
        assert "output 3" in "\n".join(lines(pilot))
        assert not widget.fold_all()
        await pilot.pause()
        assert "output 3" not in "\n".join(lines(pilot))


async def test_a_match_in_a_folded_entry_unfolds_it_and_folds_it_again() -> None:
    """Only while needed: not for a match in its head, nor after the search has moved on."""
    streamed, widget = streamed_view(
        [tool(1, output="needle"), *(prose(n) for n in range(2, 30)), tool(30)]
    )
    async with shown(streamed) as pilot:
        widget.highlight(Query("needle"))
        assert widget.show_match(Match("t1", 0), 1)
        await pilot.pause()
        assert "      needle" in "\n".join(lines(pilot))
        widget.highlight(Query("make 30"))
        assert widget.show_match(Match("t30", 0), 1)
        await pilot.pause()
        assert "fine" not in "\n".join(lines(pilot))
        widget.action_scroll_home()
        await pilot.pause()
        assert "make 1" in lines(pilot)[0]
        assert "needle" not in "\n".join(lines(pilot))


async def test_matches_are_shown_over_wrapped_lines() -> None:
    """Each part of the phrase on its line; the present match in its own colour."""
    text = "word " * 10 + "split phrase " + "word " * 10 + "split phrase"
    streamed, widget = streamed_view([Entry("prose", "a", 1, text=text, ended_at=NOW)])
    async with shown(streamed, size=(56, 20)) as pilot:
        before = [strip.text for strip in widget.render_lines(widget.size.region)]
        widget.highlight(Query("split phrase"))
        assert widget.show_match(Match("a", 1), 2)
        await pilot.pause()
        strips = widget.render_lines(widget.size.region)
        assert [strip.text[1:] for strip in strips] == [line[1:] for line in before]
        texts: dict[object, list[str]] = {}
        for segment in (segment for strip in strips for segment in strip):
            if segment.style is not None:
                texts.setdefault(segment.style.bgcolor, []).append(segment.text)
        _, others, present = sorted(texts.values(), key=lambda parts: -len("".join(parts)))
        assert "".join(others).replace(" ", "") == "splitphrase"
        assert present in (["split phrase"], ["split", "phrase"])


async def test_a_filter_hides_and_loses_nothing() -> None:
    """What arrives, goes or fails meanwhile is right with the filter and after it."""
    streamed, widget = streamed_view([prose(1), tool(2), prose(3), tool(4)])
    async with shown(streamed) as pilot:
        errors = make_filter(["error"])
        assert errors is not None
        widget.set_filter(errors.shows)
        await pilot.pause()
        assert "".join(lines(pilot)) == ""
        call = streamed.add("tool", name="Late", state="running")
        streamed.add("prose", "unseen words", ended_at=NOW)
        call.state = "failure"
        streamed.update(call)
        await pilot.pause()
        assert any("✗ Late" in line for line in lines(pilot))
        assert widget.counts == (1, 6)
        streamed.drop(2)
        await pilot.pause()
        assert widget.counts == (1, 4)
        widget.set_filter(None)
        await pilot.pause()
        text = "\n".join(lines(pilot))
        assert text.index("message 3") < text.index("make 4") < text.index("Late")
        assert "unseen words" in text
        assert "message 1" not in text


@pytest.mark.parametrize("seed", range(6))
async def test_filtering_keeps_rows_and_view_in_step(seed: int) -> None:
    """After random events under changing filters, the rows are the view's entries again."""
    chance = random.Random(seed)
    streamed, widget = streamed_view([])
    async with shown(streamed) as pilot:
        for _ in range(150):
            what = chance.random()
            if what < 0.5 or not streamed.view.entries:
                kind = chance.choice(["prose", "tool", "user", "error"])
                streamed.add(kind, "words " * chance.randrange(20), state="success")  # type: ignore[arg-type]
            elif what < 0.7:
                entry = chance.choice(streamed.view.entries)
                entry.state = chance.choice(["success", "failure", "running"])
                streamed.update(entry)
            elif what < 0.8:
                streamed.remove(chance.choice(streamed.view.entries))
            elif what < 0.85:
                streamed.drop(chance.randrange(1, 1 + len(streamed.view.entries) // 2 + 1))
            elif what < 0.95:
                chosen = make_filter(chance.sample(["prose", "tool", "error", "user"], 2))
                widget.set_filter(chosen.shows if chosen is not None else None)
            else:
                widget.action_page_up()
            widget.render_lines(widget.size.region)
        widget.set_filter(None)
        await pilot.pause()
        assert [entry.id for entry in widget.entries()] == [e.id for e in streamed.view.entries]


async def test_the_held_line_stays_while_text_streams_under_a_search() -> None:
    """With its mark and its matches."""
    streamed, widget = streamed_view([prose(n) for n in range(30)])
    async with shown(streamed) as pilot:
        widget.highlight(Query("parser"))
        assert widget.show_match(Match("p12", 0), 1)
        await pilot.pause()
        before = lines(pilot)
        answer = streamed.add("prose", "")
        for _ in range(40):
            streamed.write(answer, "the parser again\n\n")
        await pilot.pause()
        assert lines(pilot) == before


async def test_reattaching_holds_at_what_is_new() -> None:
    """If that is more than a screen; otherwise the view follows."""
    streamed, widget = streamed_view([prose(n) for n in range(40)])
    widget.hold_at_new()
    async with shown(streamed, dividers=[Divider("new", "new since you left", 20)]) as pilot:
        widget.hold_at_new()
        await pilot.pause()
        assert any("new since you left" in line for line in lines(pilot)[:3])
        assert not widget.following
        assert widget.unread == 19
    streamed, widget = streamed_view([prose(n) for n in range(40)])
    async with shown(streamed, dividers=[Divider("new", "new since you left", 38)]) as pilot:
        widget.hold_at_new()
        await pilot.pause()
        assert widget.following


async def test_an_entry_may_have_the_screen_to_itself() -> None:
    """It is shown whole, arguments included."""
    streamed = StreamedView(
        [tool(1, output="\n".join(f"line {n}" for n in range(2000)))], whole=True
    )
    async with shown(streamed) as pilot:
        await pilot.pause()
        assert "line 1999" in lines(pilot)[-1]
        streamed.widget.action_scroll_home()
        await pilot.pause()
        assert any("command: make 1" in line for line in lines(pilot)[:4])


async def test_a_mark_out_of_view_does_not_count() -> None:
    """Keys act on what is visible: the newest entry at the live end, else the first in view."""
    streamed, widget = streamed_view([tool(0, state="failure"), *(prose(n) for n in range(1, 30))])
    async with shown(streamed) as pilot:
        widget.action_scroll_home()
        assert widget.jump("error", 1)
        await pilot.pause()
        assert widget.marked is not None
        widget.action_page_down()
        await pilot.pause()
        widget.action_page_down()
        await pilot.pause()
        assert widget.marked is None
        assert widget.current is not None
        assert widget.current.id != "t0"
        widget.action_scroll_home()
        assert widget.marked is not None, "it is in view again"
        widget.follow()
        assert widget.marked is None
        assert widget.current is not None
        assert widget.current.id == "p29"
        widget.action_scroll_home()
        assert widget.marked is None, "the live end forgets it"


async def test_the_entry_that_an_action_used_is_marked() -> None:
    """At the live end too, without leaving it."""
    streamed, widget = streamed_view([prose(n) for n in range(30)])
    async with shown(streamed) as pilot:
        entry = widget.mark_current()
        await pilot.pause()
        assert entry is not None
        assert entry.id == "p29"
        assert widget.following
        assert any(line.startswith(MARK) for line in lines(pilot)[-3:])
        streamed.add("prose", "the newest " * 300, ended_at=NOW)
        await pilot.pause()
        assert widget.marked is None, "it went out of view"
        assert widget.current is streamed.view.entries[-1]
