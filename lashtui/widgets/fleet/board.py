"""The lines of the table, where its cursor is and which of them are in view. No widget.

The cursor stays with its session when the order changes, and the view stays where it is; only a
session that would leave the view is let go. One whose line goes gets the cursor back if the line
comes again before the cursor is moved, as after a restart of the daemon, or while a filter is
typed. The cursor is never outside the view.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias

from lashtui.feed.fleet.order import Group
from lashtui.saved.session_key import SessionKey

Line: TypeAlias = SessionKey | Group
"""A session, or the heading of a group."""


class Board:
    """Lines, cursor and view.

    Attributes:
        lines: headings and sessions, from top to bottom.
        cursor: the number of the line with the cursor; None if there is nothing to be on.
        top: the number of the first line in view.
        height: lines in view.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.cursor: int | None = None
        self.top = 0
        self.height = 0
        self._left: Line | None = None
        """Where the cursor was put, while that line isn't there."""

    # -- what there is -----------------------------------------------------------------------------

    def arrange(self, groups: Sequence[Group]) -> None:
        """These are the groups from now on."""
        lines: list[Line] = []
        for group in groups:
            lines.append(group)
            lines.extend(group.shown)
        self._replace(lines)

    def drop_missing(self, present: Collection[SessionKey]) -> bool:
        """Remove the lines of sessions that are gone, and move nothing else; whether any was."""
        lines = [line for line in self.lines if isinstance(line, Group) or line in present]
        if len(lines) == len(self.lines):
            return False
        self._replace(lines)
        return True

    def _replace(self, lines: list[Line]) -> None:
        before, at = self._left or self.current, self.cursor
        row = 0 if at is None else at - self.top
        self.lines = lines
        found = self._find(before)
        self._left = before if found is None else None
        if found is None or not self._keeps(found, row):
            found = self._near(self.top + row)
        self.cursor = found
        self._show_cursor()

    def _keeps(self, found: int, row: int) -> bool:
        """Keep the cursor at its session, now line `found`, if that is in view or nearly so."""
        if self.top == 0:
            # Whoever looks at the top wants to see what comes to the top.
            return found < max(1, self.height)
        top = self._clamp(found - row)
        if abs(top - self.top) >= max(1, self.height):
            return False
        self.top = top
        return True

    def _find(self, line: Line | None) -> int | None:
        """The number of the line of this session or of the group with this name."""
        if isinstance(line, Group):
            return next(
                (
                    number
                    for number, each in enumerate(self.lines)
                    if isinstance(each, Group) and each.name == line.name and _is_stop(each)
                ),
                None,
            )
        return self.lines.index(line) if line is not None and line in self.lines else None

    # -- the cursor --------------------------------------------------------------------------------

    @property
    def current(self) -> Line | None:
        """The line with the cursor."""
        return self.lines[self.cursor] if self.cursor is not None else None

    @property
    def session(self) -> SessionKey | None:
        """The session with the cursor."""
        current = self.current
        return current if isinstance(current, SessionKey) else None

    @property
    def group(self) -> Group | None:
        """The group of the line with the cursor."""
        if self.cursor is None:
            return None
        above = (self.lines[number] for number in range(self.cursor, -1, -1))
        return next((line for line in above if isinstance(line, Group)), None)

    def move(self, by: int) -> None:
        """Move the cursor by so many lines that it can be on; it stops at the ends."""
        if self.cursor is None:
            return
        at, step = self.cursor, 1 if by > 0 else -1
        for _ in range(abs(by)):
            after = self._stop_from(at + step, step)
            if after is None:
                break
            at = after
        self.go_to(at)

    def page(self, lines: int) -> None:
        """Move cursor and view by `lines`, as far as there are any."""
        if self.cursor is None:
            return
        row = self.cursor - self.top
        self.top = self._clamp(self.top + lines)
        at = self._near(min(max(self.cursor + lines, 0), len(self.lines) - 1))
        if at is not None:
            self.top = self._clamp(at - row)
            self.go_to(at)

    def go_to(self, line: int) -> None:
        """Put the cursor on this line, or the nearest one that it can be on."""
        self._left = None
        self.cursor = self._near(line)
        self._show_cursor()

    def select(self, line: Line | None) -> bool:
        """Put the cursor on this session or group; False if it isn't there."""
        found = self._find(line)
        if found is not None:
            self.go_to(found)
        return found is not None

    def first(self) -> None:
        """To the first line."""
        self.top = 0
        self.go_to(0)

    def last(self) -> None:
        """To the last line."""
        self.go_to(len(self.lines) - 1)

    def _near(self, line: int) -> int | None:
        """The nearest line that the cursor can be on: a session, or the heading of a fold."""
        line = min(max(line, 0), len(self.lines) - 1)
        below, above = self._stop_from(line, 1), self._stop_from(line, -1)
        if below is None or above is None:
            return above if below is None else below
        return below if below - line <= line - above else above

    def _stop_from(self, line: int, step: int) -> int | None:
        while 0 <= line < len(self.lines):
            if _is_stop(self.lines[line]):
                return line
            line += step
        return None

    # -- the view ----------------------------------------------------------------------------------

    def resize(self, height: int) -> None:
        """The view has so many lines from now on; the cursor stays in it."""
        self.height = height
        self._show_cursor()

    def scroll_to(self, top: int) -> None:
        """This line is the first in view; the cursor comes along."""
        self._left = None
        self.top = self._clamp(top)
        if self.cursor is None or self.height <= 0:
            return
        last = min(self.top + self.height, len(self.lines)) - 1
        if self.cursor < self.top:
            self.cursor = self._near(self.top)
        elif self.cursor > last:
            self.cursor = self._near(last)
        self._show_cursor()

    def look_from(self, top: int) -> None:
        """This line is the first in view; where the cursor would not be in it, another one."""
        self.top = top
        self._show_cursor()

    def _show_cursor(self) -> None:
        """Move the view no more than the cursor needs."""
        self.top = self._clamp(self.top)
        at = self.cursor
        if at is None or self.height <= 0:
            return
        # A session right below a heading is shown with it, if there is room for both.
        begin = at - 1 if at and isinstance(self.lines[at - 1], Group) and self.height > 1 else at
        self.top = max(min(self.top, begin), at - self.height + 1)

    def _clamp(self, top: int) -> int:
        return max(0, min(top, len(self.lines) - max(1, self.height)))


def _is_stop(line: Line) -> bool:
    return isinstance(line, SessionKey) or line.folded
