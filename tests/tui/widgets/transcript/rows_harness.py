"""Rows without a widget, for tests of the transcript's helpers."""

from __future__ import annotations

from collections.abc import Iterable

from lashd.view import Entry
from lashtui.theme import DARK, ROLES_DARK, Palette
from lashtui.widgets.transcript.row_renderer import RowRenderer
from lashtui.widgets.transcript.rows import RowList

WIDTH = 60


def make_renderer(width: int = WIDTH) -> RowRenderer:
    """One with a width and the colours of the dark theme."""
    renderer = RowRenderer(lambda: 0)
    renderer.width = width
    system = DARK.to_color_system()
    assert system.background is not None
    assert system.foreground is not None
    renderer.palette = Palette(system.background, system.foreground, ROLES_DARK)
    return renderer


def make_rows(entries: Iterable[Entry], width: int = WIDTH) -> RowList:
    """Rows of `entries`, none of them rendered yet."""
    rows = RowList(make_renderer(width))
    rows.replace(list(entries), [])
    return rows


def plain(number: int, lines: int = 3) -> Entry:
    """A finished entry, each of whose lines names it."""
    text = "".join(f"entry {number} line {line}\n" for line in range(lines))
    return Entry("prose", f"e{number}", number, 1, ended_at=2, text=text, format="plain")


def call(number: int, output: str = "", state: str = "success") -> Entry:
    """A tool call that has ended."""
    return Entry("tool", f"e{number}", number, name="Bash", output=output, state=state)  # type: ignore[arg-type]


def text_at(rows: RowList, line: int) -> str:
    """What a line says."""
    return rows.texts(line, line + 1)[0].strip()
