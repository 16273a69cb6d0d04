"""The command palette."""

from __future__ import annotations

from lashd.daemon import EmbeddedDaemon
from lashtui.app.app import LashApp
from lashtui.app.palette import LashCommands, SessionApp
from lashtui.reading.actions import READING_ACTIONS
from lashtui.screens.help import groups_of
from tests.tui.daemons import publisher, say
from tests.tui.screen_text import until_shown


def app_on(daemon: EmbeddedDaemon, session: str | None) -> LashApp:
    """The app, starting no daemon."""
    return LashApp(daemon.socket_path, session, start_daemon=False)


async def test_every_action_is_there_once(daemon: EmbeddedDaemon) -> None:
    """The reader's, the screen's and the app's; other sessions; each theme; no mere motions.

    What can do nothing now is not there: no search, no lost connection, no banner, no selection,
    no panels.
    """
    with publisher(daemon.socket_path) as opened, publisher(daemon.socket_path, "two") as other:
        say(opened, "here", "a")
        say(other, "there", "a")
        app = app_on(daemon, "build")
        async with app.run_test(size=(100, 30)) as pilot:
            await until_shown(pilot, "here", "● connected")
            provider = LashCommands(app.screen)
            await provider.startup()
            names = [command.name for command in provider.commands()]
    assert len(names) == len(set(names))
    idle = {"Next match", "Previous match", "Toggle changes side by side"}
    assert {each.name for each in READING_ACTIONS} - idle <= set(names)
    idle |= {"End search", "Reconnect now", "Hide the banner", "Clear the selection"}
    idle |= {f"Fold or unfold the {panel}" for panel in ("plan", "queue", "processes")}
    idle |= {"Toggle side panel"}
    assert not idle & set(names)
    assert names[:2] == ["Bottom, follow", "Search the transcript"]
    for name in (
        "Detach; the agent keeps running",
        "Close this session's tab",
        "Go to tab 1: build",
        "Open session two",
        "Theme: lashtui-light",
        "Theme: ansi-dark",
    ):
        assert name in names
    assert not [name for name in names if "croll" in name]


def test_the_app_has_what_the_palette_asks_of_it() -> None:
    """The palette knows a protocol, not the app's class: type checkers hold them together."""
    app: SessionApp = LashApp("/no.sock", start_daemon=False)
    assert app.open_sessions == []


async def test_in_the_fleet_come_its_own_actions_and_the_sessions(daemon: EmbeddedDaemon) -> None:
    """What any line of input can do is left out; keys are written as in the help."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "here", "a")
        app = app_on(daemon, None)
        async with app.run_test(size=(100, 30)) as pilot:
            await until_shown(pilot, "here", "● connected")
            provider = LashCommands(app.screen)
            await provider.startup()
            commands = [command for command in provider.commands() if not command.rare]
            helped = [line for group in groups_of(app, app.screen) for line in group.keys]
    assert [command.name for command in commands] == [
        "Watch this session",
        "Filter by words",
        "Sort by the next column",
        "Group by state, directory, agent or host",
        "Fold or open the group",
        "Pin or unpin this session",
        "Mute or unmute this session",
        "Give this session a name of your own",
        "Remove this session from the daemon",
        "Quit; the agents keep running",
        "Open session build",
        "Next session that needs you",
        "Help",
        "Suspend (fg to resume)",
        "Choose a theme",
    ]
    assert "?" in [command.help for command in commands]
    assert ("?", "Help") in helped
    assert ("↑ k", "Up") in helped
    assert not [what for _, what in helped if "text" in what or "line" in what]


async def test_without_a_daemon_there_are_only_no_sessions(daemon: EmbeddedDaemon) -> None:
    """The actions work all the same."""
    app = LashApp("/tmp/lashtui-no-such.sock", None, start_daemon=False)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "no daemon")
        provider = LashCommands(app.screen)
        await provider.startup()
        names = [command.name for command in provider.commands()]
    assert "Choose a theme" in names
    assert not [name for name in names if name.startswith("Open session")]


async def test_names_in_the_palette_are_data(daemon: EmbeddedDaemon) -> None:
    """A session's name that looks like markup is shown, found and opened unchanged."""
    name = "[/red] x [bold"
    with publisher(daemon.socket_path) as opened, publisher(daemon.socket_path, name) as other:
        say(opened, "here", "a")
        say(other, "there", "a")
        app = app_on(daemon, "build")
        async with app.run_test(size=(100, 40)) as pilot:
            await until_shown(pilot, "here", "● connected")
            await pilot.press("ctrl+p")
            await until_shown(pilot, "Bottom, follow")
            await pilot.press(*"open session [/red]")
            await until_shown(pilot, f"Open session {name}")
            await pilot.press("enter")
            await until_shown(pilot, "there", "● connected")
