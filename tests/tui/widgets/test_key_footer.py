"""The footer."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.binding import Binding

from lashtui.widgets.key_footer import KeyFooter
from tests.tui.screen_text import screen_text


class Host(App[None]):
    """Keys, most of them with a word."""

    BINDINGS = [  # noqa: RUF012
        Binding("a", "first", "First thing"),
        Binding("b", "second", "Second thing"),
        Binding("c", "hidden", "Hidden", show=False),
        Binding("q", "detach", "Detach"),
        Binding("s", "sessions", "Sessions"),
        Binding("question_mark", "help", "Help", key_display="?"),
    ]

    def __init__(self, matter: Sequence[str] = ()) -> None:
        super().__init__()
        self.matter = matter

    def compose(self) -> ComposeResult:
        yield KeyFooter(lambda: self.matter)

    def action_first(self) -> None:
        self.exit()


async def footer(width: int, matter: Sequence[str] = ()) -> str:
    """The footer's line at this width."""
    app = Host(matter)
    async with app.run_test(size=(width, 4)) as pilot:
        await pilot.pause()
        return screen_text(app).splitlines()[-1].strip()


async def test_all_keys_where_there_is_room() -> None:
    """In their order."""
    line = await footer(100)
    assert "a First thing  b Second thing  q Detach  s Sessions  ? Help" in line
    assert "Hidden" not in line


async def test_the_way_out_and_the_help_stay() -> None:
    """On a narrow terminal others give way, whole."""
    assert await footer(46) == "a First thing  q Detach  s Sessions  ? Help"
    assert await footer(34) == "q Detach  s Sessions  ? Help"
    assert await footer(20) == "q Detach  ? Help"


async def test_only_what_matters_now_is_shown_where_a_screen_says_it() -> None:
    """In the keys' order; what matters most stays when there is room for only a few."""
    assert await footer(100, ["second"]) == "b Second thing  q Detach  ? Help"
    assert await footer(100, ["second", "sessions"]) == (
        "b Second thing  q Detach  s Sessions  ? Help"
    )
    assert await footer(34, ["second", "sessions"]) == "b Second thing  q Detach  ? Help"
    assert await footer(100, ["nothing"]) == "q Detach  ? Help"


async def test_a_click_does_what_the_key_does() -> None:
    """Mouse or not."""
    app = Host()
    async with app.run_test(size=(100, 4)) as pilot:
        await pilot.pause()
        await pilot.click(KeyFooter, offset=(5, 0))
        await pilot.pause()
        assert not app.is_running or app._exit
