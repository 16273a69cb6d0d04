"""Where a jump by turn, tool call or error goes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from lashtui.reading.filters import is_failure

if TYPE_CHECKING:
    from lashd.view import Entry

NOUNS: Final = {"turn": "turn", "tool": "tool call", "error": "error"}


def jump(entries: Sequence[Entry | None], start: int, by: int, what: str) -> int | None:
    """Index of the next (`by` 1) or previous (-1) such entry from `start`; None if there is none.

    `what` is one of NOUNS. None among the entries stands for a divider.
    """
    stop = len(entries) if by > 0 else -1
    for index in range(start + by, stop, by):
        if _is(entries, index, what):
            return index
    return None


def _is(entries: Sequence[Entry | None], index: int, what: str) -> bool:
    entry = entries[index]
    if entry is None:
        return False
    if what == "tool":
        return entry.kind in ("tool", "code")
    if what == "error":
        return is_failure(entry)
    if entry.kind == "user":
        return True
    # A turn that began without a message: the first entry, or the first one after a commit.
    before = next((e for e in reversed(entries[max(0, index - 3) : index]) if e is not None), None)
    return entry.kind != "commit" and (before is None or before.kind == "commit")
