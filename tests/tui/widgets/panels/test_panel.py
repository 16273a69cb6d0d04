"""Panels in general."""

from __future__ import annotations

from textual.app import App
from textual.content import Content

from lashtui.widgets.panels.panel import MAX_ROWS, Panel
from tests.tui.screen_text import screen_text
from tests.tui.widgets.widget_app import HostApp


async def test_empty_panel_takes_no_room() -> None:
    """Nothing to show: not there."""
    panel = Panel()
    async with HostApp(panel).run_test(size=(40, 20)) as pilot:
        panel.show_rows("QUEUE 0", [])
        await pilot.pause()
        assert panel.size.height == 0
        assert panel.text == ""
        panel.show_rows("QUEUE 1", [Content("a")])
        await pilot.pause()
        assert panel.size.height == 2


async def test_rows_are_bounded() -> None:
    """Hundreds of rows don't become hundreds of painted lines; how many are left out is said."""
    panel = Panel()
    async with HostApp(panel).run_test(size=(40, 20)):
        panel.show_rows("QUEUE 240", [Content(str(n)) for n in range(MAX_ROWS + 40)])
        lines = panel.text.splitlines()
    assert len(lines) == MAX_ROWS + 2
    assert lines[-1] == "… 40 more"


async def test_further_lines_of_a_row_hang_and_none_is_cut() -> None:
    """A long row continues under its text; the panel is as high as its lines, at any width."""
    panel = Panel()
    rows = [Content(f"● word{n} and some more words\nended") for n in range(3)]
    async with HostApp(panel).run_test(size=(60, 40)) as pilot:
        panel.show_rows("THINGS 3", rows)
        for width in (60, 20, 40, 16):
            await pilot.resize_terminal(width, 40)
            await pilot.pause()
            lines = [line for line in screen_text(pilot.app).splitlines() if line.strip()]
            assert [line.strip() for line in panel.text.splitlines()] == [
                line.strip() for line in lines
            ]
            assert sum(line.strip() == "ended" for line in lines) == 3
            assert all(line[1] in "T●" or line.startswith("   ") for line in lines)


async def test_folded_panel_is_its_title() -> None:
    """By key or by a click on the title, and back; new rows don't unfold it."""
    panel = Panel()
    async with HostApp(panel).run_test(size=(40, 20)) as pilot:
        panel.show_rows("THINGS 1", [Content("a")])
        await pilot.pause()
        panel.focus()
        await pilot.press("enter")
        await pilot.pause()
        assert panel.text == "THINGS 1 ▸"
        assert panel.size.height == 1
        panel.show_rows("THINGS 2", [Content("a"), Content("b")])
        await pilot.pause()
        assert panel.text == "THINGS 2 ▸"
        await pilot.click(Panel, offset=(2, 0))
        await pilot.pause()
        assert panel.text == "THINGS 2\na\nb"
        assert panel.size.height == 3


class LowApp(HostApp):
    """A panel with room for `height` lines."""

    def __init__(self, panel: Panel, height: int) -> None:
        super().__init__(panel)
        panel.styles.height = height


def seen(app: App[None]) -> list[str]:
    """The lines of the panel in sight."""
    return [line.strip() for line in screen_text(app).splitlines() if line.strip()]


STEPS = [Content(f"· step {n}\nits reason") for n in range(12)]


async def test_digest_tells_the_present_row_and_how_many_are_left_out() -> None:
    """Without room: finished rows are a number, the present row is whole, the others a line."""
    wanted = {
        9: ["T", "✓ 5 done", "· step 5", "its reason", "· step 6  its reason",
            "· step 7  its reason", "· step 8  its reason", "· step 9  its reason", "+2 more"],
        5: ["T", "✓ 5 done", "· step 5", "its reason", "+6 more"],
        4: ["T", "✓ 5 done", "· step 5  its reason", "+6 more"],
        3: ["T", "· step 5  its reason", "+6 more"],
        2: ["T", "· step 5  its reason"],
        1: ["T"],
    }  # fmt: skip
    for height, lines in wanted.items():
        panel = Panel()
        async with LowApp(panel, height).run_test(size=(40, 20)) as pilot:
            panel.show_rows("T", STEPS, done=range(5), now=5)
            await pilot.pause()
            assert seen(pilot.app) == lines


async def test_digest_begins_at_a_present_row_far_below() -> None:
    """What is at work is in sight, whatever waits above it."""
    panel = Panel()
    async with LowApp(panel, 4).run_test(size=(40, 20)) as pilot:
        panel.show_rows("T", [Content(f"step {n}") for n in range(12)], now=8)
        await pilot.pause()
        assert seen(pilot.app) == ["T", "step 8", "step 9", "+10 more"]
        panel.show_rows("T", [Content(f"step {n}") for n in range(12)], now=11)
        await pilot.pause()
        assert seen(pilot.app) == ["T", "step 11", "+11 more"]


async def test_all_rows_can_be_scrolled_through() -> None:
    """By keys while it has the focus, from the present row on; left, it is a digest again."""
    panel = Panel()
    async with LowApp(panel, 4).run_test(size=(40, 20)) as pilot:
        panel.show_rows("T", [Content(f"step {n}") for n in range(12)], done=range(5), now=5)
        panel.focus()
        await pilot.pause()
        await pilot.press("down")
        assert seen(pilot.app) == ["T", "step 5", "step 6", "step 7"]
        await pilot.press("up")
        assert seen(pilot.app) == ["T", "step 4", "step 5", "step 6"]
        for _ in range(5):
            await pilot.press("pagedown")
        assert seen(pilot.app) == ["T", "step 9", "step 10", "step 11"]
        app = pilot.app
        app.set_focus(None)
        await pilot.pause()
        assert seen(app)[1] == "✓ 5 done"
