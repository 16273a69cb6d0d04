"""A selection takes one of two columns: what was, or what is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from lashtui.widgets.transcript.parts import Part, Parts
from lashtui.widgets.transcript.transcript import Transcript
from tests.tui.widgets.transcript.transcript_harness import StreamedView, lines, shown

LONG = " ".join(f"word{number}" for number in range(20))
OLD = f"def f():\n    a = 1\n\n    gone({LONG!r})\n    return a"
NEW = f"def f():\n    b = 1\n    c = 2\n\n    return {LONG!r}"


@asynccontextmanager
async def change(numbers: bool = False) -> AsyncIterator[tuple[StreamedView, Pilot[None]]]:
    """A change in two columns."""
    streamed = StreamedView()
    async with shown(streamed, (140, 30)) as pilot:
        streamed.widget.show_columns(True)
        args = {"file_path": "x.py", "old_string": OLD, "new_string": NEW}
        if numbers:
            rows = [f"-{row}" for row in OLD.split("\n")] + [f"+{row}" for row in NEW.split("\n")]
            args = {"file_path": "x.py", "patch": "\n".join(["@@ -9,5 +9,5 @@", *rows, ""])}
        streamed.add("tool", name="Edit", args=args, state="success", output="")
        await pilot.pause()
        assert streamed.widget.fold_current()
        await pilot.pause()
        yield streamed, pilot


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize("right", [False, True])
async def test_a_copy_is_of_the_column_that_it_begins_in(numbers: bool, right: bool) -> None:
    """Its lines alone, unwrapped, whatever stands beside them."""
    async with change(numbers) as (streamed, pilot):
        rows = [number for number, line in enumerate(lines(pilot)) if "│" in line]
        x = lines(pilot)[rows[0]].index("│") + 1 if right else 0
        part = Selection(Offset(x, rows[0]), Offset(140, rows[-1]))
        pilot.app.screen.selections = {streamed.widget: part}
        copied = pilot.app.screen.get_selected_text()
        assert copied is not None
        said = [line.lstrip("+- ") for line in copied.split("\n") if line.strip("+- ")]
        wanted = NEW if right else OLD
        assert said == [line.lstrip() for line in wanted.split("\n") if line]
        assert ("+    b = 1" if right else "-    a = 1") in copied.split("\n")


async def test_what_is_selected_looks_so() -> None:
    """And the other column doesn't."""
    async with change() as (streamed, pilot):
        y = next(number for number, line in enumerate(lines(pilot)) if "b = 1" in line)
        x = lines(pilot)[y].index("│") + 2
        pilot.app.screen.selections = {streamed.widget: Selection(Offset(x, y), Offset(140, y))}
        await pilot.pause()
        chosen = pilot.app.screen.get_component_rich_style("screen--selection").bgcolor
        strip = streamed.widget.render_lines(streamed.widget.size.region)[y]
        marked = "".join(text for text, style, _ in strip if style and style.bgcolor == chosen)
        assert marked.strip() == "+    b = 1"


async def test_three_clicks_select_the_line_of_a_column() -> None:
    """The one that is clicked."""
    async with change() as (_, pilot):
        y = next(number for number, line in enumerate(lines(pilot)) if "b = 1" in line)
        for words in ("a = 1", "b = 1"):
            x = lines(pilot)[y].index(words)
            await pilot.click(Transcript, offset=(x, y), times=3)
            await pilot.pause()
            copied = pilot.app.screen.get_selected_text()
            assert copied is not None
            assert copied.strip()[1:].strip() == words


async def test_lines_of_one_column_are_whole() -> None:
    """But for mark and margin; behind the last one there is nothing."""
    async with change() as (streamed, _):
        parts = Parts(streamed.widget._rows)
        assert parts(0) == Part(3)
        assert parts(1000) == Part()
        assert parts.is_right(0, 0)
