"""Changes of files as hunks: made from two texts, read from patches, written as one. Pure.

Texts are an agent's, not safe to print; what `patch_text` gives is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from lashtui.text.linediff import Work, common
from lashtui.text.sanitize import safe_line, safe_text

CONTEXT: Final = 3
"""Unchanged lines around a change, as everywhere."""
MAX_ROWS: Final = 200_000
"""Lines of one call's changes: more than its message may hold, unless they are nearly empty."""

CUT: Final = " characters cut …"
"""What a view says where the middle of a text is missing."""
MAX_PATH: Final = 4096
"""Characters of a path: no file system takes a longer one."""

Sign: TypeAlias = Literal[" ", "+", "-", "\\"]
Kind: TypeAlias = Literal["update", "add", "delete", "write"]
Rough: TypeAlias = Literal["", "each", "large", "cut", "untold"]

_HUNK: Final = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)")
_FILE: Final = re.compile(r"\*\*\* (Add|Update|Delete) File: (.+)")
_BEGIN: Final = "*** Begin Patch"
_MOVE: Final = "*** Move to: "


class Row(NamedTuple):
    """One line. `\\` says that the line above it has no newline."""

    sign: Sign
    text: str


class Hunk(NamedTuple):
    """Lines that follow each other, with their place on either side, from 1 on; 0: not known."""

    old: int
    new: int
    rows: tuple[Row, ...]
    heading: str = ""

    def size(self, *signs: Sign) -> int:
        """How many rows have one of these signs."""
        return sum(row.sign in signs for row in self.rows)


class FileEdit(msgspec.Struct, frozen=True):
    """What one call does to one file. The only place where its lines are counted."""

    path: str
    hunks: tuple[Hunk, ...] = ()
    kind: Kind = "update"
    numbered: bool = False
    """Whether the places of the hunks are those in the file; else those in the replaced text."""
    rough: Rough = ""
    """Why the numbers of its lines are only about right: `each`, it is done wherever its text
    occurs, and how often that is isn't known; `large`, there was too much to compare; `cut`, the
    middle of its text is missing; `untold`, the tool doesn't say.
    """
    content: str | None = None
    """What a file is written as, where it isn't known what was in it."""
    moved_to: str = ""

    @property
    def added(self) -> int:
        """Lines that it adds."""
        if self.content is not None:
            return len(lines_of(self.content))
        return sum(hunk.size("+") for hunk in self.hunks)

    @property
    def deleted(self) -> int:
        """Lines that it deletes."""
        return sum(hunk.size("-") for hunk in self.hunks)


def lines_of(text: str) -> list[str]:
    """The lines of a text, whether or not the last one has a newline."""
    return text.removesuffix("\n").split("\n") if text else []


def compared(path: str, old: str, new: str, work: Work, *, each: bool = False) -> FileEdit:
    """What replacing `old` by `new` changes. A newline at the end of one alone is a line more."""
    both = old.endswith("\n") == new.endswith("\n")
    before, after = (
        lines_of(text) if both or not old or not new else text.split("\n") for text in (old, new)
    )
    pairs, exact = common(before, after, work)
    hunks = tuple(_hunks(_rows(before, after, pairs)))
    return FileEdit(path, hunks, rough="each" if each else "" if exact else "large")


def _rows(
    old: Sequence[str], new: Sequence[str], pairs: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int, Row]]:
    """All lines: places on both sides, from 1 on, and the line."""
    x = y = 0
    for right, below in [*pairs, (len(old), len(new))]:
        for at in range(x, right):
            yield at + 1, y + 1, Row("-", old[at])
        for at in range(y, below):
            yield right + 1, at + 1, Row("+", new[at])
        if right < len(old):
            yield right + 1, below + 1, Row(" ", old[right])
        x, y = right + 1, below + 1


def _hunks(rows: Iterable[tuple[int, int, Row]]) -> Iterator[Hunk]:
    kept: list[tuple[int, int, Row]] = []
    same = 0
    """Unchanged lines at the end of `kept`."""
    changed = False
    for row in rows:
        kept.append(row)
        if row[2].sign != " ":
            changed, same = True, 0
            continue
        same += 1
        if not changed:
            del kept[:-CONTEXT]
        elif same > 2 * CONTEXT:
            yield _hunk(kept[: CONTEXT - same])
            kept, same, changed = kept[-CONTEXT:], CONTEXT, False
    if changed:
        yield _hunk(kept[: len(kept) - max(0, same - CONTEXT)])


def _hunk(rows: Sequence[tuple[int, int, Row]]) -> Hunk:
    return Hunk(rows[0][0], rows[0][1], tuple(row for _, _, row in rows))


def inserted(path: str, text: str, at: int, *, numbered: bool) -> FileEdit:
    """Lines that are put in before line `at`."""
    rows = tuple(Row("+", line) for line in lines_of(text))
    return FileEdit(path, (Hunk(at, at, rows),) if rows else (), numbered=numbered)


def whole(path: str, text: str, kind: Literal["add", "delete"]) -> FileEdit:
    """A file that comes or goes with all of its lines."""
    sign: Sign = "+" if kind == "add" else "-"
    rows = tuple(Row(sign, line) for line in lines_of(text))
    return FileEdit(path, (Hunk(1, 1, rows),) if rows else (), kind, numbered=True)


def is_patch(text: str) -> bool:
    """Whether `text` is a patch as Codex writes them."""
    return text.lstrip().startswith(_BEGIN)


def has_hunks(text: str) -> bool:
    """Whether `text` has hunks of a unified diff."""
    return any(_HUNK.match(line) for line in text.split("\n", 2000)) if "@@ -" in text else False


def looks_like_diff(text: str) -> bool:
    """Whether `text` is a diff from its beginning on."""
    head = text[:4000].lstrip("\n")
    if head.startswith(f"{_BEGIN}\n"):
        return True
    return head.startswith(("diff --git ", "--- ")) and "\n+++ " in head and "\n@@" in head


def read_unified(diff: str, path: str) -> Iterator[FileEdit]:
    """A unified diff, by its hunks' own counts: no line of a file passes for a header.

    `path` is the file's, where it is known; a diff of several files names the others.
    """
    name, old_name, kind, hunks = path, "", "update", list[Hunk]()
    rough: Rough = "cut" if CUT in diff else ""
    lines = diff.split("\n", MAX_ROWS)[:MAX_ROWS]
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        found = _HUNK.match(line)
        if found is not None:
            old, new = int(found[1]), int(found[3])
            rows, at = _counted(lines, at, int(found[2] or "1"), int(found[4] or "1"))
            # An empty side is named by the line before it.
            olds, news = (any(row.sign in (" ", sign) for row in rows) for sign in ("-", "+"))
            hunks.append(Hunk(old if olds else old + 1, new if news else new + 1, rows, found[5]))
        elif line.startswith("--- "):
            if hunks:
                yield _read(name, kind, hunks, rough)
                name, kind, hunks = "", "update", []
            old_name = _name_of(line[4:], "a/")
            kind = "update" if old_name else "add"
        elif line.startswith("+++ "):
            new_name = _name_of(line[4:], "b/")
            kind = kind if new_name else "delete"
            if not (path and name == path):
                name = new_name or old_name
    if hunks:
        yield _read(name, kind, hunks, rough)


def _read(name: str, kind: str, hunks: list[Hunk], rough: Rough) -> FileEdit:
    known: Kind = "add" if kind == "add" else "delete" if kind == "delete" else "update"
    return FileEdit(name, tuple(hunks), known, numbered=True, rough=rough)


def _counted(lines: list[str], at: int, old: int, new: int) -> tuple[tuple[Row, ...], int]:
    """The rows of a hunk, and where it ends. Models miscount: what goes on like a hunk is of it."""
    rows: list[Row] = []
    while at < len(lines):
        line = lines[at]
        sign = line[:1]
        is_over = old <= 0 and new <= 0
        if sign == "\\" and rows:
            rows.append(Row("\\", line[1:]))
        elif is_over and (sign not in ("+", "-", " ") or _is_header(lines, at)):
            break
        elif sign == "+":
            rows.append(Row("+", line[1:]))
            new -= 1
        elif sign == "-":
            rows.append(Row("-", line[1:]))
            old -= 1
        elif sign == " " or (not sign and old > 0 and new > 0 and at + 1 < len(lines)):
            # Editors strip the space of a blank line.
            rows.append(Row(" ", line[1:]))
            old, new = old - 1, new - 1
        else:
            break
        at += 1
    return tuple(rows), at


def _is_header(lines: list[str], at: int) -> bool:
    following = lines[at + 1] if at + 1 < len(lines) else ""
    return lines[at].startswith("--- ") and following.startswith("+++ ")


def _name_of(header: str, prefix: str) -> str:
    name = header.partition("\t")[0].strip()
    return "" if name == "/dev/null" else name.removeprefix(prefix)


def read_patch(patch: str) -> Iterator[FileEdit]:
    """A patch as Codex writes them: it says no places, but headings to look for."""
    path, moved, kind = "", "", ""
    hunks: list[Hunk] = []
    rows: list[Row] = []
    heading = ""

    def close_hunk() -> None:
        if any(row.sign in "+-" for row in rows):
            at = 1 if kind != "Update" else 0
            hunks.append(Hunk(at, at, tuple(rows), heading))
        rows.clear()

    def made() -> FileEdit:
        known: Kind = "add" if kind == "Add" else "delete" if kind == "Delete" else "update"
        return FileEdit(path, tuple(hunks), known, numbered=kind == "Add", moved_to=moved)

    for line in patch.split("\n", MAX_ROWS)[:MAX_ROWS]:
        header = _FILE.match(line)
        if header is not None or line.startswith("*** End Patch"):
            close_hunk()
            if path:
                yield made()
            hunks, heading, moved = [], "", ""
            kind, path = (header[1], header[2].strip()) if header is not None else ("", "")
        elif line.startswith(_MOVE):
            moved = line[len(_MOVE) :].strip()
        elif line.startswith("@@"):
            close_hunk()
            heading = line[2:].strip()
        elif line[:1] == "+":
            rows.append(Row("+", line[1:]))
        elif line[:1] == "-":
            rows.append(Row("-", line[1:]))
        elif path and not line.startswith("***"):
            rows.append(Row(" ", line[1:]))
    close_hunk()
    if path:
        yield made()


def patch_text(edits: Sequence[FileEdit]) -> str:
    """The changes as one safe patch: a unified diff, or where a tool doesn't say in which lines of
    the file it changed something, a patch as Codex writes them, which needs no numbers.
    """
    edits = [edit for edit in edits if edit.hunks]
    numbered = all(edit.numbered for edit in edits)
    out: list[str] = []
    before: FileEdit | None = None
    for edit in edits:
        # Changes of one file follow each other under one header.
        if before is None or (before.path, before.kind) != (edit.path, edit.kind):
            out += _header(edit, numbered=numbered)
            before = None
        for hunk in edit.hunks:
            if numbered:
                out.append(_head(hunk))
            elif before is not None or hunk.heading:
                out.append(f"@@ {hunk.heading}".rstrip())
            before = edit
            out += [row.sign + row.text for row in hunk.rows if numbered or row.sign != "\\"]
    if not numbered and any(edit.path for edit in edits):
        out = [_BEGIN, *out, "*** End Patch"]
    return safe_text("\n".join(out))


def _header(edit: FileEdit, *, numbered: bool) -> list[str]:
    path, moved = safe_line(edit.path, MAX_PATH), safe_line(edit.moved_to, MAX_PATH)
    if not path:
        return []
    if not numbered:
        verb = {"add": "Add", "delete": "Delete"}.get(edit.kind, "Update")
        return [f"*** {verb} File: {path}", *([_MOVE + moved] if moved else [])]
    return [
        "--- /dev/null" if edit.kind == "add" else f"--- {path}",
        "+++ /dev/null" if edit.kind == "delete" else f"+++ {moved or path}",
    ]


def _head(hunk: Hunk) -> str:
    heading = f" {hunk.heading}" if hunk.heading else ""
    old, new = hunk.size(" ", "-"), hunk.size(" ", "+")
    # An empty side is named by the line before it.
    starts = (hunk.old if old else hunk.old - 1, hunk.new if new else hunk.new - 1)
    return f"@@ -{starts[0]},{old} +{starts[1]},{new} @@{heading}"
