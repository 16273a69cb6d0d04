"""The table as a widget: keys are the screen's, the mouse and the painting are its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from textual.app import App, ComposeResult
from textual.color import Color
from textual.geometry import Region
from textual.pilot import Pilot
from textual.theme import Theme

from lashd.view import Mirrored, SessionRow
from lashtui.feed.fleet.heard import Heard
from lashtui.feed.fleet.order import Group, Marks, Wish, arrange
from lashtui.saved.session_key import SessionKey
from lashtui.screens.paint_screen import PaintScreen
from lashtui.theme import DARK, LIGHT, roles_of
from lashtui.widgets.fleet.head import FleetHead
from lashtui.widgets.fleet.painting import Looks
from lashtui.widgets.fleet.table import FleetTable
from tests.tui.screen_text import screen_text
from tests.tui.widgets.fleet.rows import ALL, ASKS, HOME, NOW, fleet_of
from tests.tui.widgets.fleet.test_cells import ANY
from tests.tui.widgets.hostile_text import TEXTS, assert_harmless

Rows = Mapping[SessionKey, SessionRow]


class TableScreen(PaintScreen):
    """Titles over the table."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.table = FleetTable(Heard(now_ms=lambda: self.now), home=HOME)

    def compose(self) -> ComposeResult:
        """Both."""
        yield FleetHead()
        yield self.table


class TableApp(App[None]):
    """Notes what the table says."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Any] = []
        self.only = TableScreen()

    def on_mount(self) -> None:
        """The table alone."""
        self.push_screen(self.only)

    def show(self, rows: Rows, wish: Wish | None = None, marks: Marks | None = None) -> None:
        """Show these."""
        wish, marks = wish or Wish(), marks or Marks()
        self.only.table.show_rows(rows, marks)
        self.only.table.show_groups(arrange(rows, marks, wish), wish)

    def on_fleet_table_chosen(self, message: FleetTable.Chosen) -> None:
        """It is to be opened."""
        self.said.append(message.key.session_id)

    def on_fleet_table_fold_wanted(self, message: FleetTable.FoldWanted) -> None:
        """It is to be folded."""
        self.said.append(message.group.name)

    def on_fleet_table_moved(self, message: FleetTable.Moved) -> None:
        """The cursor is elsewhere."""
        self.said.append(message)


def many(count: int) -> dict[SessionKey, SessionRow]:
    """Sessions that work."""
    return fleet_of(
        *(
            SessionRow(session_id=f"s{n:03}", state="running", started_at=NOW - n, updated_at=NOW)
            for n in range(count)
        )
    )


async def shown(pilot: Pilot[None]) -> list[str]:
    """The lines on the screen."""
    await pilot.pause()
    return screen_text(pilot.app).splitlines()


async def test_a_line_for_each_in_groups() -> None:
    """Headings with counts, the most urgent first, the cursor on the first session."""
    app = TableApp()
    async with app.run_test(size=(120, 30)) as pilot:
        app.show(fleet_of(*ALL))
        lines = await shown(pilot)
        assert lines[0].split() == ["STATE▾", "SESSION", "WHAT", "DIR", "TURN", "QUIET", "CTX", "$"]
        assert lines[1] == " NEEDS YOU 1"
        assert lines[2].startswith("▌‼ waiting 4m    web-13                Bash: may I run")
        heads = [line.strip() for line in lines if line.startswith(" ") and line.isupper()]
        assert heads[1:] == ["NEEDS YOU 1", "FAILED 3", "QUIET 2", "WORKING 3", "DONE 3"]
        # The titles stand over their columns.
        assert lines[0].index("WHAT") == lines[2].index("Bash:")
        assert lines[0].index("TURN") + 4 == lines[2].index("12:04") + 5


async def test_a_mirrors_session_whose_home_is_gone_is_unseen() -> None:
    """Whatever it did then: for how long nothing was heard of it."""
    app = TableApp()
    async with app.run_test(size=(120, 30)) as pilot:
        gone = Mirrored("box", last_seen_at=NOW - 180_000)
        app.show(fleet_of(SessionRow(session_id="s", state="running", mirror=gone)))
        assert any("? unseen 3m" in line for line in await shown(pilot))


async def test_only_what_has_changed_is_painted() -> None:
    """One agent of many: one line; a second of the clock: those whose words it changes."""
    app = TableApp()
    async with app.run_test(size=(100, 30)) as pilot:
        rows = many(200)
        app.show(rows)
        await pilot.pause()
        table = app.only.table
        table.changed_lines()
        assert table.changed_lines() == []
        key = SessionKey("", "s005")
        rows[key] = SessionRow(session_id="s005", state="running", last_line="news", updated_at=NOW)
        table.show_rows(rows, Marks())
        assert [region.y for region in table.changed_lines()] == [6]
        assert len(table._strips) < 100, "lines out of view are not drawn"


async def test_the_mouse_selects_opens_scrolls_and_folds() -> None:
    """A click selects, one on what is selected opens; the cursor stays in view."""
    app = TableApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.show(many(50))
        await pilot.pause()
        table = app.only.table
        await pilot.click(FleetTable, offset=(20, 3))
        assert table.current == SessionKey("", "s002")
        assert app.said[-1] == FleetTable.Moved(SessionKey("", "s002"))
        await pilot.pause()
        await pilot.click(FleetTable, offset=(20, 3))
        assert app.said[-1] == "s002"
        await pilot.click(FleetTable, offset=(5, 0))
        assert app.said[-1] == "working"
        table.scroll_to(y=20, animate=False)
        await pilot.pause()
        assert table.board.top == 20
        assert "▌" in "".join(await shown(pilot)), "the cursor came along"


async def test_a_smaller_terminal_keeps_the_cursor() -> None:
    """Resized, it is still on the screen, on the same session."""
    app = TableApp()
    async with app.run_test(size=(120, 40)) as pilot:
        app.show(many(100))
        await pilot.pause()
        app.only.table.last()
        for size in ((40, 12), (200, 60), (80, 24), (40, 5)):
            await pilot.resize_terminal(*size)
            lines = await shown(pilot)
            assert any(line.startswith("▌") and "s099" in line for line in lines), size
            assert max(map(len, lines)) <= size[0]


async def test_groups_by_directory_say_who_stands_where() -> None:
    """A directory with counts; `~` for home; folded ones say how to open them."""
    app = TableApp()
    async with app.run_test(size=(80, 30)) as pilot:
        app.show(fleet_of(*ALL), Wish(group_by="directory", folded={f"{HOME}/web"}))
        lines = await shown(pilot)
        assert "▌▸ ~/web 3  ‼ 1  ✗ 1  ⏱ 1 · folded, z opens" in lines
        assert " ~/api 2  ● 2" in lines
        assert any(line.startswith(" no directory ") for line in lines)


async def test_pinned_and_muted_are_marked() -> None:
    """By a mark of their own."""
    app = TableApp()
    async with app.run_test(size=(80, 30)) as pilot:
        keys = list(fleet_of(*ALL))
        app.show(fleet_of(*ALL), marks=Marks({keys[0]}, {keys[1]}, {keys[2]: "mine"}))
        lines = "\n".join(await shown(pilot))
        assert "★web-13" in lines
        assert "☾web-05" in lines
        assert " mine · ingest-07" in lines


async def test_a_heading_says_how_many_are_muted() -> None:
    """The counters at the top leave them out."""
    app = TableApp()
    async with app.run_test(size=(80, 30)) as pilot:
        key = SessionKey("", ASKS.session_id)
        app.show(fleet_of(*ALL), marks=Marks(muted={key}))
        assert "NEEDS YOU 1 · 1 muted" in "\n".join(await shown(pilot))


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@given(fleets=st.lists(st.lists(st.tuples(TEXTS, ANY), max_size=6), min_size=3, max_size=3))
@settings(max_examples=6, deadline=None)
async def test_nothing_an_agent_says_leaks(
    width: int, fleets: list[list[tuple[str, SessionRow]]]
) -> None:
    """Printable characters only, in lines as wide as the table."""
    app = TableApp()
    async with app.run_test(size=(width, 20)) as pilot:
        for number, sessions in enumerate(fleets):
            rows = {SessionKey(host, row.session_id): row for host, row in sessions}
            app.show(rows, Wish(group_by=("state", "directory", "agent")[number]))
            await pilot.pause()
            table = app.only.table
            lines = table.scrollable_content_region
            assert_harmless(table.render_lines(Region(0, 0, *lines.size)), lines.width)
            assert_harmless(app.screen._compositor.render_strips(), width)
            table.text  # noqa: B018


async def test_what_is_old_is_dimmed() -> None:
    """All of it, in another colour."""
    app = TableApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.show(fleet_of(ASKS))
        await pilot.pause()
        table = app.only.table
        table.changed_lines()
        table.set_old(True)
        assert len(table.changed_lines()) >= 2


async def test_a_group_folds_with_its_pinned_left() -> None:
    """What is pinned is seen all the same."""
    app = TableApp()
    async with app.run_test(size=(80, 12)) as pilot:
        key = SessionKey("", "s003")
        app.show(many(5), Wish(folded={"working"}), Marks(pinned={key}))
        lines = await shown(pilot)
        assert lines[1:3][0] == "▌▸ ● WORKING 5 · 4 folded, z opens" or "s003" in lines[2]
        assert isinstance(app.only.table.board.group, Group)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_line_of_the_cursor_is_calm_in_256_colours(theme: Theme) -> None:
    """As far from the background as with all colours, and no glaring blue."""
    background, foreground = (
        Color.parse(theme.background or ""),
        Color.parse(theme.foreground or ""),
    )
    variables = {**theme.to_color_system().generate(), **theme.variables}
    ground = (
        Looks(background, foreground, roles_of(variables)).style("faint", (True, False)).bgcolor
    )
    assert ground is not None
    few = ground.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    assert 12 < max(abs(a - b) for a, b in zip(few, background.rgb, strict=True)) < 64
