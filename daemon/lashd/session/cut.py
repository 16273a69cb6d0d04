"""Cutting the middle out of a long text: how it began and how it ended tell the most.

Between the two stands how much is missing. A text that is cut a second time counts what the first
cut left out.
"""

from __future__ import annotations

import re

MARK_BYTES = 48
"""More than a mark takes: two ellipses, a number of up to 15 digits with commas, the words."""
SNAP = 256
"""Characters given up on each side so that the cut falls between two lines."""

_MARK = re.compile(r"[\n ]… ([0-9]{1,3}(?:,[0-9]{3}){0,4}) characters cut …[\n ]")


def cut_middle(text: str, limit: int) -> str:
    """`text` in at most `limit` bytes of UTF-8 (and no less than the mark's own).

    Cut between lines where there is one near.
    """
    if len(text) <= limit // 4:
        return text
    ascii_only = text.isascii()
    size = len(text) if ascii_only else len(text.encode("utf-8", "replace"))
    if size <= limit:
        return text
    room = max(0, limit - MARK_BYTES)
    head, tail = text[: room - room // 2], text[len(text) - room // 2 :]
    if not ascii_only:
        head = head.encode("utf-8", "replace")[: room - room // 2].decode("utf-8", "ignore")
        end = tail.encode("utf-8", "replace")
        tail = end[len(end) - room // 2 :].decode("utf-8", "ignore")
    gap = " "
    if "\n" in text:
        gap = "\n"
        begin, end_of_head = tail.find("\n", 0, SNAP), head.rfind("\n", max(0, len(head) - SNAP))
        tail = tail[begin + 1 :]
        head = head[:end_of_head] if end_of_head >= 0 else head
    begin, stop = len(head), len(text) - len(tail)
    missing = 0
    for earlier in _MARK.finditer(text):
        if earlier.start() < stop and begin < earlier.end():
            # All of it goes, also where only a part of it would have.
            begin, stop = min(begin, earlier.start()), max(stop, earlier.end())
            missing += int(earlier[1].replace(",", "")) - len(earlier[0])
    missing += stop - begin
    return f"{text[:begin]}{gap}… {missing:,} characters cut …{gap}{text[stop:]}"
