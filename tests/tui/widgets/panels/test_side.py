"""The side bar."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.content import Content

from lashtui.widgets.panels.panel import Panel
from lashtui.widgets.panels.side import Side, shares
from tests.tui.screen_text import screen_text

HEIGHTS = st.tuples(st.integers(1, 90), st.integers(1, 90)).map(lambda pair: (max(pair), min(pair)))


@given(st.lists(HEIGHTS, min_size=1, max_size=3), st.integers(3, 60))
def test_nobody_is_left_without_a_share(wanted: list[tuple[int, int]], room: int) -> None:
    """All that fits is given; nobody gets more than wanted, or less than its part of the room."""
    given_rows = shares(wanted, room)
    assert sum(given_rows) <= room
    for (everything, few), rows in zip(wanted, given_rows, strict=True):
        assert min(few, room // len(wanted)) <= rows <= everything
    if sum(everything for everything, _ in wanted) <= room:
        assert given_rows == [everything for everything, _ in wanted]


def test_what_the_modest_leave_is_for_the_others() -> None:
    """A long plan takes what queue and processes don't need, and no more."""
    assert shares([(90, 30), (4, 3), (7, 4)], 20) == [13, 3, 4]
    assert shares([(20, 8), (4, 3), (7, 4)], 18) == [8, 4, 4]


async def test_panels_stand_below_each_other_at_any_height() -> None:
    """Each non-empty one is in sight, in a low terminal by its title; an empty one takes no row."""
    panels = [Panel(), Panel(), Panel(), Panel()]

    class SideApp(App[None]):
        def compose(self) -> ComposeResult:
            with Side():
                yield from panels

    app = SideApp()
    async with app.run_test(size=(40, 30)) as pilot:
        for number, rows in enumerate((40, 0, 6, 12)):
            title = f"TITLE{number}"
            panels[number].show_rows(title, [Content(f"row {at}") for at in range(rows)])
        for height in (30, 24, 12, 8, 5, 3):
            await pilot.resize_terminal(40, height)
            await pilot.pause()
            lines = [line.strip() for line in screen_text(app).splitlines()]
            assert [line for line in lines if line.startswith("TITLE")] == [
                "TITLE0",
                "TITLE2",
                "TITLE3",
            ]
            assert (lines.count("") > 0) is (height >= 15)
