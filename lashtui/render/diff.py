"""Diffs in colours, told by the first character of each line: what it costs is its length."""

from __future__ import annotations

from typing import Final

from lashtui.render.styles import ADDED, CODE, COMMENT, DELETED, Line
from lashtui.render.wrap import wrap_plain

DIFFS: Final = frozenset({"diff", "patch", "udiff"})
"""Names of the language, in lower case."""
_LOOKS: Final = {"+": ADDED, "-": DELETED, "@": COMMENT, "=": COMMENT}
_HEADINGS: Final = ("diff", "index", "Index")


def diff_lines(source: str, width: int) -> list[Line]:
    """Safe `source`, a diff in whatever form, hard-wrapped to `width`. Every text is one."""
    lines: list[Line] = []
    known: dict[str, list[Line]] = {}
    for row in source.split("\n"):
        found = known.get(row)
        if found is None:
            look = COMMENT if row.startswith(_HEADINGS) else _LOOKS.get(row[:1], CODE)
            found = known[row] = wrap_plain(row, width, look)
        lines.extend(found)
    return lines
