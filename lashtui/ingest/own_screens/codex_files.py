"""What Codex's own screen says without a daemon: the files that it has open.

A message is there once it is whole, and no question that waits for a person.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lashtui.ingest.codex_files import this_run
from lashtui.ingest.flush_timer import FlushTimer
from lashtui.ingest.rollouts import Rollouts
from lashtui.ingest.transcripts import MAX_HEAD, parent_thread, thread_of
from lashtui.process.others import above
from lashtui.producers.codex.rollout import CodexRolloutProducer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashtui.ingest.sink import Sink
    from lashtui.process.others import Processes

MAX_FILES: Final = 64
"""Files of one screen: as many sessions are published."""


class OwnFiles:
    """The files of the sessions of one screen."""

    def __init__(
        self, folder: str, began_ms: int, look: Callable[[], Processes | None], pid: int
    ) -> None:
        """Nothing is looked for yet.

        Args:
            folder: where Codex keeps its files.
            began_ms: when the screen began; what its files say of earlier is the past.
            look: the processes of this machine.
            pid: the process that has started Codex.
        """
        self._folder = os.path.realpath(folder) + os.sep
        self._began_ms = began_ms
        self._look = look
        self._pid = pid
        self._files: dict[str, _File] = {}
        """By their threads."""
        self._passed: dict[str, None] = {}
        """Files of subagents, and those that can't be read."""

    @property
    def are_any(self) -> bool:
        """Whether one was found."""
        return bool(self._files)

    def find(self, tell: Callable[[str], Sink]) -> None:
        """Find those that Codex has open now; `tell` says where another thread is told."""
        found = self._look()
        if found is None:
            return
        for path in sorted(found.holders, key=os.path.basename):
            thread = thread_of(path)
            is_below = path.startswith(self._folder)
            if not thread or path in self._passed or not is_below:
                continue
            if self._pid not in above(found.holders[path], found):
                continue
            known = self._files.get(thread)
            if known is not None:
                known.file.goes_on_in(path)
            elif len(self._files) < MAX_FILES:
                self._open(path, tell)

    def read(self) -> None:
        """Tell what was added."""
        for each in self._files.values():
            each.read()

    def close(self) -> None:
        """Tell the rest."""
        for each in self._files.values():
            each.close()
        self._files.clear()

    def _open(self, path: str, tell: Callable[[str], Sink]) -> None:
        try:
            file = Rollouts(path)
        except OSError:
            return
        head = file.head()
        if b"\n" not in head and len(head) < MAX_HEAD:
            file.close()  # its first line is not whole yet
        elif parent_thread(head):
            file.close()
            self._passed[path] = None
        else:
            self._files[thread_of(path)] = _File(file, tell(thread_of(path)), self._began_ms)


class _File:
    """One session's file."""

    def __init__(self, file: Rollouts, sink: Sink, began_ms: int) -> None:
        self.file = file
        self._sink = sink
        self._producer = CodexRolloutProducer()
        self._this_run = this_run(began_ms)
        self._timer = FlushTimer(self._producer)

    def read(self) -> None:
        while data := self.file.read():
            self._tell(self._this_run.of(data))
            self._timer.input_came()
        if self._timer.is_due():
            for each in self._producer.flush():
                self._sink.publish(each)

    def close(self) -> None:
        self.read()
        for each in self._producer.flush():
            self._sink.publish(each)
        self.file.close()

    def _tell(self, data: bytes) -> None:
        for each in self._producer.feed(data):
            self._sink.publish(each)
