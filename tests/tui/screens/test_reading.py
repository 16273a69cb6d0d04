"""Reading a session by keys: search, filter, jumps, copies, export, one entry on its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from lashd.daemon import EmbeddedDaemon
from lashd.events import (
    AssistantProseDelta,
    Committed,
    ToolCallCompleted,
    ToolCallStarted,
    Waiting,
)
from lashd.publish.publisher import Publisher
from lashtui.app.app import LashApp
from lashtui.screens.entry import EntryScreen
from lashtui.screens.filter import FilterScreen
from lashtui.screens.reading import COLUMNS
from lashtui.settings import AppSettings
from lashtui.widgets.search_bar import FilterLine, SearchBar
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.daemons import PATIENCE, publisher
from tests.tui.screen_text import screen_text, top_line, until, until_shown


def publish_turn(opened: Publisher) -> None:
    """Thirty rows of prose, a call that failed, and the last words."""
    for n in range(30):
        opened.publish(AssistantProseDelta(f"row {n} of many"), correlation_id=f"r{n}")
    args = {"command": "make test"}
    output = {"outcome": {"status": "failure", "stdout": "hidden needle\nE: broken"}}
    opened.publish(ToolCallStarted("Bash", args), correlation_id="t")
    opened.publish(ToolCallCompleted("Bash", args, output), correlation_id="t")
    opened.publish(AssistantProseDelta("Use\n\n```sh\nmake all\n```\n"), correlation_id="last")
    opened.publish(Committed())
    assert opened.flush(PATIENCE)


@asynccontextmanager
async def session(size: tuple[int, int] = (90, 20)) -> AsyncIterator[tuple[LashApp, Pilot[None]]]:
    """The app on that session."""
    with EmbeddedDaemon() as daemon, publisher(daemon.socket_path) as opened:
        publish_turn(opened)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until_shown(pilot, "make all", "● connected")
            yield app, pilot  # type: ignore[misc]


async def test_search_as_one_types() -> None:
    """Count, next, previous, over the end, and the end of it."""
    async with session() as (app, pilot):
        await pilot.press("slash")
        await pilot.press(*"of many")
        await until_shown(pilot, " 30 of 30", "row 29 of many")
        await pilot.press("enter", "N")
        await until_shown(pilot, "29 of 30")
        await pilot.press("n", "n")
        await until_shown(pilot, "wrapped · 1 of 30", "row 0 of many")
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query_one(SearchBar).is_open)
        assert app.focused is app.screen.query_one(Transcript)
        await pilot.press("slash")
        await pilot.press(*"zebra")
        await until_shown(pilot, "no match")


async def test_a_cancelled_search_leaves_nothing_open() -> None:
    """What it has unfolded is folded again, and the view where it was."""
    async with session() as (app, pilot):
        top = top_line(app)
        await pilot.press("slash")
        await pilot.press(*"command: make")
        await until_shown(pilot, "1 of 1", "arguments")
        await pilot.press("escape")
        await until(pilot, lambda: "arguments" not in screen_text(app))
        assert top_line(app) == top


async def test_a_failed_call_is_found_and_its_output_copied() -> None:
    """E, c: what the demo's visitor does."""
    async with session() as (app, pilot):
        await pilot.press("E")
        await until_shown(pilot, "✗ Bash  make test", "E: broken")
        await pilot.press("c")
        await until_shown(pilot, "sent the output (2 lines) to the terminal's clipboard; c again")
        assert app.clipboard == "hidden needle\nE: broken"
        await pilot.press("c")
        await until_shown(pilot, "sent the call (4 lines) to the terminal's")
        assert app.clipboard == "Bash\ncommand: make test\nhidden needle\nE: broken"
        await pilot.press("c")
        await until(pilot, lambda: app.clipboard == "hidden needle\nE: broken")
        await pilot.press("j", "C")
        await until(pilot, lambda: app.clipboard == "make all")
        await pilot.press("Y")
        await until(pilot, lambda: app.clipboard.startswith("lashtui attach build --format json"))
        assert "--cursor lashsc" in app.clipboard
        await pilot.press("E", "E")
        await until_shown(pilot, "no more errors above")
        await pilot.press("home", "E")
        await until_shown(pilot, "no more errors above; e: the one below")
        await pilot.press("b")
        await until(pilot, lambda: "no more errors above" not in screen_text(app))


async def test_the_entry_on_a_screen_of_its_own() -> None:
    """Whole, with its own search and copy; Esc ends the search, then leads back."""
    async with session() as (app, pilot):
        await pilot.press("E")
        top = top_line(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EntryScreen))
        await until_shown(pilot, "arguments", "command: make test", "hidden needle")
        await pilot.press("slash")
        await pilot.press(*"needle", "enter")
        await until_shown(pilot, "1 of 1")
        await pilot.press("c")
        await until(pilot, lambda: "hidden needle" in app.clipboard)
        await pilot.press("escape")
        assert isinstance(app.screen, EntryScreen)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, EntryScreen))
        assert top_line(app) == top


async def test_filter_says_so_and_goes_again() -> None:
    """At the top, and not in the status line too; everything comes back."""
    async with session() as (app, pilot):
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FilterScreen))
        await pilot.press("down", "down", "down", "o", "escape")
        await until_shown(pilot, "1 of 33 entries · only tool calls", "✗ Bash")
        assert "tool calls" not in screen_text(app).splitlines()[-2]
        assert "of many" not in screen_text(app)
        await pilot.press("f", "a", "escape")
        await until_shown(pilot, "row 29 of many")
        assert app.screen.query_one(FilterLine).text == ""


async def test_folds_and_jumps() -> None:
    """Space, z, t, [: none fights with scrolling."""
    async with session() as (app, pilot):
        await pilot.press("T", "space")
        await until_shown(pilot, "command: make test")
        await pilot.press("space")
        await until(pilot, lambda: "command: make test" not in screen_text(app))
        await pilot.press("z")
        await until_shown(pilot, "command: make test", "everything unfolded")
        await pilot.press("left_square_bracket")
        await until_shown(pilot, "row 0 of many")
        await pilot.press("t")
        await until_shown(pilot, "✗ Bash")


async def test_export_writes_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where; an error is shown, not raised."""
    monkeypatch.chdir(tmp_path)
    async with session() as (app, pilot):
        await pilot.press("w")
        await until_shown(pilot, "exported to")
        (path,) = tmp_path.glob("build-*.md")  # noqa: ASYNC240
        assert "### Bash `make test` (failure" in path.read_text()

        def refuse(*_: object) -> Path:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("lashtui.screens.taking.write_new_file", refuse)
        await pilot.press("w")
        await until_shown(pilot, "not exported: No space left on device")
        assert app.is_running


async def test_code_blocks_are_copied_from_the_last_one_on(daemon: EmbeddedDaemon) -> None:
    """Each further press takes the one before; after the first the last again."""
    with publisher(daemon.socket_path) as opened:
        text = "First\n\n```\none\n```\n\nthen\n\n```\ntwo\n```\n"
        opened.publish(AssistantProseDelta(text), correlation_id="p")
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(110, 20)) as pilot:
            await until_shown(pilot, "then", "● connected")
            await pilot.press("C")
            await until_shown(pilot, "sent code block 2 of 2 (3 characters) to")
            assert app.clipboard == "two"
            await pilot.press("C")
            await until_shown(pilot, "sent code block 1 of 2 (3 characters) to")
            assert app.clipboard == "one"
            await pilot.press("C")
            await until(pilot, lambda: app.clipboard == "two")


async def test_copying_without_a_selection_says_what_to_do() -> None:
    """Ctrl+C by habit."""
    async with session() as (_, pilot):
        await pilot.press("ctrl+c")
        await until_shown(pilot, "nothing is selected")


async def test_works_on_a_tiny_screen() -> None:
    """40x12: search, filter, the entry."""
    async with session((40, 12)) as (app, pilot):
        await pilot.press("slash")
        await pilot.press(*"needle", "enter")
        await until_shown(pilot, "1 of 1", "hidden needle")
        await pilot.press("escape", "f", "escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, EntryScreen))
        await pilot.press("escape")


async def test_keys_act_on_what_is_in_view() -> None:
    """A failure that was marked above is neither copied nor opened at the live end."""
    async with session() as (app, pilot):
        await pilot.press("home", "e")
        await until_shown(pilot, "E: broken")
        await pilot.press("home", "c")
        await until(pilot, lambda: app.clipboard == "row 0 of many")
        await pilot.press("e", "end", "c")
        await until(pilot, lambda: "make all" in app.clipboard)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, EntryScreen))
        await until_shown(pilot, "prose", "make all")


async def test_the_keys_of_the_footer_find_a_failed_call_from_the_live_end() -> None:
    """Whoever reads nothing else presses e, then c; and from there on e looks further down."""
    async with session((120, 20)) as (app, pilot):
        assert "e Next error" in screen_text(app)
        await pilot.press("e")
        await until_shown(pilot, "✗ Bash  make test", "paused")
        await pilot.press("c")
        await until_shown(pilot, "sent the output (2 lines)")
        await pilot.press("e")
        await until_shown(pilot, "no more errors below")


async def test_a_search_that_is_left_leaves_no_trace() -> None:
    """The live end is live again, and the old query moves nothing before there is a key."""
    async with session() as (app, pilot):
        await pilot.press("slash", *"row 3", "enter")
        await until_shown(pilot, "row 3 of many", "paused")
        await pilot.press("escape", "end")
        before = await until_shown(pilot, "make all", "● connected")
        await pilot.press("slash")
        await until(pilot, lambda: app.screen.query_one(SearchBar).is_open)
        assert app.screen.query_one(Transcript).following
        await pilot.press("enter")
        await until_shown(pilot, "row 3 of many", "paused")
        await pilot.press("escape", "end", "slash", *"row 5")
        await until_shown(pilot, "row 5 of many", "paused")
        await pilot.press("escape")
        after = await until_shown(pilot, "make all", "● connected")
        assert app.screen.query_one(Transcript).following
        assert after.splitlines()[:-2] == before.splitlines()[:-2]


async def test_the_footer_tells_the_keys_of_a_search() -> None:
    """While one types no letter is a key; afterwards the next match and the way out are there."""
    async with session((120, 20)) as (app, pilot):
        await pilot.press("slash")
        footer = (await until_shown(pilot, "esc Cancel", "Next", "Previous")).splitlines()[-1]
        assert "Copy" not in footer
        assert "Search" not in footer
        await pilot.press(*"many", "enter")
        await until_shown(pilot, "n Next", "esc End search", "c Copy")
        await pilot.press("escape")
        await until(pilot, lambda: "End search" not in screen_text(app))
        assert "n Next" not in screen_text(app)


async def test_an_entry_is_opened_at_the_match(daemon: EmbeddedDaemon) -> None:
    """A match that the fold hides opens in its place, and the search continues there."""
    with publisher(daemon.socket_path) as opened:
        output = "\n".join(f"line {n:05}" for n in range(3000))
        opened.publish(ToolCallStarted("Bash", {"command": "seq"}), correlation_id="t")
        done = {"outcome": {"status": "success", "payload": output}}
        opened.publish(ToolCallCompleted("Bash", {"command": "seq"}, done), correlation_id="t")
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(90, 20)) as pilot:
            await until_shown(pilot, "seq", "● connected")
            await pilot.press("slash", *"line 0250", "enter")
            await until_shown(pilot, "Enter opens", "10 of 10")
            await pilot.press("N", "enter")
            await until(pilot, lambda: isinstance(app.screen, EntryScreen))
            await until_shown(pilot, "line 02508", "9 of 10", "build")
            await pilot.press("N")
            await until_shown(pilot, "8 of 10")
            await pilot.press("escape")
            await until(pilot, lambda: "of 10" not in screen_text(app))
            await pilot.press("n")
            assert isinstance(app.screen, EntryScreen), "without a search it is no key there"


async def test_the_screen_of_an_entry_tells_of_the_session(daemon: EmbeddedDaemon) -> None:
    """Name, state and connection stay in sight; an agent that waits stands out; help is there."""
    with publisher(daemon.socket_path) as opened:
        publish_turn(opened)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(90, 24)) as pilot:
            await until_shown(pilot, "make all", "● connected")
            await pilot.press("E", "enter")
            await until_shown(
                pilot, "build", "○ idle", "● connected", "? Help", "command: make test"
            )
            opened.publish(Waiting("may I push?"))
            assert opened.flush(PATIENCE)
            await until_shown(pilot, "‼ waiting for you 0:")
            await pilot.press("question_mark")
            await until_shown(pilot, "Keys")


async def test_a_copied_question_is_called_one(daemon: EmbeddedDaemon) -> None:
    """It is no output, though its text isn't Markdown either."""
    with publisher(daemon.socket_path) as opened:
        publish_turn(opened)
        opened.publish(Waiting("may I push?"))
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(90, 24)) as pilot:
            await until_shown(pilot, "‼ waiting for you 0:", "● connected")
            await pilot.press("G", "c")
            await until_shown(pilot, "sent the question (11 characters) to the terminal's")
            assert app.clipboard == "may I push?"


async def test_what_is_said_of_keys_is_true_for_other_keys(daemon: EmbeddedDaemon) -> None:
    """Whoever gave an action another key reads that one."""
    with publisher(daemon.socket_path) as opened:
        publish_turn(opened)
        keys = {"session.follow": "L", "session.copy": "V", "app.detach": "Q"}
        settings = AppSettings(keys=keys)
        app = LashApp(daemon.socket_path, "build", start_daemon=False, settings=settings)
        async with app.run_test(size=(90, 24)) as pilot:
            await until_shown(pilot, "make all", "● connected")
            await pilot.press("E", "V")
            await until_shown(pilot, "V again: the call")
            await pilot.press("y")
            await until_shown(pilot, "nothing is selected: V copies the entry, Q detaches")
            await until_shown(pilot, "paused · L to follow")


async def test_changes_side_by_side() -> None:
    """Where there is room; a key switches it, on every screen of the app."""
    args = {"file_path": "x.py", "old_string": "a = 1\nb = 2", "new_string": "a = 1\nb = 3"}
    output = {"outcome": {"status": "success"}}
    with EmbeddedDaemon() as daemon, publisher(daemon.socket_path) as opened:
        opened.publish(ToolCallStarted("Edit", args), correlation_id="t")
        opened.publish(ToolCallCompleted("Edit", args, output), correlation_id="t")
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(COLUMNS, 20)) as pilot:
            await until_shown(pilot, "Edit", "● connected")
            await pilot.press("space")
            await until_shown(pilot, "│  a = 1")
            await pilot.press("v")
            assert "│" not in await until_shown(pilot, "changes in one column")
            await pilot.press("enter")
            await until_shown(pilot, "call ·")
            assert isinstance(app.screen, EntryScreen)
            await pilot.press("v")
            await until_shown(pilot, "│  a = 1", "changes side by side")
            await pilot.press("escape")
            await until_shown(pilot, "│  a = 1", "● connected")
            await pilot.resize_terminal(COLUMNS - 1, 20)
            await until(pilot, lambda: "│" not in screen_text(app))
            await pilot.press("v")
            await until_shown(pilot, "changes stand side by side in a transcript of 130 columns")
        app = LashApp(
            daemon.socket_path,
            "build",
            start_daemon=False,
            settings=AppSettings(side_by_side=False),
        )
        async with app.run_test(size=(COLUMNS, 20)) as pilot:
            await until_shown(pilot, "Edit", "● connected")
            await pilot.press("space")
            assert "│" not in await until_shown(pilot, "-b = 2")
