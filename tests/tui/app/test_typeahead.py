"""Keys that are typed at once."""

from __future__ import annotations

import pytest
from textual.events import Key
from textual.keys import _character_to_key

from lashd.daemon import EmbeddedDaemon
from lashtui.app.app import LashApp
from lashtui.widgets.search_bar import SearchBar
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.daemons import publisher, say
from tests.tui.screen_text import until, until_shown


@pytest.mark.parametrize("words", ["sessions", "quit now", "[t]ee", "//?"])
async def test_a_search_that_is_typed_at_once_is_no_command(
    daemon: EmbeddedDaemon, words: str
) -> None:
    """Pasted or played back, `/quit` searches for quit, and does not."""
    with publisher(daemon.socket_path) as opened:
        say(opened, "hello", "a")
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(90, 20)) as pilot:
            await until_shown(pilot, "hello", "● connected")
            for character in "/" + words:
                app.post_message(Key(_character_to_key(character), character))
            bar = app.screen.query_one(SearchBar)
            await until(pilot, lambda: bar.query_text == words)
            assert bar.is_open
            assert app.return_value is None


async def test_what_is_typed_right_after_a_search_is_a_command(daemon: EmbeddedDaemon) -> None:
    """`/word`, Enter, `n` as one: the next match, and no `n` in the query."""
    with publisher(daemon.socket_path) as opened:
        for number in range(3):
            say(opened, f"word {number}", str(number))
        app = LashApp(daemon.socket_path, "build", start_daemon=False)
        async with app.run_test(size=(90, 20)) as pilot:
            await until_shown(pilot, "word 2", "● connected")
            bar = app.screen.query_one(SearchBar)
            for key, character in [("slash", "/"), *((each, each) for each in "word")]:
                app.post_message(Key(key, character))
            app.post_message(Key("enter", "\r"))
            app.post_message(Key("n", "n"))
            await until_shown(pilot, "wrapped · 1 of 3")
            assert bar.query_text == "word"
            assert isinstance(app.focused, Transcript)
