"""One session of a soak: its publishers, its readers, and the audit of both, in one thread."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from lashd.client.blocking import Client
from lashd.errors import LashdError
from lashd.testing.audit.auditor import Auditor
from lashd.testing.audit.marks import Record
from lashd.testing.audit.publisher import PublisherAudit
from lashd.testing.audit.reader import ReaderAudit
from lashd.testing.drive import Drive
from lashd.testing.scripted import ScriptedPublisher
from tests.soak.figures import Figures
from tests.soak.numbers import NumberedByMarks
from tests.soak.publishers import (
    COMMANDS,
    MOST,
    AsyncTalker,
    CommandTalker,
    LibraryTalker,
    Talker,
)
from tests.soak.readers import EndedReader, SoakReader
from tests.soak.stage import Stage

REST_WITHIN = 60.0
"""Seconds for everyone to have everything, after the last event; disturbed as they are."""
REST_OF_WHO_LEFT = 10.0
"""The same where the publisher has gone: a daemon that was started since knows nothing of it."""
STEADY_FOR = 0.2
"""Seconds in which nothing may come, so that all have all."""
PAUSE = 0.1
"""Seconds until a scripted party connects again."""
SCRIPTED = ("restore", "few kept", "bare", "two", "reborn")
LIBRARY = ("drop", "block", "async")
KINDS = (*SCRIPTED, *LIBRARY, *COMMANDS)
"""Of publishers."""


class Act:
    """Call `run` in a thread of its own."""

    def __init__(
        self, stage: Stage, number: int, kind: str, seed: int, *, life: float, rate: float
    ) -> None:
        """A session that is published to for `life` seconds, about `rate` events a second."""
        self._stage = stage
        self._figures = stage.figures
        self._source = random.Random(seed)
        self._kind = kind
        self._life = life
        self._rate = rate
        self.session_id = f"{kind.replace(' ', '-')}-{number}"
        self._auditor = Auditor()
        self._noted: deque[Callable[[], None]] = deque()
        self._publishers: list[SoakPublisher] = []
        self._births = 0
        self._talker: Talker | None = None
        self._numbered: NumberedByMarks | None = None
        self._readers: list[SoakReader] = []
        self._direct = Drive(stage.socket_path, pause=PAUSE)
        self._faulty = Drive(stage.proxy_path, pause=PAUSE)
        self._ended = EndedReader(
            stage,
            self.session_id,
            self._auditor.reader("ended", self.session_id),
            self._noted.append,
            self._source,
        )
        self._end_at = time.monotonic() + self._source.uniform(1.0, 5.0)
        self._removed_at = time.monotonic()

    def note(self, way: str, message: Record) -> None:
        """What a publisher of the session sent, or received: from any thread, in order."""
        numbered = self._numbered
        if numbered is not None:
            take = numbered.sent if way == "sent" else numbered.received
            self._noted.append(lambda: take(message))

    def run(self) -> None:
        """All of it. Never raises."""
        try:
            self._begin()
            self._go_on()
            self._come_to_rest()
            self._finish()
        except Exception as error:  # the soak goes on without it, and says so
            self._figures.wrong(f"session {self.session_id}: {type(error).__name__}: {error}")
        finally:
            self._clean_up()

    # -- its course -------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._figures.add("sessions, each with its publishers and readers")
        self._add_reader(self._direct, "steady", "start")
        self._add_reader(self._faulty, "shaken", "start")
        self._add_reader(self._faulty, "late", "now")
        if self._kind in SCRIPTED:
            for _ in range(2 if self._kind == "two" else 1):
                self._add_publisher()
        else:
            self._talker = self._make_talker()
            self._numbered = NumberedByMarks(
                self._auditor.publisher(self._talker.name, self.session_id)
            )
            self._talker.start()
        self._ended.start()

    def _go_on(self) -> None:
        until = time.monotonic() + self._life
        next_events = 0.0
        while time.monotonic() < until and not self._stage.over.is_set():
            now = time.monotonic()
            if now >= next_events and self._publishers:
                count = self._publish(self._source.choice(self._publishers))
                next_events = now + self._source.expovariate(self._rate / count)
            if self._talker is not None and self._talker.leaves and self._talker.is_done:
                return
            self._step()

    def _step(self) -> None:
        self._drain()
        self._direct.step()
        self._faulty.step()
        now = time.monotonic()
        for reader in self._readers:
            if reader.finished:
                self._replace_reader(reader)
        if now >= self._end_at:
            self._end_at = now + self._source.uniform(2.0, 8.0)
            self._ended.end()
            self._drain()
            self._ended.start()
        if self._kind == "reborn" and now >= self._removed_at + self._life / 4:
            self._removed_at = now
            self._remove()

    def _come_to_rest(self) -> None:
        """Until everyone has everything: all readers stand where the last event does."""
        self._removed_at = self._end_at = float("inf")
        if self._talker is not None:
            self._talker.stop()
        leaves = self._talker is not None and self._talker.leaves
        deadline = time.monotonic() + REST_WITHIN
        at_rest_since: float | None = None
        while time.monotonic() < deadline:
            self._step()
            if self._ended.is_over:
                self._ended.end()
                self._drain()
                self._ended.start()
            if leaves and self._talker is not None and self._talker.is_done:
                deadline, leaves = min(deadline, time.monotonic() + REST_OF_WHO_LEFT), False
            if not self._is_at_rest():
                at_rest_since = None
            elif at_rest_since is None:
                at_rest_since = time.monotonic()
            elif time.monotonic() - at_rest_since > STEADY_FOR:
                return
        if self._talker is None or not self._talker.leaves:
            standing = {one.name: one.position for one in self._audits()}
            latest = {one.audit.name: [*one.records] for one in self._readers}
            self._figures.wrong(
                f"session {self.session_id} does not come to rest: {standing},"
                f" {self._direct.connected} and {self._faulty.connected} connected, {latest}"
            )

    def _is_at_rest(self) -> bool:
        settled = all(publisher.settled for publisher in self._publishers)
        if self._talker is not None and not self._talker.is_done:
            return False
        positions = {one.position for one in self._audits()}
        return settled and len(positions) == 1 and None not in positions

    def _finish(self) -> None:
        self._ended.end()
        self._drain()
        for violation in self._auditor.finish():
            self._figures.wrong(f"{self.session_id}: {violation}")
        if self._auditor.report.more:
            self._figures.wrong(f"{self.session_id}: {self._auditor.report.more} more")
        self._figures.add("events read", self._auditor.events)
        for publisher in self._publishers:
            self._count(publisher)
        if self._numbered is not None and self._talker is not None:
            self._figures.add("events published", self._talker.said)
            self._figures.add("events sent again", self._numbered.again)
            self._figures.add("views restored", self._numbered.restored)
            self._figures.add("views sent for dropped events", self._numbered.views)

    def _clean_up(self) -> None:
        self._ended.end()
        if self._talker is not None:
            self._talker.close()
        self._direct.close()
        self._faulty.close()
        with suppress(LashdError, OSError), Client(self._stage.socket_path) as client:
            client.remove(self.session_id, force=True)

    # -- parties ----------------------------------------------------------------------------------

    def _drain(self) -> None:
        while self._noted:
            self._noted.popleft()()

    def _audits(self) -> list[ReaderAudit]:
        return [self._ended.audit, *(reader.audit for reader in self._readers)]

    def _add_reader(self, drive: Drive, name: str, start: Literal["start", "now"]) -> None:
        audit = self._auditor.reader(name, self.session_id)
        reader = SoakReader(self.session_id, audit, self._drain, self._stage, start=start)
        self._readers.append(reader)
        drive.parties.append(reader)

    def _replace_reader(self, reader: SoakReader) -> None:
        """Its session was forgotten; it waits for the next one of that name."""
        drive = self._direct if reader in self._direct.parties else self._faulty
        drive.drop(reader)
        drive.parties.remove(reader)
        self._readers.remove(reader)
        again = SoakReader(
            self.session_id, reader.audit, self._drain, self._stage, cursor=reader.cursor
        )
        self._readers.append(again)
        drive.parties.append(again)

    def _add_publisher(self) -> None:
        self._births += 1
        name = f"p{self._births}"
        publisher = SoakPublisher(
            name,
            self.session_id,
            self._auditor.publisher(name, self.session_id),
            self._figures,
            restores=self._kind != "bare",
            keep=200 if self._kind == "few kept" else 10_000,
        )
        self._publishers.append(publisher)
        self._faulty.parties.append(publisher)

    def _remove(self) -> None:
        """The session is removed, and another publisher bears one of that name."""
        try:
            with Client(self._stage.socket_path) as client:
                client.remove(self.session_id, force=True)
        except (LashdError, OSError):
            return  # there is no daemon, or it doesn't know the session
        self._figures.add("sessions removed and born again")
        for publisher in self._publishers:
            self._faulty.drop(publisher)
            self._faulty.parties.remove(publisher)
            self._count(publisher)
        self._publishers.clear()
        self._add_publisher()

    def _count(self, publisher: SoakPublisher) -> None:
        self._figures.add("events published", publisher.number)
        self._figures.add("views restored", publisher.restored)
        self._figures.add("views sent for dropped events", publisher.views)
        self._figures.add("events sent again", publisher.again)

    def _publish(self, publisher: SoakPublisher) -> int:
        count = self._source.choice((1, 1, 2, 5, 30))
        if publisher.number > MOST:
            return count
        for _ in range(count):
            chance = self._source.random()
            if chance < 0.95:
                kind = self._source.choice(
                    ("user_message", "assistant_prose_delta", "reasoning_delta")
                )
                publisher.say("x" * self._source.choice((0, 5, 200)), kind)
            elif chance < 0.98:
                publisher.publish({"type": "committed"})
            else:
                publisher.publish({"type": "usage", "usage": {"input": 1}})
        return count

    def _make_talker(self) -> Talker:
        name, source = "t1", random.Random(self._source.random())
        where = (self._stage, name, self.session_id, source, self._rate)
        if self._kind == "async":
            return AsyncTalker(*where, overflow="drop")
        if self._kind == "drop":
            return LibraryTalker(*where, overflow="drop")
        if self._kind == "block":
            return LibraryTalker(*where, overflow="block")
        return CommandTalker(*where, words=COMMANDS[self._kind])


class SoakPublisher(ScriptedPublisher):
    """Counts what it does."""

    def __init__(
        self,
        name: str,
        session_id: str,
        audit: PublisherAudit,
        figures: Figures,
        *,
        restores: bool,
        keep: int,
    ) -> None:
        super().__init__(name, session_id, audit, restores=restores, keep=keep)
        self.views = self.again = 0
        self._figures = figures
        self._highest = 0

    def connected(self) -> None:
        self._figures.add("publishers connected")
        super().connected()

    def _message(self, message: Record) -> None:
        if message["type"] == "append":
            self.views += message.get("view") is not None
            last = message["first"] + len(message["events"]) - 1
            self.again += max(0, min(self._highest, last) - message["first"] + 1)
            self._highest = max(self._highest, last)
        super()._message(message)
