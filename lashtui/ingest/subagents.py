"""Finds subagents' files and the sessions that they belong to."""

from __future__ import annotations

import os
import stat
from itertools import islice
from typing import TYPE_CHECKING

from lashtui.ingest.tailing import MAX_CHILDREN
from lashtui.ingest.transcripts import (
    child_of,
    children_places,
    is_subagents,
    meta_path,
    parents_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lashtui.producers.children import Child

MAX_LOOKED_AT = 64 * 1024
"""Bytes of the beginning of a subagent's file: its prompt is in its first line."""
MAX_LISTED = 8 * MAX_CHILDREN
"""Files that are looked at to find those of one session's subagents."""


class Subagents:
    """Which files are of one session. Remembers what it has read of files beside it."""

    def __init__(self) -> None:
        self._mains: dict[str, list[str]] = {}

    def main_of(self, path: str) -> list[str]:
        """The session's file that a subagent's file belongs to, if it is there."""
        if not is_subagents(path):
            return []
        known = parents_of(path, b"") or self._mains.get(path)
        if known is None:
            known = parents_of(path, _beginning(path))
            if known:
                self._mains[path] = known
            if len(self._mains) > MAX_LISTED:
                del self._mains[next(iter(self._mains))]
        return [main for main in known if main != path and _is_file(main)][:1]

    def children_of(self, path: str, format_name: str) -> list[str]:
        """The files of a session's subagents, the newest if there are too many."""
        places = children_places(path, format_name)
        found = [each for place in places for each in _agents_below(place)]
        if format_name == "claude-transcript":
            folder = os.path.dirname(path)
            with os.scandir(folder) as entries:
                names = [each.path for each in islice(entries, MAX_LISTED)]
            found += [name for name in names if path in self.main_of(name)]
        return sorted(found, key=_changed_at)[-MAX_CHILDREN:]


def tell(path: str) -> Child:
    """What is known about a subagent by now."""
    return child_of(path, _beginning(path), _beginning(meta_path(path)))


def _agents_below(place: str) -> Iterator[str]:
    count = 0
    for folder, _, names in os.walk(place, followlinks=False):
        for name in names:
            count += 1
            if count > MAX_LISTED:
                return
            path = os.path.join(folder, name)
            if is_subagents(path) and _is_file(path):
                yield path


def _beginning(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(descriptor, MAX_LOOKED_AT)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _changed_at(path: str) -> float:
    try:
        return os.stat(path, follow_symlinks=False).st_mtime
    except OSError:
        return 0.0
