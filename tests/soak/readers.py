"""Readers of a soak: scripted ones, and `lashtui attach` that is ended and resumes."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from lashd.testing.audit.marks import Record
from lashd.testing.audit.reader import EVENTS, ReaderAudit
from lashd.testing.scripted import ScriptedReader
from tests.soak.stage import Stage

ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)


class SoakReader(ScriptedReader):
    """Notes what others did before it takes in what it received."""

    def __init__(
        self,
        session_id: str,
        audit: ReaderAudit,
        drain: Callable[[], None],
        stage: Stage,
        *,
        start: Literal["snapshot", "start", "now"] = "start",
        cursor: str | None = None,
    ) -> None:
        super().__init__(session_id, audit, start=start, cursor=cursor, keep=3)
        self.audit = audit
        self._drain = drain
        self._figures = stage.figures

    def connected(self) -> None:
        self._figures.add("readers connected")
        super().connected()

    def receive(self, data: bytes) -> None:
        self._drain()
        super().receive(data)

    def _received(self, record: Record) -> None:
        count_gap(self._figures.add, record)
        super()._received(record)


class EndedReader:
    """`lashtui attach --cursor-file`, ended by signals and started again.

    Its records are noted by `queue`, to be passed to `take` by whoever owns the audit.
    """

    def __init__(
        self,
        stage: Stage,
        session_id: str,
        audit: ReaderAudit,
        queue: Callable[[Callable[[], None]], None],
        source: random.Random,
    ) -> None:
        self.audit = audit
        self._stage = stage
        self._session_id = session_id
        self._queue = queue
        self._source = source
        self._file = Path(stage.directory) / f"{session_id}.cursor"
        self._errors = Path(stage.directory) / f"{session_id}.stderr"
        self._cursor: str | None = None
        """Of the last record that was its own, as we read it."""
        self._has_failed = False
        self._has_spoken = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, or go on where the file says."""
        cursor = self._file.read_text(encoding="utf-8").strip() if self._file.exists() else None
        self._cursor = None
        self._has_spoken.clear()
        self.audit.attaching(cursor)
        self._stage.figures.add("readers connected")
        words = ["attach", self._session_id, "--format=json", "--wait", "--no-start"]
        with self._errors.open("ab") as errors:
            self._process = self._stage.start(
                [*words, f"--cursor-file={self._file}"],
                self._stage.socket_path,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self._thread = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """It has ended by itself: the session was removed, or there is no daemon."""
        return self._process is None or self._process.poll() is not None

    def end(self) -> None:
        """End it by a signal, and check what it leaves. Everything it wrote is queued by then."""
        process, self._process = self._process, None
        if process is None:
            return
        self._stage.forget(process)
        chosen = self._source.choice(ENDS)
        if chosen == signal.SIGINT and not self._has_spoken.is_set():
            chosen = signal.SIGTERM  # Python itself prints a traceback where it has just begun
        if process.poll() is None:
            self._stage.figures.add(f"readers ended by {chosen.name}")
            process.send_signal(chosen)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            self._stage.figures.wrong(f"`attach` does not end by {chosen.name}")
            process.kill()
        assert self._thread is not None
        self._thread.join()
        assert process.stdout is not None
        process.stdout.close()
        code = process.wait()
        self._queue(lambda: self._ended(chosen, code))

    def _ended(self, number: signal.Signals, code: int) -> None:
        self.audit.lost()
        errors = self._errors.read_text(encoding="utf-8", errors="replace")
        if "Traceback" in errors and not self._has_failed:
            self._has_failed = True
            self._stage.figures.wrong(f"`attach` of {self._session_id} printed {errors[-3000:]}")
        if code in (128 + signal.SIGTERM, 128 + signal.SIGINT) and self._cursor is not None:
            stored = self._file.read_text(encoding="utf-8").strip()
            if stored != self._cursor:
                self._stage.figures.wrong(
                    f"`attach` was ended by {number.name} at {self._cursor} and stored {stored}"
                )

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._has_spoken.set()
            if line.endswith(b"\n"):  # the last one of a killed reader may be cut
                record: Record = json.loads(line)
                self._queue(lambda record=record: self._take(record))  # type: ignore[misc]

    def _take(self, record: Record) -> None:
        count_gap(self._stage.figures.add, record)
        self.audit.received(record)
        if record["type"] in EVENTS or record["type"] in ("observation", "synced"):
            self._cursor = record["cursor"]


def count_gap(add: Callable[[str], None], record: Record) -> None:
    """Count gaps by their reason."""
    if record["type"] == "gap":
        add(f"gaps: {record.get('reason')}")
