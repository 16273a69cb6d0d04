"""Marks in the text of events, by which the auditor knows each event of each publisher again.

An event is marked by having `mark(publisher, number)` somewhere in its text. Views keep the text,
so what a snapshot holds can be told as well, also where deltas have become one entry.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from lashd.session.view import ReadView

Record = dict[str, Any]

_MARK = re.compile(r"<([\w.-]{1,64})#(\d{1,19})>", re.ASCII)


class Mark(NamedTuple):
    """One event of one publisher."""

    publisher: str
    number: int


def mark(publisher: str, number: int) -> str:
    """The text that marks event `number` of `publisher`.

    Raises:
        ValueError: the name can't be in a mark: 1 to 64 letters, digits, `_`, `.` and `-`.
    """
    text = f"<{publisher}#{number}>"
    if not _MARK.fullmatch(text):
        raise ValueError(f"{text} can't be a mark")
    return text


def marks_in(text: str | None) -> list[Mark]:
    """All marks in a text, in order."""
    if not text or "#" not in text:
        return []
    return [Mark(publisher, int(number)) for publisher, number in _MARK.findall(text)]


def text_of(event: Record) -> str | None:
    """The text of an event's map, as a publisher sends it or as a reader gets it."""
    activity = event.get("activity", event)
    text = activity.get("text") if isinstance(activity, dict) else None
    return text if isinstance(text, str) else None


def mark_of(event: Record) -> Mark | None:
    """The mark of an event's map."""
    marks = marks_in(text_of(event))
    return marks[0] if marks else None


def marks_of_view(view: ReadView) -> list[Mark]:
    """The marks of everything that a view shows, in order."""
    return [mark for entry in view.entries for mark in marks_in(entry.text)]
