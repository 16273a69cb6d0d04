"""One publisher at the home, readers at the home and at mirrors, all of them audited."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from lashd.testing.audit.auditor import Auditor
from lashd.testing.audit.marks import Record
from lashd.testing.drive import Drive
from lashd.testing.scripted import ScriptedPublisher, ScriptedReader
from tests.waiting import PATIENCE

SESSION = "build"


class Watched:
    """A session that is published to and read."""

    def __init__(self, home: str, session_id: str = SESSION) -> None:
        self.auditor = Auditor()
        self.session_id = session_id
        self.publisher = ScriptedPublisher("p", session_id, self.auditor.publisher("p", session_id))
        self.near = ScriptedReader(session_id, self.auditor.reader("near", session_id))
        self._drives = [Drive(home, self.publisher, self.near, pause=0.05)]
        self.readers = [self.near]

    def read(
        self, path: str, *, start: Literal["snapshot", "start", "now"] = "start", name: str = "far"
    ) -> ScriptedReader:
        """Another reader, at another socket."""
        name = f"{name}{len(self.readers)}"
        audit = self.auditor.reader(name, self.session_id)
        reader = ScriptedReader(self.session_id, audit, start=start)
        self._drives.append(Drive(path, reader, pause=0.05))
        self.readers.append(reader)
        return reader

    def say(self, count: int) -> None:
        """Publish so many events; they have landed when this returns."""
        for _ in range(count):
            self.publisher.say("hello")
        self.until(lambda: self.publisher.settled, "the home takes what is published")

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Carry everybody's bytes until `condition` holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, what
            for drive in self._drives:
                drive.step()

    def pass_time(self, seconds: float) -> None:
        """Carry everybody's bytes for a while: nothing is expected that could be waited for."""
        deadline = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > deadline, "")

    def settle(self) -> None:
        """Everybody has everything."""
        self.until(
            lambda: (
                self.publisher.settled
                and self.near.cursor is not None
                and all(reader.cursor == self.near.cursor for reader in self.readers)
            ),
            "all readers are where the home is: "
            + ", ".join(str(reader.cursor) for reader in self.readers),
        )

    def gaps(self, reader: ScriptedReader) -> list[Record]:
        """Those that it got."""
        return [record for record in reader.records if record["type"] == "gap"]

    def close(self) -> list[str]:
        """Lose all connections; what the auditor found."""
        for drive in self._drives:
            drive.close()
        return [str(violation) for violation in self.auditor.finish()]
