"""The preview's widget: what it shows before and after the session's view is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from lashd.view import Doing, Entry, Mirrored, ReadView, SessionRow, ViewChanges
from lashtui.feed.fleet.heard import Heard
from lashtui.widgets.preview.preview import Preview
from tests.tui.screen_text import screen_text, until_shown
from tests.tui.widgets.transcript.transcript_harness import NOW, prose
from tests.tui.widgets.widget_app import HostApp


@asynccontextmanager
async def shown(height: int = 14) -> AsyncIterator[tuple[Preview, Pilot[Any]]]:
    preview = Preview(Heard(now_ms=lambda: NOW))
    async with HostApp(preview).run_test(size=(50, height)) as pilot:
        yield preview, pilot


async def test_the_list_alone_says_the_question_in_full() -> None:
    """Before anything was asked for: wrapped, whatever its length."""
    question = "May I run " + " ".join(f"word{number}" for number in range(40)) + "?"
    row = SessionRow(session_id="web", state="waiting", waiting_for=question, last_line="no")
    async with shown() as (preview, pilot):
        preview.show_row(row)
        await pilot.pause()
        text = screen_text(pilot.app)
        assert "web  " in text
        assert " ".join(text.split()).endswith(question)


async def test_of_a_home_that_is_gone_nobody_knows_what_it_does() -> None:
    """Its head says since when, and no state."""
    gone = Mirrored("home", last_seen_at=NOW - 180_000)
    async with shown() as (preview, pilot):
        preview.show_row(SessionRow(session_id="web", state="waiting", mirror=gone))
        await pilot.pause()
        head = screen_text(pilot.app).splitlines()[0]
        assert "? unseen 3m" in head
        assert "waiting" not in head


async def test_the_view_takes_the_place_of_the_list_s_words() -> None:
    """At its live end, which it follows; another session starts with what its row says."""
    row = SessionRow(session_id="web", state="running", last_line="as the list says")
    view = ReadView("web", entries=[prose(number) for number in range(30)])
    async with shown() as (preview, pilot):
        preview.show_row(row)
        await pilot.pause()
        assert "as the list says" in screen_text(pilot.app)
        preview.show_view(view, ())
        await pilot.pause()
        assert "message 29" in screen_text(pilot.app)
        assert "as the list says" not in screen_text(pilot.app)
        new = Entry("prose", "new", 99, text="the newest words", started_at=NOW)
        preview.apply(ViewChanges(changed={"new": new}))
        await pilot.pause()
        assert "the newest words" in screen_text(pilot.app).splitlines()[-1]
        preview.forget()
        preview.show_row(SessionRow(session_id="api", last_line="another one"))
        await pilot.pause()
        assert "another one" in screen_text(pilot.app)
        assert "newest" not in screen_text(pilot.app)


async def test_what_was_unfolded_of_one_session_is_not_unfolded_of_another() -> None:
    """Entries of different sessions may have the same id."""
    call = Entry("tool", "c", 1, name="bash", state="success", output="printed", started_at=NOW)
    async with shown() as (preview, pilot):
        preview.show_row(SessionRow(session_id="a"))
        preview.show_view(ReadView("a", entries=[call]), ())
        await pilot.pause()
        preview.transcript.toggle("c")
        await pilot.pause()
        assert "printed" in screen_text(pilot.app)
        preview.forget()
        preview.show_row(SessionRow(session_id="b"))
        preview.show_view(ReadView("b", entries=[call]), ())
        await pilot.pause()
        assert "bash" in screen_text(pilot.app)
        assert "printed" not in screen_text(pilot.app)


async def test_nothing_in_it_takes_the_focus() -> None:
    """Keys stay with the list."""
    async with shown() as (preview, pilot):
        preview.show_row(SessionRow(session_id="a"))
        preview.show_view(ReadView("a", entries=[prose(1)]), ())
        await pilot.pause()
        await pilot.click(preview.transcript)
        await pilot.press("tab")
        assert pilot.app.focused is None


async def test_a_problem_and_no_session() -> None:
    """Why it can't be shown stands where it would be; without a session it is empty."""
    async with shown() as (preview, pilot):
        preview.show_row(SessionRow(session_id="a"))
        preview.show_problem("no session named a")
        await pilot.pause()
        assert "no session named a" in screen_text(pilot.app)
        preview.forget()
        preview.show_row(None)
        await pilot.pause()
        assert not screen_text(pilot.app).strip()


async def test_what_runs_is_below_the_last_words() -> None:
    """As in the session's own transcript; before it is there, as the list knows it."""
    doing = Doing("Bash", "npm run e2e", NOW - 45_000)
    row = SessionRow(session_id="a", state="running", last_line="Now the tests.", doing=doing)
    call = Entry("tool", "c", 1, name="Bash", args={"command": "npm run e2e"}, state="running")
    call.started_at = NOW - 45_000
    async with shown() as (preview, pilot):
        preview.show_row(row)
        await pilot.pause()
        assert "… Bash npm run e2e" in screen_text(pilot.app)
        preview.show_view(ReadView("a", state="running", entries=[call]), ())
        await until_shown(pilot, "… Bash npm run e2e 0:45", "running 45s")
        preview.show_stale(3.0)
        preview.forget()
        preview.show_row(SessionRow(session_id="b", last_line="idle"))
        await pilot.pause()
        assert "Bash" not in screen_text(pilot.app)


async def test_a_question_longer_than_the_preview_is_read_from_its_beginning() -> None:
    """And the live end is back with the answer."""
    text = "May I run this? " + "word " * 400
    asks = Entry("diagnostic", "q", 31, name="waiting", text=text, started_at=NOW)
    view = ReadView("a", state="waiting", waiting_for=text)
    view.entries = [*(prose(number) for number in range(30)), asks]
    async with shown() as (preview, pilot):
        preview.show_row(SessionRow(session_id="a", state="waiting", waiting_for=text))
        preview.show_view(view, ())
        await until_shown(pilot, "May I run this?")
        asks.ended_at, view.state = NOW, "running"
        last = Entry("prose", "p", 32, text="So be it.", started_at=NOW)
        view.entries.append(last)
        preview.apply(ViewChanges(changed={"q": asks, "p": last}))
        await until_shown(pilot, "So be it.")
