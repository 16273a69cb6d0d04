"""The header."""

from __future__ import annotations

from lashd.events import SessionOutcome
from lashd.view import Entry, ReadView
from lashtui.text.awaited import Known, standing_of_view
from lashtui.widgets.session_header import SessionHeader
from tests.tui.screen_text import screen_text
from tests.tui.widgets.widget_app import HostApp


async def shown(
    view: ReadView | None,
    *,
    width: int = 100,
    name: str = "build",
    in_tabs: bool = False,
    stale_for: float | None = None,
) -> str:
    """The header's line."""
    header = SessionHeader()
    async with HostApp(header).run_test(size=(width, 3)) as pilot:
        header.show_session(name, view, 1_000_000, in_tabs=in_tabs, stale_for=stale_for)
        await pilot.pause()
        return screen_text(pilot.app).splitlines()[0]


async def test_name_is_there_before_anything_else_is_known() -> None:
    """The first paint says which session this is."""
    assert (await shown(None)).strip() == "build"


async def test_running_session() -> None:
    """Name, state, time of the turn, title; agent and directory at the right."""
    view = ReadView(
        "build",
        state="running",
        started_at=1_000_000 - 67_000,
        title="Fix it",
        agent="claude",
        directory="/home/me/src/deep/project",
        turn_index=2,
    )
    line = await shown(view)

    assert line.startswith(" build  ● running  1:07  Fix it")
    assert line.endswith("claude · /home/me/src/deep/project · turn 3")


async def test_the_model_stands_with_the_agent() -> None:
    """If there is room: before it the directory goes, and before that the model."""
    view = ReadView("build", title="Fix it", agent="claude", directory="/work", model="opus[1m]")
    assert (await shown(view)).endswith("claude · opus[1m] · /work")
    assert (await shown(view, width=45)).endswith("claude · /work")
    assert (await shown(view, width=35)).endswith("claude")
    view.model = "\x1b[31mred\x1b]8;;https://evil.example/\x07[bold]" + "m" * 500
    line = await shown(view, width=120)
    assert "\x1b" not in line
    assert "red[bold]mmm" in line
    assert line.endswith("… · /work")


async def test_waiting_stands_out_and_says_since_when_and_where() -> None:
    """By mark and word, with the time since the question; agent and directory before the title."""
    view = ReadView(
        "build",
        state="waiting",
        waiting_for="approve: rm -rf /tmp/x",
        title="A title " * 10,
        agent="claude",
        directory="/srv/api",
        updated_at=1_000_000,
        entries=[
            Entry("diagnostic", "w", 1, name="waiting", started_at=1_000_000 - 252_000, text="?")
        ],
    )
    line = await shown(view)
    assert line.startswith(" build   ‼ waiting for you 4:12   A title")
    assert line.endswith("…  claude · /srv/api · turn 1")
    assert "approve" not in line
    for width in (60, 56):
        line = await shown(view, width=width)
        assert "waiting for you 4:12" in line
        assert "claude · /srv/api" in line
    assert (await shown(view, width=44)).endswith("  /srv/api")


async def test_without_an_entry_of_the_question_the_last_event_counts() -> None:
    """A daemon that keeps no entry of it: nothing has happened since it was asked."""
    view = ReadView("build", state="waiting", waiting_for="ok?", updated_at=1_000_000 - 5_000)
    assert "‼ waiting for you 0:05" in await shown(view)
    view.updated_at = None
    assert "‼ waiting for you   " in await shown(view)


async def test_below_tabs_it_does_not_repeat_them() -> None:
    """Name and state are in the row above: here are the turn's time, title, agent and directory."""
    view = ReadView("build", state="running", started_at=1_000_000 - 6_000, title="Fix it")
    view.agent, view.directory = "claude", "/work"
    assert (await shown(view, in_tabs=True)).startswith(" 6s  Fix it")
    view.state = "idle"
    assert (await shown(view, in_tabs=True)).startswith(" Fix it")
    view.title = None
    assert (await shown(view, in_tabs=True)).startswith(" build")
    view.state, view.outcome, view.exit_code = "ended", SessionOutcome.FAILURE, 2
    assert "failed (exit 2)" in await shown(view, in_tabs=True)
    view.state = "waiting"
    assert "waiting for you" in await shown(view, in_tabs=True)


async def test_while_the_daemon_is_silent_its_clock_stands() -> None:
    """Nobody knows whether the agent still runs: it says as of when it did."""
    view = ReadView("build", state="running", started_at=1_000_000 - 67_000)
    assert "1:07  " in await shown(view) + "  "
    assert "● running  55s  as of 12 s ago" in await shown(view, stale_for=12.0)


async def test_end_is_shown_with_its_outcome() -> None:
    """A failure says so, with its code."""
    view = ReadView("build", state="ended", outcome=SessionOutcome.FAILURE, exit_code=2)
    assert "✗ failed (exit 2)" in await shown(view)


async def test_name_stays_in_sight_when_narrow() -> None:
    """At 30 columns the name and the state are what is left."""
    view = ReadView("build", state="running", title="A very long title of a session", agent="x")
    line = await shown(view, width=30)
    assert line.startswith(" build  ● running")
    assert len(line) <= 30


async def test_hostile_text_is_neutralised() -> None:
    """Escapes and markup in what an agent sends are characters, or nothing."""
    view = ReadView("build", title="\x1b]0;pwned\x07[bold red]x[/]\x9b31m", state="idle")
    line = await shown(view)
    assert "\x1b" not in line
    assert "\x9b" not in line
    assert "[bold red]x[/]" in line
    view.directory = "/home/me/" + "\x1b]8;;https://evil.example/\x07" * 2 + "src"
    assert "/home/me/src" in await shown(view)


async def test_it_stands_where_the_fleet_says() -> None:
    """A live session whose last turn failed has failed; one that is stuck is quiet, and says for
    how long: by what the list says, or without it by the view's own times."""
    failed = ReadView("build", state="idle", outcome=SessionOutcome.FAILURE)
    stuck = ReadView("build", state="running", started_at=0, updated_at=1_000_000 - 600_000)
    for in_tabs in (False, True):
        assert "✗ failed" in await shown(failed, in_tabs=in_tabs)
        assert "⏱ quiet 10:00" in await shown(stuck, in_tabs=in_tabs)
    busy = ReadView("build", state="running", started_at=0, updated_at=1_000_000 - 600_000)
    assert standing_of_view(busy, 1_000_000, Known(None)) == "working"
    assert standing_of_view(busy, 1_000_000, Known(1_000_000 - 600_000)) == "quiet"
