"""The list of links: what it holds, and what its keys do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from lashd.daemon import EmbeddedDaemon
from lashd.events import AssistantProseDelta, Committed, ToolCallCompleted, ToolCallStarted
from lashtui.app.app import LashApp
from lashtui.screens.entry import EntryScreen
from lashtui.screens.links import LinksScreen
from lashtui.screens.reading import ReadingScreen
from tests.tui.daemons import PATIENCE, publisher
from tests.tui.screen_text import screen_text, until, until_shown

PROSE = "See [the guide](https://a.example/guide) and javascript:alert(1) and src/a.py:7."


@asynccontextmanager
async def session(
    directory: Path, size: tuple[int, int] = (100, 24)
) -> AsyncIterator[tuple[LashApp, Pilot[Any]]]:
    """The app on a session that names a few things."""
    with (
        EmbeddedDaemon() as daemon,
        publisher(daemon.socket_path, directory=str(directory)) as opened,
    ):
        done = {"outcome": {"status": "success", "stdout": "http://b.example/\x1b[31m1"}}
        opened.publish(ToolCallStarted("Bash", {"command": "ls"}), correlation_id="t")
        opened.publish(ToolCallCompleted("Bash", None, done), correlation_id="t")
        opened.publish(AssistantProseDelta(PROSE), correlation_id="p")
        opened.publish(Committed())
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=size, notifications=True) as pilot:
            await until_shown(pilot, "the guide", "● connected")
            yield app, pilot


def program(directory: Path, name: str, code: int = 0) -> Path:
    """A program on the PATH that writes its arguments down, one a line; returns where."""
    said = directory / f"{name}.said"
    script = directory / name
    script.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{said}'\nexit {code}\n")
    script.chmod(0o755)
    return said


@pytest.fixture(name="programs")
def _programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of its own, on a desktop that no one connects to."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    for name in ("SSH_CONNECTION", "SSH_TTY", "WSL_DISTRO_NAME", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("lashtui.screens.opening.sys.platform", "linux")
    return directory


async def listed(pilot: Pilot[Any], key: str = "u") -> list[str]:
    """What the list holds once it is opened."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, LinksScreen))
    options = pilot.app.screen.query_one(OptionList)
    return [str(options.get_option_at_index(n).prompt) for n in range(options.option_count)]


async def test_it_holds_what_is_in_view_or_what_the_current_entry_names(programs: Path) -> None:
    """No other scheme than those of links; nothing is opened by looking."""
    said = program(programs, "xdg-open")
    async with session(programs) as (app, pilot):
        everything = ["http://b.example/1", "https://a.example/guide", "src/a.py:7"]
        assert await listed(pilot) == everything
        await until_shown(pilot, "3 links", "⏎ open", "c copy")
        await pilot.press("escape", "k")
        assert await listed(pilot) == everything[1:]
        await pilot.press("u")
        await until(pilot, lambda: not isinstance(app.screen, LinksScreen))
        await pilot.press("k")
        assert await listed(pilot) == everything[:1]
        assert not said.exists()


async def test_enter_opens_an_address(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one argument of the desktop's program; it says so, or that it failed."""
    said = program(programs, "xdg-open")
    monkeypatch.setenv("DISPLAY", ":0")
    async with session(programs) as (_, pilot):
        await listed(pilot)
        await pilot.press("j", "enter")
        await until_shown(pilot, "opened https://a.example/guide")
        assert said.read_text() == "https://a.example/guide\n"
        program(programs, "xdg-open", 3)
        await listed(pilot)
        await pilot.press("enter")
        await until_shown(pilot, "xdg-open failed (exit 3)")


async def test_what_can_not_be_opened_is_copied(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over ssh, without a display, without the file: with the reason."""
    said = program(programs, "xdg-open")
    async with session(programs) as (app, pilot):
        await listed(pilot)
        await pilot.press("enter")
        await until_shown(pilot, "no display here; sent the link")
        assert app.clipboard == "http://b.example/1"
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
        await listed(pilot)
        await pilot.press("j", "enter")
        await until_shown(pilot, "no browser over ssh; sent the link")
        assert app.clipboard == "https://a.example/guide"
        await listed(pilot)
        await pilot.press("G", "enter")
        await until_shown(pilot, "no such file here; sent the link")
        assert app.clipboard == "src/a.py:7"
    assert not said.exists()


async def test_c_copies(programs: Path) -> None:
    """From the entry's own screen too."""
    async with session(programs) as (app, pilot):
        await pilot.press("k", "enter")
        await until(pilot, lambda: isinstance(app.screen, EntryScreen))
        await listed(pilot)
        await pilot.press("c")
        await until_shown(pilot, "sent the link (23 characters) to the terminal's clipboard")
        assert app.clipboard == "https://a.example/guide"
        assert isinstance(app.screen, EntryScreen)


async def test_a_line_of_a_file_asks_for_the_editor(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its whole path, and only if it is there."""
    program(programs, "ed it")
    monkeypatch.setenv("EDITOR", f"'{programs / 'ed it'}' -n")
    (programs / "src").mkdir()
    (programs / "src" / "a.py").write_text("x")
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        LashApp, "on_taking_screen_edit_wanted", lambda _, message: asked.append(message.argv)
    )
    async with session(programs) as (_, pilot):
        await listed(pilot)
        await pilot.press("G", "enter")
        await until(pilot, lambda: bool(asked))
        path = str((programs / "src" / "a.py").resolve())
        assert asked == [(str(programs / "ed it"), "-n", "+7", path)]


async def test_where_nothing_is_named_it_says_so(daemon: EmbeddedDaemon) -> None:
    """And opens no empty list."""
    with publisher(daemon.socket_path) as opened:
        opened.publish(AssistantProseDelta("plain words"), correlation_id="p")
        assert opened.flush(PATIENCE)
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(60, 12)) as pilot:
            await until_shown(pilot, "plain words")
            await pilot.press("u")
            await until_shown(pilot, "no links here")
            assert isinstance(app.screen, ReadingScreen)


async def test_it_fits_on_a_tiny_screen(programs: Path) -> None:
    """40x12."""
    async with session(programs, (40, 12)) as (app, pilot):
        await listed(pilot)
        await until_shown(pilot, "https://a.example/guide", "esc close")
        assert "1 of" not in screen_text(app)
