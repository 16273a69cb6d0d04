"""Which row stands at which line: prefix sums of heights, rebuilt only where they changed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class LineIndex:
    """Heights of rows in lines, and where each row starts."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        """Rows with `heights`."""
        self._heights = list(heights)
        self._ends: list[int] = []
        """Sums up to and including each row, plus `_base`; the first `_valid` are up to date."""
        self._valid = 0
        self._base = 0
        """Lines of rows dropped from the head: dropping costs nothing for the rows that stay."""

    def __len__(self) -> int:
        return len(self._heights)

    def height(self, row: int) -> int:
        """Lines of a row."""
        return self._heights[row]

    def set_height(self, row: int, height: int) -> None:
        """Change a row's height."""
        if self._heights[row] != height:
            self._heights[row] = height
            self._valid = min(self._valid, row)

    def append(self, height: int) -> None:
        """Add a row at the end."""
        self._heights.append(height)

    def drop_head(self, count: int) -> None:
        """Remove the first `count` rows."""
        self._sum()
        if count:
            self._base = self._ends[count - 1]
            del self._heights[:count], self._ends[:count]
            self._valid = len(self._heights)

    def remove(self, row: int) -> None:
        """Remove one row."""
        del self._heights[row]
        self._valid = min(self._valid, row)

    def start(self, row: int) -> int:
        """The first line of a row; for the index after the last row, the total."""
        ends = self._sum()
        return ends[row - 1] - self._base if row else 0

    def total(self) -> int:
        """Lines of all rows."""
        return self.start(len(self._heights))

    def find(self, line: int) -> int:
        """The row that `line` belongs to; the number of rows behind the last line."""
        return bisect_right(self._sum(), line + self._base)

    def _sum(self) -> list[int]:
        ends, valid = self._ends, self._valid
        if valid != len(self._heights) or valid != len(ends):
            del ends[valid:]
            start = ends[valid - 1] if valid else self._base
            if len(self._heights) - valid == 1:
                ends.append(start + self._heights[valid])
            else:
                sums = accumulate(self._heights[valid:], initial=start)
                next(sums)
                ends.extend(sums)
            self._valid = len(self._heights)
        return ends
