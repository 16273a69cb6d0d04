"""What a call changes, writes and reads in files, drawn: hunks, numbers, marked words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from lashtui.render.changed_words import MARK_STEPS
from lashtui.render.code import code_lines, numbered_lines
from lashtui.render.hunks import Room, hunk_in_columns, hunk_lines
from lashtui.render.lexers import language_of
from lashtui.render.styles import (
    ADDED,
    COMMENT,
    DELETED,
    FAINT,
    MUTED,
    TEXT,
    Line,
    Run,
    TextStyle,
)
from lashtui.render.wrap import cap_marks, cut
from lashtui.text.format import plural
from lashtui.text.linediff import Work
from lashtui.text.patch import FileEdit, Hunk, lines_of
from lashtui.text.sanitize import safe_line, safe_text

MARGIN: Final = 6
"""Cells before the lines of a section."""
_SECTION: Final = "    "
_NUMBERED: Final = re.compile(r" *(\d{1,7})(→|\t)")
_NUMBERED_IN_TAGS: Final = re.compile(r" *(\d{1,7})(: ?|\| ?)")
_TAGS: Final = ("<content>", "<file>")
_STATES: Final = {
    "success": "change",
    "failure": "not applied",
    "cancelled": "not applied",
    "running": "pending",
}


_REASONS: Final = {
    "each": "at every occurrence",
    "large": "too large to compare",
    "cut": "the middle of it is missing",
}


class Shown(NamedTuple):
    """How much room there is."""

    width: int
    most: int
    """Lines at most."""
    whole: bool
    """On the screen of a single entry, behind which there is nothing more."""
    columns: bool = False
    """What was stands beside what is."""


def more_note(count: int, *, whole: bool) -> str:
    """How many lines are left out at the end, and where they are."""
    return f"… {plural(count, 'more line')}" + ("" if whole else " · open to see all")


def draws(edits: Sequence[FileEdit]) -> bool:
    """Whether there is anything to draw: some tools only say which file they changed."""
    return any(edit.hunks or edit.content is not None for edit in edits)


def edits_section(
    edits: Sequence[FileEdit], state: str | None, room: Shown, *, ended: bool
) -> list[Line]:
    """What a call changes, under a title that says whether it has. `ended`: its turn is over."""
    made = state == "success"
    words = _STATES.get(state or "", "attempted")
    if state == "running" and ended:
        words = "attempted, result unknown"
    by_path: dict[str, list[FileEdit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    several = len(by_path) > 1
    kind = "" if several else _kind(edits[0], made=made)
    lines: list[Line] = [_title(words, kind, _sizes(edits, made=made))]
    sizes: dict[str, list[Run]] = {}
    work = Work(MARK_STEPS)
    path = None
    left = room.most
    for at, edit in enumerate(edits, 1):
        if several and edit.path != path:
            # Counted once for each file: a patch may come back to one a thousand times.
            size = sizes.get(edit.path)
            if size is None:
                size = sizes[edit.path] = _sizes(by_path[edit.path], made=made)
            lines.append(_title(safe_line(edit.path, 200), _kind(edit, made=made), size))
        elif path is not None:
            lines.append(_skipped(0))
        path = edit.path
        drawn, left_out = _edit(edit, room._replace(most=left), work, state or "")
        lines += [(("  ", TEXT), (_SECTION, TEXT), *line) for line in drawn]
        left -= len(drawn)
        if left_out or left <= 0:
            left_out += sum(_size(each) for each in edits[at:])
            if left_out:
                lines.append(_note(more_note(left_out, whole=room.whole)))
            break
    return [cut(line, room.width + MARGIN) for line in lines]


def size_of(edits: Sequence[FileEdit]) -> list[Run]:
    """How many lines a call has changed, for the line of a folded one; nothing where the numbers
    are only about right: the unfolded call says why.
    """
    if not draws(edits) or any(edit.rough for edit in edits):
        return []
    return _counts(edits, ADDED, DELETED, MUTED)


def _counts(
    edits: Sequence[FileEdit], added: TextStyle, deleted: TextStyle, written: TextStyle
) -> list[Run]:
    lines = sum(edit.added for edit in edits)
    if all(edit.content is not None for edit in edits):
        return [(plural(lines, "line"), written)]
    return [(f"+{lines:,}", added), (f" -{sum(edit.deleted for edit in edits):,}", deleted)]


def _title(words: str, kind: str, sizes: Sequence[Run]) -> Line:
    head = kind if kind and words == "change" else words
    runs: list[Run] = [(_SECTION, TEXT), (head, FAINT)]
    if kind and words != "change":
        runs.append((f"  {kind}", FAINT))
    return (*runs, *sizes)


def _sizes(edits: Sequence[FileEdit], *, made: bool) -> list[Run]:
    """How many lines the edits add and delete together, as far as that is known."""
    runs: list[Run] = []
    reasons = {edit.rough for edit in edits}
    about = "about " if reasons & {"large", "cut", "untold"} else ""
    if not draws(edits):
        about = ""
        runs.append(("  lines unknown", FAINT))
    else:
        runs.append((f"  {about}", FAINT))
        runs += _counts(edits, ADDED if made else MUTED, DELETED if made else MUTED, FAINT)
    words = next((words for reason, words in _REASONS.items() if reason in reasons), "")
    if words:
        runs.append((f" · {words}", FAINT))
    return runs


def _kind(edit: FileEdit, *, made: bool) -> str:
    if edit.moved_to:
        return f"{'moved' if made else 'move'} to {safe_line(edit.moved_to, 200)}"
    if edit.kind == "delete":
        return "deleted" if made else "deletion"
    return {"add": "new file", "write": "written" if made else ""}.get(edit.kind, "")


def _note(words: str) -> Line:
    return (("  ", TEXT), (_SECTION, TEXT), (words, FAINT))


def _skipped(count: int) -> Line:
    return _note(f"⋯ {plural(count, 'unchanged line')}" if count else "⋯")


def _size(edit: FileEdit) -> int:
    if edit.content is not None:
        return len(lines_of(edit.content))
    return sum(len(hunk.rows) for hunk in edit.hunks)


def _edit(edit: FileEdit, room: Shown, work: Work, state: str) -> tuple[list[Line], int]:
    """The lines of one edit without their margin, and how many rows are left out."""
    if edit.content is not None:
        return _file(edit.content, edit.path, room)
    last = max((max(hunk.old, hunk.new) + len(hunk.rows) for hunk in edit.hunks), default=0)
    hunk_room = Room(
        room.width,
        room.most,
        digits=len(str(last)) if edit.numbered else 0,
        language=language_of(edit.path),
        quiet=state in ("failure", "cancelled"),
    )
    # A column would be empty where something only came or went.
    draw = hunk_in_columns if room.columns and edit.added and edit.deleted else hunk_lines
    lines: list[Line] = []
    rows = 0
    before: Hunk | None = None
    for hunk in edit.hunks:
        if before is not None or hunk.heading:
            lines.append(_between(before, hunk))
        before = hunk
        for part in draw(hunk, hunk_room, work):
            if len(lines) >= room.most:
                return lines[: room.most], _size(edit) - rows
            lines += part.lines
            rows += part.rows
    return lines[: room.most], _size(edit) - rows


def _between(before: Hunk | None, hunk: Hunk) -> Line:
    """What stands between two hunks: how much is left out, where that is known."""
    words = "⋯"
    if before is not None and before.old and hunk.old:
        skipped = hunk.old - before.old - before.size(" ", "-")
        words = f"⋯ {plural(skipped, 'unchanged line')}" if skipped > 0 else words
    heading = safe_line(hunk.heading, 200)
    return ((words, FAINT), (f"  {cap_marks(heading)}", COMMENT)) if heading else ((words, FAINT),)


def _file(text: str, path: str, room: Shown, first: int = 1) -> tuple[list[Line], int]:
    """A file's contents from line `first` on, and how many of its lines are left out."""
    rows = lines_of(safe_text(text))
    # What can't be shown need not be coloured.
    source = "\n".join(rows[: room.most])[: room.most * room.width]
    numbers = [str(first + at) for at in range(source.count("\n") + 1)] if rows else []
    lines, shown = numbered_lines(source, language_of(path), room.width, numbers, room.most)
    return lines, len(rows) - shown


def read_section(text: str, path: str, room: Shown) -> list[Line]:
    """What was read from a file, safe: coloured as its name says, with the numbers that the tool
    gave; empty where there is neither.
    """
    rows = text.split("\n")
    numbers = _numbers(rows)
    language = language_of(path)
    if not numbers and not language:
        return []
    source_rows = rows[: room.most]
    if numbers:
        source_rows = [
            row[numbers[at][1] :] if at in numbers else row for at, row in enumerate(source_rows)
        ]
    source = "\n".join(source_rows)[: room.most * room.width]
    if numbers:
        labels = [numbers[at][0] if at in numbers else "" for at in range(source.count("\n") + 1)]
        lines, shown = numbered_lines(source, language, room.width, labels, room.most)
    else:
        lines = code_lines(source, language, room.width)
        shown = source.count("\n") + 1 - (len(lines) > room.most)
    shown_lines: list[Line] = [((_SECTION, TEXT), ("output", FAINT))]
    shown_lines += [(("  ", TEXT), (_SECTION, TEXT), *line) for line in lines[: room.most]]
    if len(rows) > shown:
        shown_lines.append(_note(more_note(len(rows) - shown, whole=room.whole)))
    return [cut(line, room.width + MARGIN) for line in shown_lines]


def _numbers(rows: Sequence[str]) -> dict[int, tuple[str, int]]:
    """Numbers that a tool put before the lines of a file, with where its text begins; empty unless
    most of `rows` have the number that follows that of the row above.
    """
    is_tagged = any(row in _TAGS for row in rows[:6])
    pattern = _NUMBERED_IN_TAGS if is_tagged else _NUMBERED
    found: dict[int, tuple[str, int]] = {}
    last = -1
    for at, row in enumerate(rows):
        match = pattern.match(row)
        if match is not None and (not found or int(match[1]) == last + 1):
            last = int(match[1])
            found[at] = (str(last), match.end())
        elif found:
            break
    return found if is_tagged or len(found) * 2 >= len(rows) else {}
