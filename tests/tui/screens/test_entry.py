"""One entry on its own screen."""

from __future__ import annotations

from textual.app import App

from lashd.view import Entry, ReadView, ViewChanges
from lashtui.saved.session_key import SessionKey
from lashtui.screens.entry import EntryScreen
from tests.tui.screen_text import screen_text, until_shown


async def test_goes_on_with_its_entry_and_outlives_it() -> None:
    """What streams is added; a withdrawn entry stays as it was; nothing drives the terminal."""
    text = "begin \x1b]0;title\x07here"
    entry = Entry("prose", "p", 1, text=text, cut_chars=12)
    view = ReadView("s", entries=[entry])
    app: App[None] = App()
    async with app.run_test(size=(60, 12)) as pilot:
        screen = EntryScreen(entry, view, SessionKey("", "s"), lambda: None)
        await app.push_screen(screen)
        await until_shown(pilot, "begin here", "the first 12 characters are gone")
        assert "\x1b" not in screen_text(app)
        entry.text = f"{text} and on"
        screen.session_changed(view, ViewChanges(changed={"p": entry}))
        await until_shown(pilot, "begin here and on")
        screen.session_changed(view, ViewChanges(removed=["p"]))
        shown = await until_shown(pilot, "begin here and on", "withdrawn by the agent")
        assert "▏" not in shown
        screen.session_changed(ReadView("s"), None)
        await until_shown(pilot, "begin here and on", "withdrawn by the agent")
        screen.session_changed(view, None)
        assert "withdrawn" not in await until_shown(pilot, "begin here and on", "▏")
        await pilot.press("j", "q")
        assert app.screen is not screen
