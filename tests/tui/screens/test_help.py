"""The help screen: every key that it was given, closed by the keys a person would try."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App

from lashd.daemon import EmbeddedDaemon
from lashtui.app.app import LashApp
from lashtui.screens import help as help_screen
from lashtui.screens.help import Group, HelpScreen, groups_of
from tests.tui.daemons import publisher, say
from tests.tui.screen_text import screen_text, until_shown

GROUPS = [
    Group("App", [("q", "Detach")]),
    Group("Moving", [("End", "Back to [live]"), ("Home", "To the top")]),
]


class HelpApp(App[None]):
    """Nothing but the help."""

    CSS_PATH = Path(help_screen.__file__).with_suffix(".tcss")

    def on_mount(self) -> None:
        """Show it."""
        self.push_screen(HelpScreen(GROUPS))


@pytest.mark.parametrize("key", ["escape", "q", "question_mark", "f1"])
async def test_it_lists_the_keys_and_closes(key: str) -> None:
    """Keys and their text stand there, brackets and all; escape, q, ? and F1 close it."""
    app = HelpApp()
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        shown = screen_text(app)
        assert "Detach" in shown
        assert "Back to [live]" in shown

        await pilot.press(key)
        assert not isinstance(app.screen, HelpScreen)


async def test_groups_stand_beside_each_other_where_there_is_room() -> None:
    """Two columns on a wide terminal, one below the other on a narrow one."""
    for width, beside in ((120, True), (60, False)):
        app = HelpApp()
        async with app.run_test(size=(width, 20)) as pilot:
            await pilot.pause()
            lines = screen_text(app).splitlines()
        assert any("App" in line and "Moving" in line for line in lines) is beside


async def test_a_screen_of_120_columns_cuts_no_line_and_says_each_action_once(
    daemon: EmbeddedDaemon,
) -> None:
    """Both keys of the palette stand on one line; folding stands after what is used most."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "here", "a")
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(120, 60)) as pilot:
            await until_shown(pilot, "here", "● connected")
            groups = groups_of(app, app.screen)
            await pilot.press("question_mark")
            shown = await until_shown(pilot, "Esc to close")
    told = [what for group in groups for _, what in group.keys]
    assert len(told) == len(set(told))
    assert not [what for what in told if what not in shown]
    keys = {group.title: [key for key, _ in group.keys] for group in groups}
    assert ": ^p" in keys["App"]
    assert keys["Reading"][0] == "/"
