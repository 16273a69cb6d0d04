"""qwen's own screen: it writes its events to the file of `--json-file`.

A file, not a pipe: qwen gives up its events for good when a pipe is full, which one long line makes
it. A file takes all at once, whatever becomes of us.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from lashd.clock import now_ms
from lashtui.homes import sessions_of
from lashtui.ingest.launch import until_end

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lashtui.ingest.launch import Launch
    from lashtui.ingest.own_screens.screen import OwnScreen, Told

OPTION: Final = "--json-file"
_OWN: Final = (OPTION, "--json-fd")
"""With one of these the user reads the events; qwen has one such file at most."""


def open_screen(start: Launch, environment: Mapping[str, str]) -> OwnScreen | None:
    """Make the file; None if the user chose another one.

    Raises:
        OSError: there is no place for it.
    """
    words = start.command[start.screen_at :]
    if any(word.partition("=")[0] in _OWN for word in until_end(words)):
        return None
    return QwenScreen(start.command, start.screen_at, sessions_of("qwen", environment))


class QwenScreen:
    """qwen with a file of ours, in a directory that only this user can look into."""

    environment: Mapping[str, str] = MappingProxyType({})

    def __init__(self, command: list[str], place: int, projects: str) -> None:
        """Make the file.

        Args:
            command: of the user.
            place: where options of its screen go.
            projects: where qwen keeps the files of its sessions.

        Raises:
            OSError: there is no place for it.
        """
        self._directory = tempfile.mkdtemp(prefix="lashtui-qwen-")
        path = os.path.join(self._directory, "events.jsonl")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o600)
        self.added: tuple[str, ...] = (OPTION, path)
        self.command = [*command[:place], *self.added, *command[place:]]
        self._projects = projects
        self._began_ms = now_ms()

    @cached_property
    def first(self) -> Told:
        """What it tells."""
        from lashtui.ingest.own_screens.qwen_files import OwnFile, QwenEvents

        return QwenEvents(self._descriptor, OwnFile(self._projects, self._began_ms))

    def more(self) -> list[Told]:
        """None: qwen tells of one session at a time; a new one goes on in the same file."""
        return []

    def close(self) -> None:
        """Remove the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            shutil.rmtree(self._directory, ignore_errors=True)
