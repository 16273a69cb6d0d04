"""What a call changes in files, from what it was asked to do and what it says that it did. Pure.

Agents name their tools and arguments each in their own way: an old and a new text, a diff, a patch,
a list of changes, a whole file. Whether it has happened is told by the call's state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.text.linediff import Work
from lashtui.text.output import DIFF_KEYS, raw_output
from lashtui.text.patch import (
    CUT,
    FileEdit,
    compared,
    has_hunks,
    inserted,
    is_patch,
    lines_of,
    looks_like_diff,
    read_patch,
    read_unified,
    whole,
)

if TYPE_CHECKING:
    from lashd.view import Entry

PAIRS: Final = (
    ("old_string", "new_string"),
    ("old_text", "new_text"),
    ("old_str", "new_str"),
    ("oldText", "newText"),
    ("oldString", "newString"),
)
PATHS: Final = (
    *("file_path", "filePath", "path", "fileName"),
    *("notebook_path", "absolute_path", "abs_path"),
)
"""Arguments of tools that name a file."""
CONTENTS: Final = ("content", "file_text", "contents", "fileText")
_LISTS: Final = ("changes", "edits")
_PATCHES: Final = ("patch", "input", *DIFF_KEYS)
_INSERTED: Final = ("insert_text", "new_str", "text")
_EACH: Final = ("replace_all", "replaceAll", "allow_multiple")
_WRITERS: Final = frozenset(
    {"write", "write_file", "writefile", "create", "create_file", "edit", "editor"}
    | {"str_replace_based_edit_tool", "str_replace_editor"}
)
"""Tools that replace a file by the text that they are given, where they are given no other."""
_READERS: Final = frozenset({"read", "read_file", "readfile", "view", "view_file", "open_file"})
_CHANGES: Final = re.compile("edit|patch|replace|write|update|create|apply|insert")
"""Tools whose diff is what they did; others only show one."""
_SEPARATORS: Final = re.compile("__|[./:]")
"""Between the parts of a tool's name, as in `file_system.write_file`."""
MAX_CHANGES: Final = 100
"""Changes of one call that are looked at: real ones have a few."""
MAX_KEPT: Final = 32
"""Calls whose changes are kept: as many as are unfolded on a screen. An event replaces what a call
has, and never alters it, so that it is the same as long as it is the same object."""
_kept: dict[tuple[str | None, int, int], tuple[object, object, list[FileEdit]]] = {}


def tool_name(entry: Entry) -> str:
    """The last part of a tool's name, in lower case."""
    return _SEPARATORS.split((entry.name or "").lower())[-1]


def edits_of(entry: Entry, work: Work | None = None) -> list[FileEdit]:
    """What a call changes in files, or would have; empty for a call that changes none.

    What the tool says in its result goes before what it was asked to do. `work` is what comparing
    may cost; without it, the result is kept for the next time that the call is drawn or copied.
    """
    if entry.kind != "tool":
        return []
    if work is not None:
        return _whole_edits(entry, work)
    name, args, output = entry.name, entry.args, entry.output
    key = (name, id(args), id(output))
    known = _kept.get(key)
    if known is not None:
        return known[2]
    found = _whole_edits(entry, Work())
    if len(_kept) >= MAX_KEPT:
        del _kept[next(iter(_kept))]
    # With what it was made from: ids alone may be reused.
    _kept[key] = (args, output, found)
    return found


def _whole_edits(entry: Entry, work: Work) -> list[FileEdit]:
    return [_unless_cut(edit) for edit in _edits(entry, work)]


def _unless_cut(edit: FileEdit) -> FileEdit:
    """Long arguments reach a view without their middle."""
    texts = [row.text for hunk in edit.hunks for row in hunk.rows]
    if edit.content is not None:
        texts = lines_of(edit.content)
    if any(CUT in text for text in texts):
        return msgspec.structs.replace(edit, rough="cut")
    return edit


def _edits(entry: Entry, work: Work) -> list[FileEdit]:
    args, name = entry.args, tool_name(entry)
    changes = _CHANGES.search(name) is not None
    path = path_of(args)
    if changes and (diff := _diff_of_output(entry.output)):
        found = list(read_patch(diff) if is_patch(diff) else read_unified(diff, path))
        if found:
            return found
    if isinstance(args, str):
        if is_patch(args):
            return list(read_patch(args))
        return list(read_unified(args, "")) if changes and looks_like_diff(args) else []
    return list(_of_map(args, path, name, work)) if isinstance(args, dict) else []


def read_path(entry: Entry) -> str:
    """The file whose contents a call has read; empty for other calls."""
    is_reader = tool_name(entry) in _READERS or (
        isinstance(entry.args, dict) and entry.args.get("command") == "view"
    )
    return path_of(entry.args) if entry.kind == "tool" and is_reader else ""


def path_of(args: object) -> str:
    """The file that a call is about, as the agent says it."""
    return (_first(args, PATHS) or "") if isinstance(args, dict) else ""


def _of_map(args: Mapping[str, object], path: str, name: str, work: Work) -> Iterator[FileEdit]:
    changes = _CHANGES.search(name) is not None
    for key in _LISTS:
        each = args.get(key)
        if isinstance(each, list) and each:
            for change in each[:MAX_CHANGES]:
                if isinstance(change, dict):
                    yield from _one(change, path_of(change) or path, work)
            if len(each) > MAX_CHANGES:
                yield FileEdit(path, rough="untold")
            return
    for key in _PATCHES:
        patch = args.get(key)
        if isinstance(patch, str) and is_patch(patch):
            yield from read_patch(patch)
            return
    pair = _pair(args)
    if pair is not None:
        yield compared(path, *pair, work, each=_is_each(args))
        return
    for key in _PATCHES if changes else ():
        patch = args.get(key)
        if isinstance(patch, str) and has_hunks(patch):
            yield from read_unified(patch, path)
            return
    if path and "new_source" in args:
        yield _cell(args, path)
    elif path and (args.get("command") == "insert" or (changes and "insert_line" in args)):
        text, line = _first(args, _INSERTED), args.get("insert_line")
        if text is not None:
            # Tools count the line after which they insert.
            known = isinstance(line, int) and line >= 0
            yield inserted(
                path, text, line + 1 if isinstance(line, int) and known else 1, numbered=known
            )
    elif path and name in _WRITERS:
        text = _first(args, CONTENTS)
        if text is not None:
            yield FileEdit(path, kind="write", content=text)


def _cell(args: Mapping[str, object], path: str) -> FileEdit:
    """A cell of a notebook: what was in it is not said."""
    text, mode = _first(args, ("new_source",)) or "", args.get("edit_mode")
    if mode == "insert":
        return inserted(path, text, 1, numbered=False)
    if mode == "delete":
        return FileEdit(path, rough="untold")
    return FileEdit(path, kind="write", content=text, rough="untold")


def _one(change: Mapping[str, object], path: str, work: Work) -> Iterator[FileEdit]:
    """One of a list of changes."""
    pair = _pair(change)
    if pair is not None:
        yield compared(path, *pair, work, each=_is_each(change))
        return
    if not path:
        return
    kind = change.get("kind", change.get("type"))
    text = _first(change, ("content", *DIFF_KEYS))
    if kind in ("add", "delete") and text is not None and not has_hunks(text):
        yield whole(path, text, "add" if kind == "add" else "delete")
        return
    diff = _first(change, DIFF_KEYS)
    found = list(read_unified(diff, path)) if diff is not None and has_hunks(diff) else []
    yield from found or [FileEdit(path, rough="untold")]


def _diff_of_output(output: object) -> str:
    outcome = output.get("outcome") if isinstance(output, dict) else None
    payload = outcome.get("payload") if isinstance(outcome, dict) else None
    for value in (output, outcome, payload):
        diff = _first(value, DIFF_KEYS) if isinstance(value, dict) else None
        if diff is not None and (has_hunks(diff) or is_patch(diff)):
            return diff
    text = raw_output(output)
    return text if looks_like_diff(text) else ""


def _is_each(args: Mapping[str, object]) -> bool:
    return any(args.get(key) is True for key in _EACH)


def _first(args: Mapping[str, object], keys: tuple[str, ...]) -> str | None:
    return next((value for key in keys if isinstance(value := args.get(key), str)), None)


def _pair(args: Mapping[str, object]) -> tuple[str, str] | None:
    for before, after in PAIRS:
        old, new = args.get(before), args.get(after)
        if isinstance(old, str) and isinstance(new, str):
            return old, new
    return None
