"""The fleet's screen: keys, filter, marks, what it shows of a daemon that is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.events import Key
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from lashd.errors import RequestRefused
from lashd.view import Mirrored, SessionRow
from lashtui.app.typeahead import TypeaheadApp
from lashtui.feed.connection import ConnectionStatus
from lashtui.feed.fleet.order import SORTS
from lashtui.feed.fleet.rows import Fleet, RowChange
from lashtui.saved.fleet_marks import FleetMarks
from lashtui.saved.session_key import SessionKey
from lashtui.screens.fleet.screen import FleetScreen
from lashtui.screens.fleet.view import FleetView
from lashtui.theme import THEMES
from lashtui.widgets.fleet.table import FleetTable
from tests.tui.screen_text import screen_text, until, until_shown
from tests.tui.snapshot import check, check_colours, settled
from tests.tui.widgets.fleet.rows import ALL, ASKS, NOW, READS, WRITES, ago


class FakeFeed:
    """A fleet that the test fills."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.fleet = Fleet()
        self.connection = ConnectionStatus("", clock)
        self.problem = ""
        self.news = ""
        self.is_starting = False
        self.host = ""
        self.listeners: list[Callable[[list[RowChange]], None]] = []
        self.retried = 0

    @property
    def unseen(self) -> frozenset[str]:
        """None."""
        return frozenset()

    @property
    def hosts(self) -> tuple[str, ...]:
        """No others."""
        return ()

    def connection_of(self, host: str) -> ConnectionStatus:
        """The only one."""
        return self.connection

    def problem_of(self, host: str) -> str:
        """As of the only one."""
        return self.problem

    def retry_now(self) -> None:
        """Counted."""
        self.retried += 1

    def snapshot(self, *rows: SessionRow) -> None:
        """These are all sessions."""
        self.connection.synced()
        self.tell({"type": "following", "served": "snapshot"}, *map(_record, rows))
        self.tell({"type": "synced"})

    def put(self, *rows: SessionRow) -> None:
        """These have changed."""
        self.tell(*map(_record, rows))

    def tell(self, *records: dict[str, Any]) -> None:
        """Records of the stream."""
        changes = self.fleet.receive("", records)
        for listener in tuple(self.listeners):
            listener(changes)


def _record(row: SessionRow) -> dict[str, Any]:
    return {"type": "session", "session": msgspec.to_builtins(row)}


class FleetApp(TypeaheadApp[None]):
    """The fleet alone; notes what it asks for."""

    def __init__(self, path: Path, prefer: str | None = None, **options: Any) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = options.pop("theme", "lashtui-dark")
        self.now = 0.0
        self.wall = NOW
        self.said: list[Any] = []
        self.feed = FakeFeed(lambda: self.now)
        self.marks = FleetMarks(path / "fleet.json")
        self.view = FleetView()
        self.only = FleetScreen(
            self.feed,
            self.marks,
            self.view,
            remove=self._remove,
            prefer=SessionKey("", prefer) if prefer is not None else None,
            clock=lambda: self.now,
            now_ms=lambda: self.wall,
            **options,
        )

    def on_mount(self) -> None:
        """The fleet."""
        self.push_screen(self.only)

    async def _remove(self, key: SessionKey, force: bool) -> None:
        if key.session_id == "web-05":
            raise RequestRefused("busy", "not now")
        self.said.append((key.session_id, force))

    def on_fleet_screen_chosen(self, message: FleetScreen.Chosen) -> None:
        """To be opened."""
        self.said.append(message.key.session_id)

    def on_fleet_screen_dismissed(self) -> None:
        """Back."""
        self.said.append("back")

    def on_fleet_screen_quit(self) -> None:
        """Out."""
        self.said.append("quit")

    @property
    def names(self) -> list[str]:
        """The sessions that are shown, from top to bottom."""
        lines = self.only.query_one(FleetTable).board.lines
        return [line.session_id for line in lines if isinstance(line, SessionKey)]


def type_at_once(app: FleetApp, text: str) -> None:
    """All of it before the app has read any."""
    for character in text:
        key = "enter" if character == "\r" else _character_to_key(character)
        app.post_message(Key(key, character))


def selected(app: FleetApp) -> str | None:
    """The session with the cursor."""
    return app.only.selected.session_id if app.only.selected is not None else None


async def test_keys_move_and_enter_opens(tmp_path: Path) -> None:
    """As in vim and less; the cursor is never off the screen."""
    app = FleetApp(tmp_path)
    rows = [
        SessionRow(session_id=f"s{n:02}", state="running", started_at=NOW - n, updated_at=NOW)
        for n in range(60)
    ]
    async with app.run_test(size=(80, 24)) as pilot:
        app.feed.snapshot(*rows)
        await until_shown(pilot, "WORKING 60", "s00")
        for keys, at in (
            ("j", "s01"),
            ("down", "s02"),
            ("k", "s01"),
            ("up", "s00"),
            ("G", "s59"),
            ("g", "s00"),
            ("end", "s59"),
            ("home", "s00"),
            ("ctrl+d", "s10"),
            ("ctrl+u", "s00"),
            ("pagedown", "s19"),
            ("ctrl+b", "s00"),
            ("ctrl+f", "s19"),
            ("pageup", "s00"),
        ):
            await pilot.press(keys)
            assert selected(app) == at, keys
            assert at in [line[16:19] for line in screen_text(app).splitlines() if "▌" in line]
        await pilot.press("enter", "q")
        assert app.said == ["s00", "quit"]


async def test_it_opens_at_the_top_if_anyone_waits(tmp_path: Path) -> None:
    """Else at the session that was watched last."""
    for rows, at in (((ASKS, READS, WRITES), "web-13"), ((READS, WRITES), "api-01")):
        app = FleetApp(tmp_path, prefer="api-01")
        async with app.run_test(size=(80, 24)) as pilot:
            app.feed.snapshot(*rows)
            await until_shown(pilot, "WORKING 2")
            assert selected(app) == at


async def test_lines_do_not_move_while_one_presses_keys(tmp_path: Path) -> None:
    """For a second after the last key; who is gone goes, and what agents say is shown. Counters
    and headings say the same meanwhile."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(120, 24)) as pilot:
        app.feed.snapshot(READS, WRITES)
        await until_shown(pilot, "WORKING 2")
        assert app.names == ["api-00", "api-01"]
        app.now += 10
        await pilot.press("j")
        app.now += 0.5
        asks = msgspec.structs.replace(
            WRITES, state="waiting", waiting_for="may I?", waiting_since=ago(1)
        )
        app.feed.put(asks)
        await until_shown(pilot, "● 2 working", "‼ waiting 1s")
        assert app.names == ["api-00", "api-01"]
        assert "NEEDS YOU" not in screen_text(app)
        app.now += 2
        await until_shown(pilot, "NEEDS YOU 1", "‼ 1 needs you")
        assert app.names == ["api-01", "api-00"]
        assert selected(app) == "api-01", "it stays with its session"
        await pilot.press("k")
        app.feed.tell({"type": "session_removed", "session_id": "api-01"})
        app.now += 0.5
        await pilot.pause()
        app.feed.tell({"type": "session_removed", "session_id": "none"})
        await until(pilot, lambda: app.names == ["api-00"])


async def test_a_filter_of_words_and_fields(tmp_path: Path) -> None:
    """Enter keeps it and goes back to the list, escape clears it; no hits are said."""
    app = FleetApp(tmp_path, can_go_back=True)
    async with app.run_test(size=(100, 30)) as pilot:
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "NEEDS YOU 1")
        await pilot.press("slash")
        await until_shown(pilot, "words, or state: agent:")
        await pilot.press(*"state:quiet")
        assert app.names == ["ingest-07", "web-29"]
        await pilot.press("down")
        assert selected(app) == "web-29"
        await pilot.press(*" q")
        assert app.said == [], "q is a letter here"
        await until_shown(pilot, "No session matches 'state:quiet q'. Esc clears the filter.")
        await pilot.press("backspace", "backspace", "enter")
        await until_shown(pilot, "2 of 12", "state:quiet")
        assert not app.only.query_one(Input).has_focus
        await pilot.press("k")
        assert selected(app) == "ingest-07"
        await pilot.press("escape")
        await until_shown(pilot, "NEEDS YOU 1", "12 sessions")
        assert app.said == []
        await pilot.press("escape")
        assert app.said == ["back"]


async def test_what_is_typed_at_once_is_a_filter(tmp_path: Path) -> None:
    """Keys that come faster than the screen are letters all the same, none of them a command."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "NEEDS YOU 1")
        type_at_once(app, "/spmb")
        await until(pilot, lambda: app.view.query == "spmb")
        assert app.view.wish.sort_by == "urgency"
        assert app.marks.pinned == frozenset()


@pytest.mark.parametrize("before", ["", "/we"])
async def test_what_is_typed_right_after_a_filter_is_a_command(tmp_path: Path, before: str) -> None:
    """Enter ends it before the next key is read, also where the filter was just begun."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "NEEDS YOU 1")
        if not before:
            await pilot.press("slash", *"we")
        type_at_once(app, before + "b-13\rs")
        await until(pilot, lambda: app.view.wish.sort_by == "name")
        assert app.view.query == "web-13"
        assert app.names == ["web-13"]
        assert not app.only.query_one(Input).has_focus


async def test_what_is_chosen_right_after_a_filter_is_one_that_it_finds(tmp_path: Path) -> None:
    """A second Enter goes to the first that the whole filter lets through."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "NEEDS YOU 1")
        await pilot.press("slash")
        type_at_once(app, "web-29\r\r")
        await until(pilot, lambda: bool(app.said))
        assert app.said == ["web-29"]


async def test_sorting_grouping_and_folding(tmp_path: Path) -> None:
    """Each key says what it did; the column is marked; a fold says how to open it."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "STATE▾", "NEEDS YOU 1")
        await pilot.press("s")
        await until_shown(pilot, "SESSION▴", "sorted by name")
        await pilot.press("b")
        await until_shown(pilot, "grouped by directory", "no directory 6")
        await pilot.press("b", "b", "b", *"ssssss")
        await until_shown(pilot, "STATE▾", "sorted by urgency")
        await pilot.press("G", "z")
        await until_shown(pilot, "▸ ✓ DONE 3 · folded, z opens")
        assert selected(app) is None
        await pilot.press("enter")
        await until_shown(pilot, " DONE 3")
        assert selected(app) == "stopped"
        await pilot.press("space")
        await until_shown(pilot, "▸ ✓ DONE 3")


async def test_pins_mutes_and_names(tmp_path: Path) -> None:
    """Saved at once; muted ones don't count; a name of one's own comes first."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "‼ 1 needs you")
        await pilot.press("m")
        await until_shown(
            pilot, "☾web-13", "muted web-13: it neither counts nor rings", "✗ 3 failed"
        )
        assert "needs you" not in screen_text(app).splitlines()[0]
        await pilot.press("m", "p")
        await until_shown(pilot, "★web-13", "pinned web-13", "‼ 1 needs you")
        await pilot.press("R")
        await until_shown(pilot, "Your name for web-13")
        await pilot.press(*"deploy", "enter")
        await until_shown(pilot, "★deploy · web-13", "web-13 is now deploy")
        await pilot.press("R", "x", "escape")
        await until_shown(pilot, "★deploy · web-13")
        await pilot.press("p")
        await until_shown(pilot, "unpinned deploy")
        app.marks.set_name(SessionKey("", "build"), "mine")
        await pilot.press("j", "R", *["backspace"] * 4, "enter")
        await until_shown(pilot, "build has its own name again")
    saved = FleetMarks(tmp_path / "fleet.json")
    assert dict(saved.names) == {SessionKey("", "web-13"): "deploy"}
    assert saved.pinned == saved.muted == frozenset()


async def test_removing_asks(tmp_path: Path) -> None:
    """More than a yes for one that is published to; a refusal is shown."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(100, 36), notifications=True) as pilot:
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "NEEDS YOU 1")
        await pilot.press("D")
        await until_shown(pilot, "web-13 is still being published to")
        await pilot.press("y")
        assert app.said == []
        await pilot.press("F")
        await until_shown(pilot, "removed web-13")
        assert app.said == [("web-13", True)]
        await pilot.press("G", "D")
        await until_shown(pilot, "Remove lint?")
        await pilot.press("n", "D", "y")
        await until_shown(pilot, "removed lint")
        assert app.said[1:] == [("lint", False)]
        await pilot.press("slash", *"name:web-05", "enter", "D", "y")
        await until_shown(pilot, "web-05 was not removed", "not now")


async def test_a_daemon_that_is_not_there(tmp_path: Path) -> None:
    """Connecting, starting, why not, empty; later what was so as of when, and the key that
    tries at once."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "connecting")
        assert "Open" not in screen_text(app)
        app.feed.is_starting = True
        app.now += 1
        app.feed.tell()
        await until_shown(pilot, "starting the daemon")
        app.feed.is_starting = False
        app.feed.problem = "no daemon is running at /s"
        app.feed.connection.lost(app.feed.problem, 3.0)
        app.now += 1
        app.feed.tell()
        await until_shown(pilot, "no daemon is running at /s", "r retry now")
        await pilot.press("r")
        assert app.feed.retried == 1
        app.now += 1
        app.feed.problem = ""
        app.feed.snapshot()
        await until_shown(pilot, "No sessions yet.", "lashtui up", "lashtui run", "0 sessions")
        app.now += 1
        app.feed.put(ASKS)
        await until_shown(pilot, "NEEDS YOU 1", "Open")
        app.feed.connection.lost("connection lost", 3.0)
        app.now += 12
        app.feed.tell()
        screen = await until_shown(pilot, "1 session as of 12 s ago", "NEEDS YOU 1")
        assert screen.count("1 session") == 1, "nothing is said twice"
        app.feed.connection.synced()
        app.feed.connection.answered(app.now - 3)
        app.now += 5
        app.feed.tell()
        await until_shown(pilot, "daemon not responding for 8 s", "1 session as of")


async def test_a_lost_daemon_stops_the_clocks(tmp_path: Path) -> None:
    """What is shown is as of when it was heard of last, also where the list is opened later."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.feed.snapshot(ASKS)
        await until_shown(pilot, "‼ waiting 4m")
        app.feed.connection.lost("the daemon was stopped", 3.0)
        app.now += 600
        app.wall += 600_000
        app.feed.tell()
        screen = await until_shown(pilot, "as of 10 min ago", "r retry now")
        assert "‼ waiting 4m" in screen
        later = FleetScreen(app.feed, app.marks, app.view, remove=app._remove)
        await app.push_screen(later)
        await until_shown(pilot, "as of 10 min ago")


async def test_another_daemon_is_said_once(tmp_path: Path) -> None:
    """In the status line, with how many sessions it doesn't have."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(100, 24)) as pilot:
        app.feed.snapshot(ASKS, READS)
        await until_shown(pilot, "2 sessions")
        app.feed.news = "the daemon was restarted; 1 session has not come back"
        app.now += 5
        app.feed.snapshot(ASKS)
        await until_shown(pilot, "the daemon was restarted; 1 session has not come back")
        later = FleetScreen(app.feed, app.marks, app.view, remove=app._remove)
        await app.push_screen(later)
        await until_shown(pilot, "1 session")
        assert "restarted" not in screen_text(app)


async def test_dialogs_leave_the_fleet_live(tmp_path: Path) -> None:
    """It stays in view behind them: what changes there is shown."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        app.feed.snapshot(READS, WRITES)
        await until_shown(pilot, "● 2 working")
        await pilot.press("D")
        await until_shown(pilot, "esc keep")
        app.now += 10
        app.feed.put(ASKS)
        await until_shown(pilot, "‼ 1 needs you", "web-13", "esc keep")


async def test_a_key_shows_who_has_just_come(tmp_path: Path) -> None:
    """At once, though the fleet was shown a moment ago."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.feed.snapshot(READS)
        app.feed.put(WRITES)
        await pilot.press("s")
        await until_shown(pilot, "api-00", "api-01", "sorted by name")


async def test_keys_say_what_they_do_now(tmp_path: Path) -> None:
    """Esc clears a filter that is typed or set; a key without room for what it shows says so."""
    app = FleetApp(tmp_path, can_go_back=True)
    async with app.run_test(size=(80, 24)) as pilot:
        app.feed.snapshot(READS, WRITES)
        await until_shown(pilot, "esc Back")
        await pilot.press("slash")
        screen = await until_shown(pilot, "esc Clear", "⏎ Done")
        assert "Open" not in screen
        await pilot.press("a", "enter")
        screen = await until_shown(pilot, "esc Clear", "⏎ Open")
        await pilot.press("escape")
        await until_shown(pilot, "esc Back")


async def test_a_damaged_file_of_marks_is_said(tmp_path: Path) -> None:
    """And the fleet is shown all the same."""
    (tmp_path / "fleet.json").write_text("{")
    app = FleetApp(tmp_path)
    async with app.run_test(size=(120, 24), notifications=True) as pilot:
        app.feed.snapshot(ASKS)
        await until_shown(pilot, "NEEDS YOU 1", "is damaged")


async def test_what_another_app_mutes_is_muted_here(tmp_path: Path) -> None:
    """Within a second, without a key."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(120, 24)) as pilot:
        app.feed.snapshot(ASKS)
        await until_shown(pilot, "NEEDS YOU 1")
        FleetMarks(tmp_path / "fleet.json").set_muted(SessionKey("", ASKS.session_id), True)
        await until_shown(pilot, "NEEDS YOU 1 · 1 muted")


async def test_a_filter_that_finds_nothing_says_why(tmp_path: Path) -> None:
    """Under the heads of the columns."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(120, 24)) as pilot:
        app.feed.snapshot(ASKS)
        await until_shown(pilot, "NEEDS YOU 1")
        await pilot.press("/", *"state:stuk")
        await until_shown(
            pilot, "No session matches 'state:stuk'", "no state `stuk`; states: w", "SESSION"
        )


async def test_an_order_without_its_column_is_said(tmp_path: Path) -> None:
    """There is no room for the cost: why the sessions are in this order, the status says."""
    app = FleetApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.feed.snapshot(ASKS)
        await until_shown(pilot, "NEEDS YOU 1")
        await pilot.press(*"s" * SORTS.index("cost"))
        await until_shown(pilot, "sorted by cost, which isn't shown")


@pytest.mark.parametrize("size", [(40, 12), (60, 24), (80, 24), (120, 36), (200, 60)], ids=str)
async def test_looks(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every state, at every size."""
    monkeypatch.setenv("HOME", "/home/me")
    app = FleetApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        app.marks.set_pinned(SessionKey("", "api-01"), True)
        app.marks.set_name(SessionKey("", "ingest-07"), "nightly")
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "NEEDS YOU 1")
        shown = await settled(pilot)
        assert max(map(len, shown.splitlines())) <= size[0]
        check(f"fleet-all-{size[0]}x{size[1]}", shown)


@pytest.mark.parametrize("theme", ["lashtui-dark", "lashtui-light", "ansi-dark", "ansi-light"])
async def test_colours(tmp_path: Path, theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each standing has its own, and the cursor's is none of them."""
    monkeypatch.setenv("HOME", "/home/me")
    app = FleetApp(tmp_path, theme=theme)
    async with app.run_test(size=(120, 24)) as pilot:
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "NEEDS YOU 1")
        await settled(pilot)
        check_colours(f"fleet-{theme}", app)


def looks_of(pilot: Pilot[None], words: str) -> str:
    """How these words are drawn."""
    strips = pilot.app.screen._compositor.render_strips()
    return next(str(part.style) for strip in strips for part in strip if words in part.text)


async def test_without_colour_marks_and_words_say_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_COLOR is kept: shades of grey, the same text."""
    monkeypatch.setenv("NO_COLOR", "1")
    app = FleetApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.feed.snapshot(*ALL)
        await until_shown(pilot, "‼ waiting 4m", "✗ 529 9m", "⏱ Bash 45m", "▌")
        for words in ("✗ 529", "⏱ Bash", "● Read"):
            style = looks_of(pilot, words)
            colours = [part for part in style.split() if part.startswith("#")]
            assert all(part[1:3] == part[3:5] == part[5:7] for part in colours), style


async def test_a_mirror_whose_home_is_gone_counts_nowhere(tmp_path: Path) -> None:
    """Not at the top, not in a heading by another thing than its state; both say how many."""
    app = FleetApp(tmp_path)
    gone = Mirrored("home", last_seen_at=NOW - 180_000)
    async with app.run_test(size=(120, 24)) as pilot:
        app.feed.snapshot(msgspec.structs.replace(ASKS, mirror=gone))
        screen = await until_shown(pilot, "? 1 unseen", "NEEDS YOU 1 · 1 unseen", "? unseen 3m")
        assert "needs you" not in screen
        await pilot.press("b")
        screen = await until_shown(pilot, "1 · 1 unseen", "by ")
        assert "‼" not in screen
