"""Several sessions open at once, the fleet that opens them, notices and the title."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import AssistantProseDelta, Committed, Waiting
from lashd.publish.publisher import Publisher
from lashtui.app.app import LashApp
from lashtui.app.open_tabs import MAX_TABS
from lashtui.saved.cursors import SavedCursors
from lashtui.saved.last_session import LastSession
from lashtui.saved.session_key import SessionKey
from lashtui.screens.fleet.screen import FleetScreen
from lashtui.settings import AppSettings, NotifySettings
from lashtui.widgets.fleet.table import FleetTable
from lashtui.widgets.tabs import TabStrip
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.daemons import PATIENCE, publisher, say
from tests.tui.screen_text import is_ticking, screen_text, top_line, until, until_shown


@pytest.fixture
def agents(daemon: EmbeddedDaemon) -> Iterator[dict[str, Publisher]]:
    """Three sessions, each with a screenful."""
    with ExitStack() as stack:
        opened = {
            name: stack.enter_context(publisher(daemon.socket_path, name))
            for name in ("one", "two", "three")
        }
        for name, agent in opened.items():
            for n in range(40):
                agent.publish(AssistantProseDelta(f"{name} row {n}"), correlation_id=f"r{n}")
            assert agent.flush(PATIENCE)
        yield opened


def app_on(daemon: EmbeddedDaemon, session: str | None = "one", **options: object) -> LashApp:
    """The app, starting no daemon."""
    return LashApp(daemon.socket_path, session, start_daemon=False, **options)  # type: ignore[arg-type]


def strip(app: LashApp) -> str:
    """What the strip in front says."""
    return app.screen.query_one(TabStrip).text


async def test_sessions_are_opened_beside_each_other_and_keep_their_places(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """Each in its own tab; a reader who was held there is still held there."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        assert strip(app) == ""
        await pilot.press("pageup")
        await until_shown(pilot, "End to follow")
        place = top_line(app)
        await app.open_session("two")
        await until_shown(pilot, "two row 39", "1 ● one", "2 ● two", "● connected")
        say(agents["one"], "more", "late")
        await pilot.press("1")
        await until_shown(pilot, "1 new")
        assert top_line(app) == place
        await pilot.press("greater_than_sign")
        await until_shown(pilot, "two row 39")
        await pilot.press("less_than_sign", "less_than_sign")
        await until_shown(pilot, "two row 39")
        await app.open_session("one")
        assert app.open_sessions == ["one", "two"]


async def test_a_hidden_tab_paints_nothing_and_catches_up(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """What came meanwhile is there when it is in front again; until then no widget was touched."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        hidden = app.session_screen
        assert hidden is not None
        await app.open_session("two")
        await until_shown(pilot, "two row 39", "● connected")
        touched: list[object] = []
        transcript = hidden.query_one(Transcript)
        apply, transcript.apply = transcript.apply, touched.append  # type: ignore[method-assign,assignment]
        say(agents["one"], "said meanwhile", "late")
        view = hidden.feed.state.view
        assert view is not None
        await until(pilot, lambda: view.entries[-1].text == "said meanwhile")
        assert not touched
        transcript.apply = apply  # type: ignore[method-assign]
        assert not is_ticking(hidden)
        await pilot.press("1")
        await until_shown(pilot, "said meanwhile")


async def test_a_hidden_session_that_waits_or_ends_shows_in_the_strip(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """By mark and word."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        await app.open_session("two")
        await app.open_session("three")
        await until_shown(pilot, "three row 39", "3 ● three")
        agents["one"].publish(Waiting(what="ok?"))
        await until_shown(pilot, "1 ‼ one waiting")
        agents["two"].end("failure", 1)
        await until_shown(pilot, "2 ✗ two failed")


async def test_closing_tabs_leads_back_to_the_fleet(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher], tmp_path: Path
) -> None:
    """The neighbour comes to the front; the last one leaves the list; places are kept."""
    saved = SavedCursors(tmp_path)
    app = app_on(daemon, saved=saved)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        await app.open_session("two")
        await until_shown(pilot, "two row 39", "● connected")
        await pilot.press("ctrl+w")
        await until_shown(pilot, "one row 39")
        assert strip(app) == ""
        assert saved.get("two") is not None
        await pilot.press("ctrl+w")
        await until_shown(pilot, "STATE▾", "three")
        assert app.session_screen is None
        await pilot.press("ctrl+q")
    assert app.ended.code == 0
    assert app.ended.message == ""


async def test_a_session_opens_with_what_is_there(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """What was in front stays until the first picture has the transcript."""
    app = LashApp(daemon.socket_path, "one", start_daemon=False)
    async with app.run_test(size=(100, 20)) as pilot:
        await until_shown(pilot, "● connected")
        await app.open_session("two")
        screen = app.session_screen
        assert screen is not None
        assert screen.session_id == "two"
        assert screen.feed.state.view is not None


async def test_there_is_a_most_of_tabs(daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """For one more the one makes room that was in front longest ago and needs nothing."""
    with ExitStack() as stack:
        for n in range(MAX_TABS + 1):
            say(stack.enter_context(publisher(daemon.socket_path, f"s{n}")), "x", "a")
        asks = stack.enter_context(publisher(daemon.socket_path, "asks"))
        asks.publish(Waiting("may I?"))
        assert asks.flush(PATIENCE)
        saved = SavedCursors(tmp_path)
        app = app_on(daemon, "asks", saved=saved)
        async with app.run_test(size=(100, 24)) as pilot:
            await until_shown(pilot, "● connected")
            for n in range(MAX_TABS - 1):
                await app.open_session(f"s{n}")
                await until_shown(pilot, "● connected")
            await app.open_session("s0")
            await until_shown(pilot, "● connected")
            await app.open_session(f"s{MAX_TABS}")
            await until_shown(pilot, "● connected")
            assert len(app.open_sessions) == MAX_TABS
            assert {"asks", "s0", f"s{MAX_TABS}"} < set(app.open_sessions)
            assert "s1" not in app.open_sessions


async def test_typing_filters_the_fleet(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """After `/` letters narrow the list, also q and s; escape clears; what is left is opened."""
    app = app_on(daemon, None)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "one", "two", "three", "/ Filter")
        await pilot.press("slash", *"name:thr")
        await until(
            pilot,
            lambda: (
                [each.keys for each in app.screen.query_one(FleetTable).groups]
                == [(SessionKey("", "three"),)]
            ),
        )
        await pilot.press(*"sq?")
        await until_shown(pilot, "No session matches 'name:thrsq?'")
        await pilot.press("escape")
        await until_shown(pilot, "one", "two", "three", "/ Filter")
        await pilot.press("slash", *"name:two", "enter", "enter")
        await until_shown(pilot, "two row 39", "● connected")


async def test_the_last_session_is_highlighted(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher], tmp_path: Path
) -> None:
    """A reader who comes back finds the highlight where they were."""
    recent = LastSession(tmp_path / "last")
    app = app_on(daemon, "two", last_session=recent)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "two row 39")
    assert recent.get() == "two"
    app = app_on(daemon, None, last_session=recent)
    async with app.run_test(size=(100, 24)) as pilot:
        shown = await until_shown(pilot, "one", "two", "three")
        assert isinstance(app.screen, FleetScreen)
        assert app.screen.selected == SessionKey("", "two")
        assert "▌○ idle" in shown or "▌● writing" in shown


async def test_bells_ring_for_what_happens_now(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for the snapshot; for a question and a turn's end; the title says the state."""
    agents["one"].publish(Waiting(what="before"))
    assert agents["one"].flush(PATIENCE)
    settings = AppSettings(notify=NotifySettings("always", ("bell", "osc777")))
    app = app_on(daemon, settings=settings)
    written: list[str] = []
    monkeypatch.setattr(app, "write_control", lambda text: written.append(text) if text else None)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "‼ waiting for you 0:", "before", "● connected")
        await until(pilot, lambda: "‼ one · waiting" in "".join(written))
        assert "\a" not in "".join(written)
        agents["one"].publish(Committed())
        await until(pilot, lambda: "turn 1 is done" in "".join(written))
        agents["one"].publish(Waiting(what="a;b\x1b]0;evil\x07"))
        await until(pilot, lambda: "one: waiting for you: a,b" in "".join(written))
        assert "evil" not in "".join(written)
        await pilot.press("q")
    assert written[-1] == "\x1b[23;2t"


async def test_detach_says_how_long_there_is_to_come_back(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """While events come, what they leave of the room; an agent that is silent trims nothing."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        say(agents["one"], "lately", "late")
        await until_shown(pilot, "lately")
        await pilot.press("q")
    assert app.ended.message == (
        "detached from one (resumable for about 2 min at the present rate)"
        " - come back: lashtui attach one"
    )


async def test_settings_are_used(daemon: EmbeddedDaemon, agents: dict[str, Publisher]) -> None:
    """Theme, a moved key, no side panel, no motion."""
    settings = AppSettings(
        theme="nord", keys={"app.detach": "ctrl+x"}, side_panel=False, reduced_motion=True
    )
    app = app_on(daemon, settings=settings)
    async with app.run_test(size=(120, 24)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        assert app.theme == "nord"
        assert app.animation_level == "none"
        assert app.screen.has_class("-side-hidden")
        await pilot.press("q")
        assert app.return_value is None
        await pilot.press("ctrl+x")
    assert "detached from one" in app.ended.message


async def test_palette_has_actions_sessions_and_themes(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher]
) -> None:
    """Each action with its key; another session is opened by its name."""
    app = app_on(daemon)
    async with app.run_test(size=(100, 40)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        await pilot.press("ctrl+p")
        await until_shown(pilot, "Bottom, follow", "f   Choose", "Search the transcript")
        await pilot.press(*"detach")
        await until_shown(pilot, "Detach; the agent keeps running")
        await pilot.press(*["backspace"] * 6, *"open session two")
        await until_shown(pilot, "Open session two")
        await pilot.press("enter")
        await until_shown(pilot, "two row 39", "● connected")
        assert app.open_sessions == ["one", "two"]


async def test_help_is_grouped(daemon: EmbeddedDaemon, agents: dict[str, Publisher]) -> None:
    """Reading, session, tabs, app; tabs by number are one line."""
    app = app_on(daemon)
    async with app.run_test(size=(160, 60)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        await pilot.press("question_mark")
        shown = await until_shown(pilot, "Keys", "Session", "Tabs", "App", "Moving")
        assert shown.count("Go to tab 1–8") == 1
        await pilot.press("escape", "s", "f1")
        await until_shown(pilot, "Fleet", "Watch this session")
        assert "one" in screen_text(app)


async def test_a_session_behind_another_is_not_read(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher], tmp_path: Path
) -> None:
    """What comes to a tab that nobody looks at is new when the session is attached again."""
    saved = SavedCursors(tmp_path)
    app = app_on(daemon, "one", saved=saved)
    async with app.run_test(size=(100, 24)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        await app.open_session("two")
        await until_shown(pilot, "two row 39", "● connected")
        await app.open_session("one")
        await until_shown(pilot, "one row 39", "● connected")
        say(agents["two"], "unseen words", "u")
        behind = app._tabs.screens[1].feed.state
        await until(pilot, lambda: behind.cursor != behind.read_to)
        await pilot.press("q")
    app = app_on(daemon, "two", saved=saved)
    async with app.run_test(size=(100, 24)) as pilot:
        shown = await until_shown(pilot, "new since you left · 1", "unseen words")
        assert shown.index("two row 39") < shown.index("new since") < shown.index("unseen words")


@pytest.mark.parametrize("away", ["tab", "fleet", "entry", "help"])
async def test_what_came_while_one_looked_elsewhere_is_not_read(
    daemon: EmbeddedDaemon, agents: dict[str, Publisher], tmp_path: Path, away: str
) -> None:
    """Back again, more than a screen of it is held at its beginning, and the place kept there."""
    app = app_on(daemon, "one", saved=SavedCursors(tmp_path))
    async with app.run_test(size=(100, 20)) as pilot:
        await until_shown(pilot, "one row 39", "● connected")
        screen = app.session_screen
        assert screen is not None
        state = screen.feed.state
        await until(pilot, lambda: state.read_to == state.cursor)
        read = state.read_to
        if away == "tab":
            await app.open_session("two")
            await until_shown(pilot, "two row 39", "● connected")
        else:
            await pilot.press({"fleet": "s", "entry": "enter", "help": "question_mark"}[away])
            await until(pilot, lambda: app.screen is not screen)
        for n in range(60):
            say(agents["one"], f"meanwhile {n}", f"m{n}")
        await until(pilot, lambda: state.view is not None and len(state.view.entries) == 100)
        assert state.read_to == read
        await pilot.press("1" if away == "tab" else "escape")
        shown = await until_shown(pilot, "new since you left · 60", "meanwhile 0", "60 new")
        assert "one row 39" in shown
        assert state.read_to == read
        await pilot.press("end")
        await until(pilot, lambda: state.read_to == state.cursor)
