"""Which files a call has changed, and by how many lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lashtui.text.changes import edits_of

if TYPE_CHECKING:
    from lashd.view import Entry
    from lashtui.text.linediff import Work


class Change(msgspec.Struct, frozen=True):
    """What one call did to one file."""

    path: str
    """As the agent says it: not safe to print."""
    added: int = 0
    deleted: int = 0
    exact: bool = True
    """False where the numbers are only about right."""
    written: bool = False
    """The file was written as a whole; what was in it before is not known."""


def changes_of(entry: Entry, work: Work | None = None) -> list[Change]:
    """What a call that succeeded changed; empty for all others. `work` is what it may cost."""
    if entry.kind != "tool" or entry.state != "success":
        return []
    return [
        Change(edit.path, edit.added, edit.deleted, not edit.rough, edit.kind == "write")
        for edit in edits_of(entry, work)
        if edit.path
    ]
