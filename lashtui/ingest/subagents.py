"""Finds subagents' files and the sessions that they belong to."""

from __future__ import annotations

import os
import stat
import time
from itertools import islice
from typing import TYPE_CHECKING

from lashtui.ingest.growing import beginning, changed_at
from lashtui.ingest.tailing import MAX_CHILDREN
from lashtui.ingest.transcripts import (
    child_of,
    children_places,
    days_of,
    is_continuation,
    is_subagents,
    meta_path,
    parent_thread,
    parents_of,
    thread_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lashtui.producers.children import Child

MAX_LOOKED_AT = 64 * 1024
"""Bytes of the beginning of a subagent's file: its prompt is in its first line."""
MAX_FIRST_LINE = 16 * 1024
"""The same of Codex: what its first line says comes before its long instructions."""
MAX_DEPTH = 8
"""Subagents of subagents of one session; Codex allows fewer."""
MAX_LISTED = 8 * MAX_CHILDREN
"""Files that are looked at to find those of one session's subagents."""


class Subagents:
    """Which files are of one session. Remembers what it has read of files beside it."""

    def __init__(self) -> None:
        self._mains: dict[str, list[str]] = {}

    def main_of(self, path: str) -> list[str]:
        """The session's file that a subagent's file belongs to, if it is there."""
        if thread_of(path):
            return self._root_of(path)
        if not is_subagents(path):
            return []
        known = parents_of(path, b"") or self._mains.get(path)
        if known is None:
            known = parents_of(path, beginning(path, MAX_LOOKED_AT))
            if known:
                self._keep(path, known)
        return [main for main in known if main != path and _is_file(main)][:1]

    def _root_of(self, path: str) -> list[str]:
        """Of Codex: the session that started the one that started it."""
        above = path
        for _ in range(MAX_DEPTH):
            parent = self._parent_of(above)
            if not parent:
                break
            above = parent
        return [above] if above != path and _is_file(above) else []

    def _parent_of(self, path: str) -> str:
        if path not in self._mains and is_continuation(path):
            own = thread_of(path)
            names = [each for place in days_of(path, own) for each in _rollouts_in(place)]
            names = [each for each in names if thread_of(each) == own]
            first = min(names, key=os.path.basename, default=path)
            if first != path:
                self._keep(path, [first])
        if path not in self._mains:
            head = beginning(path, MAX_FIRST_LINE)
            if b"\n" not in head and len(head) < MAX_FIRST_LINE:
                return ""  # its first line is not whole yet
            thread = parent_thread(head)
            places = days_of(path, thread) if thread else ()
            names = [each for place in places for each in _rollouts_in(place)]
            found = [name for name in names if thread_of(name) == thread]
            if thread and not found:
                return ""  # it may be there later
            self._keep(path, found[:1])
        return next(iter(self._mains[path]), "")

    def _keep(self, path: str, mains: list[str]) -> None:
        self._mains[path] = mains
        if len(self._mains) > MAX_LISTED:
            del self._mains[next(iter(self._mains))]

    def children_of(self, path: str, format_name: str) -> list[str]:
        """The files of a session's subagents, the newest if there are too many."""
        if format_name == "codex-rollout":
            return self._children_of_thread(path)
        places = children_places(path, format_name)
        found = [each for place in places for each in _agents_below(place)]
        if format_name == "claude-transcript":
            folder = os.path.dirname(path)
            with os.scandir(folder) as entries:
                names = [each.path for each in islice(entries, MAX_LISTED)]
            found += [name for name in names if path in self.main_of(name)]
        return sorted(found, key=changed_at)[-MAX_CHILDREN:]

    def _children_of_thread(self, path: str) -> list[str]:
        """Rollouts of the days on which a session's subagents may have begun."""
        last = time.strftime("%Y/%m/%d", time.localtime(changed_at(path)))
        places = days_of(path, thread_of(path))
        places.append(os.path.join(os.path.dirname(path), "..", "..", "..", last))
        places = list(dict.fromkeys(os.path.normpath(place) for place in places))
        names = [each for place in places for each in _rollouts_in(place)][:MAX_LISTED]
        own = thread_of(path)
        later = [name for name in names if thread_of(name) >= own and name != path]
        return [name for name in later if self._root_of(name) == [path]][-MAX_CHILDREN:]


def tell(path: str) -> Child:
    """What is known about a subagent by now."""
    if thread_of(path):
        return child_of(path, beginning(path, MAX_FIRST_LINE), b"")
    return child_of(path, beginning(path, MAX_LOOKED_AT), beginning(meta_path(path), MAX_LOOKED_AT))


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


def _rollouts_in(place: str) -> list[str]:
    try:
        names = sorted(os.listdir(place))
    except OSError:
        return []
    return [os.path.join(place, name) for name in names if thread_of(name)]


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path, follow_symlinks=False).st_mode)
    except OSError:
        return False
