"""One row of what is said to a reader who was away: the heading, or a line of the digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lashtui.render.styles import (
    FAILED,
    FAINT,
    MUTED,
    STRONG,
    TEXT,
    WAITING,
    Line,
    Run,
    TextStyle,
)
from lashtui.render.wrap import cap_marks, cut, width_of
from lashtui.text.format import plural

if TYPE_CHECKING:
    from lashtui.reading.away import Digest, DigestLine

HEADING: Final = "\0away"
"""Key of the first row: none that an entry can have."""


class DigestRow(NamedTuple):
    """What one row shows."""

    digest: Digest
    number: int | None
    """Which of its lines; None for the heading."""
    is_folded: bool

    @property
    def key(self) -> str:
        """The row's key."""
        return HEADING if self.number is None else f"{HEADING} {self.number}"

    @property
    def target(self) -> str | None:
        """Id of the entry that it is about; None for the heading."""
        return None if self.number is None else self.digest.lines[self.number].id

    def line(self, width: int) -> Line:
        """What it says."""
        if self.number is None:
            return self._heading(width)
        line = self.digest.lines[self.number]
        detail = f"  {line.detail}" if line.detail else ""
        # What it is about is cut, not what happened to it.
        room = max(8, width - 4 - width_of([(detail, MUTED)]))
        text = cut([(cap_marks(line.text), TEXT if line.urgent else MUTED)], room)
        return cut(((f"  {line.mark} ", _mark_style(line)), *text, (detail, MUTED)), width)

    def _heading(self, width: int) -> Line:
        heading: list[Run] = [("  ", TEXT), (self.digest.heading, STRONG)]
        if self.is_folded:
            heading.append((f" · {plural(len(self.digest.lines), 'line')}", FAINT))
        return cut(heading, width)


def digest_rows(digest: Digest, *, folded: bool) -> list[DigestRow]:
    """The rows of a digest."""
    lines = () if folded else range(len(digest.lines))
    return [DigestRow(digest, number, folded) for number in (None, *lines)]


def _mark_style(line: DigestLine) -> TextStyle:
    if line.mark == "✗":
        return FAILED
    return WAITING if line.urgent else FAINT
