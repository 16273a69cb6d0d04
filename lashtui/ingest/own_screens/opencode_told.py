"""What opencode's own screen tells: each session of its server, once anything happens in it."""

from __future__ import annotations

import queue
from collections import deque
from typing import TYPE_CHECKING, Final

from lashtui.ingest.opencode.reader import Reader
from lashtui.ingest.own_screens.screen import Told
from lashtui.producers.opencode.sse import OpencodeSseProducer

if TYPE_CHECKING:
    from collections.abc import Collection

    from lashd.events import SessionOutcome
    from lashtui.ingest.opencode.http import Server
    from lashtui.producers import Produced

MAX_AT_ONCE: Final = 256
"""Pieces that are taken before the screen is shown again."""
LEAVE_WITHIN: Final = 0.5
"""Seconds to leave a server that has ended."""


class OpencodeTold:
    """The sessions of one screen."""

    def __init__(self, server: Server) -> None:
        """Begin to read it; it may listen only later."""
        self._reader = Reader(server)
        self.first = SessionTold(self)
        self._sessions: dict[str, SessionTold] = {}
        self._begun: list[Told] = []
        self._reader.start()

    def more(self) -> list[Told]:
        """Further sessions that have begun since the last call."""
        self.sort()
        begun, self._begun = self._begun, []
        return begun

    def sort(self) -> None:
        """Give each session what was said of it."""
        for _ in range(MAX_AT_ONCE):
            try:
                said = self._reader.said.get_nowait()
            except queue.Empty:
                return
            told = self._sessions.get(said.about.id)
            if told is None:
                told = self.first if not self._sessions else SessionTold(self)
                told.begin(said.about.id)
                self._sessions[said.about.id] = told
                if told is not self.first:
                    self._begun.append(told)
            told.waiting.append(said.data)

    def close(self) -> None:
        """Leave the server."""
        self._reader.stop()
        self._reader.join(LEAVE_WITHIN)


class SessionTold(Told):
    """One of its sessions; as the first one, also before there is any."""

    def __init__(self, screen: OpencodeTold) -> None:
        self._screen = screen
        self._producer = OpencodeSseProducer()
        self.waiting: deque[bytes] = deque()
        """What was said of it."""

    def begin(self, session: str) -> None:
        """It is this one of opencode's."""
        self._producer = OpencodeSseProducer(session_id=session)

    @property
    def ids(self) -> Collection[str]:
        """This one's."""
        return (self._producer.session,) if self._producer.session else ()

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._producer.in_turn

    def take_warnings(self) -> list[str]:
        """Sentences about what could not be used, since the last call."""
        return self._producer.take_warnings()

    def poll(self) -> list[Produced]:
        """What was said since the last call."""
        self._screen.sort()
        produced: list[Produced] = []
        while self.waiting:
            produced += self._producer.feed(self.waiting.popleft())
        return produced

    def flush(self) -> list[Produced]:
        """Nothing came for a while."""
        return self._producer.flush()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """opencode has ended. Whoever leaves it amid a turn has stopped that."""
        produced = self.poll() + self._producer.flush()
        if self._producer.in_turn:
            self._producer.diagnose("interrupted")
            self._producer.commit()
        return produced + self._producer.finish(outcome)
