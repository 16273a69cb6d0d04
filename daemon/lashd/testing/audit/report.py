"""What an audit found, as plain sentences."""

from __future__ import annotations

from typing import Literal, NamedTuple

from lashd.cursor import position_of

Kind = Literal[
    "order",
    "duplicate",
    "hole",
    "gap",
    "snapshot",
    "disagreement",
    "content",
    "loss",
    "acknowledgement",
    "protocol",
]

Position = tuple[int, int] | str
"""Where a cursor stands: lashd's own cursors by (incarnation, n), which can be ordered; any other
by its text, which can only be compared."""


class Violation(NamedTuple):
    """One breach of the promise."""

    kind: Kind
    sentence: str

    def __str__(self) -> str:
        return self.sentence


class Report:
    """The violations so far, the first `limit` of them in words."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.violations: list[Violation] = []
        self.more = 0
        """Further violations, only counted."""

    def add(self, kind: Kind, sentence: str) -> None:
        """Note a violation; the same one twice is one."""
        violation = Violation(kind, sentence)
        if violation in self.violations:
            return
        if len(self.violations) < self.limit:
            self.violations.append(violation)
        else:
            self.more += 1


def stands_at(cursor: object) -> Position | None:
    """The position of a cursor's text; None where it is no text."""
    position = position_of(cursor)
    if position is not None:
        return position
    return cursor if isinstance(cursor, str) else None


def is_before(one: Position, other: Position) -> bool:
    """`one` is certainly an earlier position of the same numbering."""
    if isinstance(one, str) or isinstance(other, str):
        return False
    return one[0] == other[0] and one[1] < other[1]


def in_words(position: Position | None) -> str:
    """A position for a sentence."""
    if position is None:
        return "nowhere"
    return position if isinstance(position, str) else f"{position[0]}/{position[1]}"


def some(numbers: list[int]) -> str:
    """Numbers of events for a sentence."""
    shown = ", ".join(map(str, numbers[:5]))
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"event{'s' * (len(numbers) > 1)} {shown}{more}"
