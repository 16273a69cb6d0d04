"""The list beside a transcript."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from lashd.view import Doing, SessionRow
from lashtui.feed.connection import ConnectionStatus
from lashtui.feed.fleet.rows import Fleet, RowChange
from lashtui.saved.session_key import SessionKey
from lashtui.widgets.fleet.side_list import ListChoice, SideList
from lashtui.widgets.fleet.table import FleetTable
from tests.tui.screen_text import screen_text, until, until_shown

NOW = 1_700_000_000_000


class FakeFleet:
    """A fleet whose rows a test sets."""

    def __init__(self, *rows: SessionRow) -> None:
        self.fleet = Fleet()
        self.is_followed = True
        self.unseen: frozenset[str] = frozenset()
        self.now = 0.0
        self.connection = ConnectionStatus("", lambda: self.now)
        self.listeners: list[Callable[[list[RowChange]], None]] = []
        self.put(*rows)

    def connection_of(self, host: str) -> ConnectionStatus:
        """The only one."""
        return self.connection

    def put(self, *rows: SessionRow) -> None:
        """These are so now."""
        for row in rows:
            self.fleet.rows[SessionKey("", row.session_id)] = row
        for listener in self.listeners:
            listener([])


def running(name: str, **more: Any) -> SessionRow:
    return SessionRow(session_id=name, state="running", started_at=NOW, **more)


class ListApp(App[None]):
    """A list beside a line that can have the focus."""

    def __init__(self, fleet: FakeFleet | None, choice: ListChoice | None = None) -> None:
        super().__init__()
        self.chosen: list[str] = []
        front = SessionKey("", "web")
        self.list = SideList(fleet, front, choice=choice, now_ms=lambda: NOW)
        self.list.styles.width = 38

    def compose(self) -> ComposeResult:
        line = Input("the transcript", compact=True)
        line.styles.width = 42
        with Horizontal():
            yield line
            yield self.list

    def on_fleet_table_chosen(self, message: FleetTable.Chosen) -> None:
        self.chosen.append(message.key.session_id)


@asynccontextmanager
async def shown(
    fleet: FakeFleet | None, choice: ListChoice | None = None
) -> AsyncIterator[tuple[ListApp, Pilot[Any]]]:
    app = ListApp(fleet, choice)
    async with app.run_test(size=(80, 16)) as pilot:
        await pilot.pause()
        yield app, pilot


def marked(app: ListApp) -> str:
    """The line with the cursor."""
    lines = [line[42:] for line in screen_text(app).splitlines()]
    return next((line for line in lines if line.startswith("▌")), "")


async def test_the_session_in_front_has_the_cursor_and_rows_are_live() -> None:
    """Wherever its line moves; what changes is shown at the next look."""
    fleet = FakeFleet(running("api"), running("web"))
    async with shown(fleet) as (app, pilot):
        assert "web" in marked(app)
        asks = SessionRow(session_id="docs", state="waiting", waiting_for="push?")
        fleet.put(asks)
        await until_shown(pilot, "docs", "waiting")
        assert "web" in marked(app)
        fleet.put(running("web", doing=Doing("Write", "new words", None)))
        await until_shown(pilot, "Write")


async def test_keys_move_and_choose_and_leave() -> None:
    """With the focus lines stay where they are; without it the cursor is back at the front."""
    fleet = FakeFleet(*(running(f"agent-{number}") for number in range(5)), running("web"))
    async with shown(fleet) as (app, pilot):
        app.list.focus()
        await pilot.press("g", "j", "j")
        assert "agent-2" in marked(app)
        fleet.put(SessionRow(session_id="agent-2", state="waiting", waiting_for="push?"))
        await until_shown(pilot, "waiting")
        assert "agent-2" in marked(app)
        await pilot.press("enter")
        assert app.chosen == ["agent-2"]
        await pilot.press("escape")
        assert app.chosen == ["agent-2", "web"]
        app.query_one(Input).focus()
        await until(pilot, lambda: "web" in marked(app))
        assert "agent-2" in screen_text(app).splitlines()[1]


async def test_a_click_goes_there_at_once() -> None:
    """The one click; headings are no place to go to."""
    fleet = FakeFleet(running("api"), running("web"))
    async with shown(fleet) as (app, pilot):
        lines = screen_text(app).splitlines()
        y = next(at for at, line in enumerate(lines) if "api" in line)
        await pilot.click(app.list, offset=(5, y))
        assert app.chosen == ["api"]
        await pilot.click(app.list, offset=(5, 0))
        assert app.chosen == ["api"]


async def test_a_session_that_is_done_and_in_front_is_shown() -> None:
    """Though those that are done are folded away."""
    done = [SessionRow(session_id=f"old-{number}", state="ended") for number in range(20)]
    web = SessionRow(session_id="web", state="ended")
    async with shown(FakeFleet(running("api"), web, *done)) as (app, _pilot):
        assert "web" in marked(app)


async def test_hidden_it_costs_nothing() -> None:
    """Neither a look at the fleet nor a tick; shown again it is up to date."""
    fleet, choice = FakeFleet(running("web")), ListChoice()
    async with shown(fleet, choice) as (app, pilot):
        app.list.toggle()
        await pilot.pause()
        app.list.styles.display = "none"
        await pilot.pause()
        fleet.put(running("new"))
        assert not app.list.is_seen
        assert app.list._due is not None
        assert not app.list._due._active.is_set()
        app.list.styles.display = "block"
        await until_shown(pilot, "new")
        app.push_screen(Screen())
        await pilot.pause()
        assert not app.list.is_seen
        assert choice.is_hidden


async def test_without_a_fleet_it_is_hidden() -> None:
    """There is nothing to show."""
    async with shown(None) as (app, _pilot):
        assert app.list.has_class("-hidden")
        assert not app.list.has_source
    assert FakeFleet().listeners == []


async def test_without_a_session_it_takes_no_room() -> None:
    """Before the daemon has said what there is, or where it can't; there is no key for it then."""
    fleet = FakeFleet()
    async with shown(fleet) as (app, pilot):
        assert app.list.has_class("-hidden")
        assert not app.list.has_source
        fleet.put(running("web"))
        assert not app.list.has_class("-hidden")
        await until_shown(pilot, "web")
        app.list.focus()
        await until(pilot, lambda: app.list.has_focus)
        fleet.fleet.rows.clear()
        fleet.put()
        assert app.list.has_class("-hidden")
        await until(pilot, lambda: app.chosen == ["web"])


async def test_hidden_by_the_person_it_stays_hidden() -> None:
    """Whatever comes."""
    fleet, choice = FakeFleet(), ListChoice()
    choice.is_hidden = True
    async with shown(fleet, choice) as (app, _pilot):
        fleet.put(running("web"))
        assert app.list.has_class("-hidden")
