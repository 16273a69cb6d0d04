"""A line with two ends."""

from __future__ import annotations

import pytest
from textual.content import Content

from lashtui.widgets.line import TwoEndedLine
from tests.tui.screen_text import screen_text
from tests.tui.widgets.widget_app import HostApp


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (30, " build  running        turn 3"),
        (24, " build  running  turn 3"),
        (23, " build  running"),
        (10, " build  …"),
    ],
)
async def test_right_end_gives_way_first(width: int, expected: str) -> None:
    """Too narrow for both: the right end goes, then the left one is cut; never two lines."""
    line = TwoEndedLine()
    async with HostApp(line).run_test(size=(width, 3)) as pilot:
        line.show_ends(Content("build  running"), Content("turn 3"))
        await pilot.pause()
        shown = screen_text(pilot.app).splitlines()[0]

    assert shown == expected


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (31, "model · /work · turn 3"),
        (30, "/work · turn 3"),
        (23, "/work · turn 3"),
        (22, "turn 3"),
        (14, ""),
    ],
)
async def test_the_longest_right_end_that_fits(width: int, expected: str) -> None:
    """What matters least goes first."""
    line = TwoEndedLine()
    ends = ("model · /work · turn 3", "/work · turn 3", "turn 3")
    async with HostApp(line).run_test(size=(width, 3)) as pilot:
        line.show_ends(Content("build"), *map(Content, ends))
        await pilot.pause()
        shown = screen_text(pilot.app).splitlines()[0]

    assert shown == f" build{expected:>{width - 7}}".rstrip()


async def test_same_content_is_not_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen on which nothing changes costs nothing."""
    line = TwoEndedLine()
    async with HostApp(line).run_test(size=(30, 3)):
        line.show_ends(Content("a"), Content("b"))
        painted: list[object] = []
        monkeypatch.setattr(line, "refresh", lambda *args, **kwargs: painted.append(args))
        line.show_ends(Content("a"), Content("b"))
        assert painted == []
        line.show_ends(Content("a"), Content("c"))
        assert len(painted) == 1
    assert line.text == "a  c"
