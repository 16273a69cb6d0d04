"""Which files a call changed, and by how many lines, from what it was asked to do. Pure.

Agents name their tools and arguments each in their own way: an old and a new text, a diff, a patch,
a list of changes, a whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.render.tool_text import looks_like_diff
from lashtui.text.output import DIFF_KEYS, raw_output

if TYPE_CHECKING:
    from lashd.view import Entry

PAIRS: Final = (
    ("old_string", "new_string"),
    ("old_text", "new_text"),
    ("old_str", "new_str"),
    ("oldText", "newText"),
    ("oldString", "newString"),
)
_PATHS: Final = ("file_path", "filePath", "path", "fileName", "notebook_path")
_CONTENTS: Final = ("content", "file_text", "contents")
_LISTS: Final = ("changes", "edits")
_PATCHES: Final = ("patch", "input")
_INSERTED: Final = ("insert_text", "new_str")
_EACH: Final = ("replace_all", "replaceAll")
_WRITERS: Final = frozenset(
    {"write", "write_file", "writefile", "create", "create_file", "edit", "editor"}
    | {"str_replace_based_edit_tool", "str_replace_editor"}
)
"""Tools that replace a file by the text that they are given, where they are given no other."""
_CHANGES: Final = re.compile("edit|patch|replace|write|update|create|apply")
"""Tools whose diff is what they did; others only show one."""
_SEPARATORS: Final = re.compile("__|[./:]")
"""Between the parts of a tool's name, as in `file_system.write_file`."""
MAX_CHANGES: Final = 100
"""Changes of one call that are looked at: real ones have a few."""
MAX_LINES: Final = 300
"""Lines on either side that are compared exactly: at the worst this takes 10 ms."""
_HUNK: Final = re.compile(r"^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_FILE: Final = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$")


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


def changes_of(entry: Entry) -> list[Change]:
    """What a call that succeeded changed; empty for all others."""
    if entry.kind != "tool" or entry.state != "success":
        return []
    args = entry.args
    if isinstance(args, str):
        return list(_patched(args)) if args.lstrip().startswith("*** Begin Patch") else []
    if not isinstance(args, dict):
        return []
    name = _SEPARATORS.split((entry.name or "").lower())[-1]
    found = list(_of_map(args, _path(args), name))
    if not found and _CHANGES.search(name) is not None:
        found = list(_of_diff(_diff_of_output(entry.output), _path(args)))
    return found


def _of_map(args: Mapping[str, object], path: str, name: str) -> Iterator[Change]:
    for key in _LISTS:
        each = args.get(key)
        if isinstance(each, list) and each:
            for change in each[:MAX_CHANGES]:
                if isinstance(change, dict):
                    yield from _one(change, _path(change) or path)
            return
    for key in _PATCHES:
        patch = args.get(key)
        if isinstance(patch, str) and patch.lstrip().startswith("*** Begin Patch"):
            yield from _patched(patch)
            return
    found = _pair(args)
    if found is not None and path:
        yield _compared(path, *found, exact=not any(args.get(key) is True for key in _EACH))
        return
    diff = _diff_in(args) if _CHANGES.search(name) is not None else ""
    if diff:
        yield from _of_diff(diff, path)
        return
    if not path or name not in _WRITERS:
        return
    if args.get("command") == "insert" or "insert_line" in args:
        text = _first(args, _INSERTED)
        if text is not None:
            yield Change(path, _lines(text))
        return
    text = _first(args, _CONTENTS)
    if text is not None:
        yield Change(path, _lines(text), written=True)


def _one(change: Mapping[str, object], path: str) -> Iterator[Change]:
    """One of a list of changes."""
    if not path:
        return
    pair = _pair(change)
    if pair is not None:
        yield _compared(path, *pair, exact=not any(change.get(key) is True for key in _EACH))
        return
    kind = change.get("kind", change.get("type"))
    text = _first(change, ("content", *DIFF_KEYS))
    diff = _diff_in(change)
    if kind in ("add", "delete") and text is not None and not _HUNK.search(text):
        size = _lines(text)
        yield Change(path, size) if kind == "add" else Change(path, 0, size)
    elif diff:
        yield from _of_diff(diff, path)
    else:
        yield Change(path, exact=False)


def _diff_of_output(output: object) -> str:
    outcome = output.get("outcome") if isinstance(output, dict) else None
    payload = outcome.get("payload") if isinstance(outcome, dict) else None
    for value in (output, outcome, payload):
        diff = _diff_in(value) if isinstance(value, dict) else ""
        if diff:
            return diff
    text = raw_output(output)
    return text if looks_like_diff(text) else ""


def _of_diff(diff: str, path: str) -> Iterator[Change]:
    """A unified diff: by its hunks' own counts, so that no line of a file passes for a header."""
    name, added, deleted, seen = path, 0, 0, False
    old = new = 0
    for line in diff.split("\n"):
        if old > 0 or new > 0:
            if line.startswith("+"):
                added, new = added + 1, new - 1
            elif line.startswith("-"):
                deleted, old = deleted + 1, old - 1
            elif not line.startswith("\\"):
                old, new = old - 1, new - 1
            continue
        hunk = _HUNK.match(line)
        if hunk is not None:
            old, new = (int(count or "1") for count in hunk.groups())
            seen = True
        elif line.startswith("--- ") and seen:
            if name:
                yield Change(name, added, deleted)
            name, added, deleted, seen = "", 0, 0, False
        elif line.startswith("+++ ") and not (path and name == path):
            name = _name_of(line[4:])
    if name and seen:
        yield Change(name, added, deleted)


def _name_of(header: str) -> str:
    name = header.partition("\t")[0].strip()
    return "" if name == "/dev/null" else name.removeprefix("b/")


def _patched(patch: str) -> Iterator[Change]:
    """A patch as Codex writes them."""
    path, added, deleted = "", 0, 0
    for line in patch.split("\n"):
        header = _FILE.match(line)
        if header is not None or line.startswith("*** End Patch"):
            if path:
                yield Change(path, added, deleted)
            path, added, deleted = header[1].strip() if header is not None else "", 0, 0
        elif line.startswith("+"):
            added += 1
        elif line.startswith("-"):
            deleted += 1
    if path:
        yield Change(path, added, deleted)


def _compared(path: str, old: str, new: str, *, exact: bool) -> Change:
    before, after = _split(old), _split(new)
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    before, after = before[head : len(before) - tail], after[head : len(after) - tail]
    same = 0
    if before and after:
        if max(len(before), len(after)) > MAX_LINES:
            exact = False
        else:
            from difflib import SequenceMatcher  # late: most calls change nothing

            matcher = SequenceMatcher(None, before, after, autojunk=False)
            same = sum(block.size for block in matcher.get_matching_blocks())
    return Change(path, len(after) - same, len(before) - same, exact)


def _split(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _lines(text: str) -> int:
    return len(_split(text))


def _path(args: Mapping[str, object]) -> str:
    return _first(args, _PATHS) or ""


def _first(args: Mapping[str, object], keys: tuple[str, ...]) -> str | None:
    return next((value for key in keys if isinstance(value := args.get(key), str)), None)


def _pair(args: Mapping[str, object]) -> tuple[str, str] | None:
    for before, after in PAIRS:
        old, new = args.get(before), args.get(after)
        if isinstance(old, str) and isinstance(new, str):
            return old, new
    return None


def _diff_in(args: Mapping[str, object]) -> str:
    text = _first(args, DIFF_KEYS)
    return text if text is not None and "@@ -" in text else ""
