"""Diffs in colours, decided by the first character of each line: linear in the length."""

from __future__ import annotations

from typing import Final

from lashtui.render.styles import ADDED, CODE, COMMENT, DELETED, Line
from lashtui.render.wrap import wrap_plain

DIFFS: Final = frozenset({"diff", "patch", "udiff"})
"""Names of the language, in lower case."""
_STYLES: Final = {"+": ADDED, "-": DELETED, "@": COMMENT, "=": COMMENT}
_HEADINGS: Final = ("diff", "index", "Index")


def diff_lines(source: str, width: int) -> list[Line]:
    """Safe `source`, a diff in any form, hard-wrapped to `width`. No text is rejected."""
    lines: list[Line] = []
    known: dict[str, list[Line]] = {}
    for row in source.split("\n"):
        found = known.get(row)
        if found is None:
            style = COMMENT if row.startswith(_HEADINGS) else _STYLES.get(row[:1], CODE)
            found = known[row] = wrap_plain(row, width, style)
        lines.extend(found)
    return lines
