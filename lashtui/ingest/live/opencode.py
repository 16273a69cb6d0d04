"""opencode's sessions as its servers tell them: those of version 1 that listen on a port, and the
service that version 2's screens share.
"""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Final

from lashd.events import SessionOutcome
from lashtui.ingest.flush_timer import FlushTimer
from lashtui.ingest.opencode.find import listening, servers
from lashtui.ingest.opencode.reader import Reader
from lashtui.ingest.outcome import run_outcome
from lashtui.ingest.transcripts import Key, Known
from lashtui.producers.opencode.sse import OpencodeSseProducer

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from lashtui.ingest.live.place import Place
    from lashtui.ingest.opencode.find import Found
    from lashtui.ingest.opencode.reader import Told
    from lashtui.ingest.sink import Sink
    from lashtui.producers import Produced

LOOK_EVERY: Final = 1.0
"""Seconds between two looks for servers; a look reads the names of all processes."""
LATELY: Final = 3600.0
"""Seconds: sessions that changed within them are told, as those of the agents' files are."""
TICK: Final = 0.25
"""Seconds between two looks at what is due, if nothing comes."""
MAX_SERVERS: Final = 16
"""Servers that are read at a time; each has a thread."""
MAX_WAITING: Final = 1024
"""Pieces of all servers that are not told yet."""
MAX_TAKEN: Final = 256
"""Pieces that are taken before it is looked at what else is due."""
ASK_AGAIN: Final = 10.0
"""Seconds until a session is asked for again that another program publishes."""
MAX_REFUSED: Final = 256
"""Such sessions."""
LEAVE_WITHIN: Final = 1.0
"""Seconds to leave all servers."""


class OpencodeServers:
    """All of this machine; a `Source`."""

    name = "opencode's servers"

    def __init__(
        self,
        environment: Mapping[str, str],
        find: Callable[[], list[Found]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`find` says which servers there are, instead of this machine; `clock`: seconds."""
        ports = listening()
        self._find = find or (lambda: servers(environment, ports.look()))
        self._clock = clock

    def run(self, place: Place, stop: threading.Event) -> None:
        """Follow all servers that there are, until `stop`."""
        following = _Following(place, self._clock)
        look_at = self._clock()
        try:
            while not stop.is_set():
                if self._clock() >= look_at:
                    following.look(self._find())
                    look_at = self._clock() + LOOK_EVERY
                following.take(TICK)
                following.settle()
        finally:
            following.leave()


class _Following:
    """The servers that are read, and their sessions."""

    def __init__(self, place: Place, clock: Callable[[], float]) -> None:
        self._place = place
        self._clock = clock
        self._said: queue.Queue[Told] = queue.Queue(MAX_WAITING)
        self._readers: dict[tuple[int, int], Reader] = {}
        self._sessions: dict[str, _Session] = {}
        self._refused: dict[str, float] = {}
        """Sessions that others publish, and when they are asked for again."""
        self._awaited: set[str] = set()
        """Sessions that were asked for from their beginning, which has not come yet."""
        self._warned: set[tuple[int, int]] = set()

    def look(self, found: list[Found]) -> None:
        """These servers are there now."""
        there = {each.key: each for each in found if not each.is_ours}
        for key in [key for key in self._readers if key not in there]:
            self._end_server(key)
        for key, each in there.items():
            if key not in self._readers and len(self._readers) < MAX_SERVERS:
                since_ms = int((time.time() - LATELY) * 1000)
                reader = Reader(each.server, since_ms=since_ms, said=self._said)
                self._readers[key] = reader
                reader.start()
            elif key in self._readers:
                self._warn(key, self._readers[key])

    def take(self, timeout: float) -> None:
        """Tell what was said; wait at most this long for it."""
        for number in range(MAX_TAKEN):
            try:
                said = self._said.get(timeout=0 if number else timeout)
            except queue.Empty:
                return
            session = self._sessions.get(said.about.id)
            if session is None:
                session = self._open(said)
            elif said.is_start:
                continue  # another server keeps it, too; or what was before is told by now
            if session is not None:
                session.take(said)

    def settle(self) -> None:
        """What is held back goes out, once nothing came for a while."""
        for session in self._sessions.values():
            session.settle()

    def leave(self) -> None:
        """Leave all servers; their sessions are ended for us."""
        for reader in self._readers.values():
            reader.stop()
        until = self._clock() + LEAVE_WITHIN
        for reader in self._readers.values():
            reader.join(max(0.0, until - self._clock()))

    def _open(self, said: Told) -> _Session | None:
        about = said.about
        if said.is_start:
            self._awaited.discard(about.id)
        if self._refused.get(about.id, 0.0) > self._clock():
            return None
        if not said.is_start:  # what came before it went to somebody else
            # Asked for twice it would come twice, the second time with events that come no more.
            if about.id not in self._awaited:
                self._awaited.add(about.id)
                for reader in self._readers.values():
                    reader.forget(about.id)
            return None
        # Until it has thought of a title, it has a placeholder.
        title = "" if about.title.startswith("New session - ") else about.title
        pid = next((pid for pid, port in self._readers if port == said.port), None)
        known = Known(title or None, about.directory or None, pid=pid)
        teller = self._place.open(Key("opencode", about.id), known)
        if teller is None:
            self._refuse(about.id)
            return None
        self._refused.pop(about.id, None)
        session = self._sessions[about.id] = _Session(about.id, teller, self._clock)
        return session

    def _refuse(self, session: str) -> None:
        self._refused.pop(session, None)
        self._refused[session] = self._clock() + ASK_AGAIN
        if len(self._refused) > MAX_REFUSED:
            del self._refused[next(iter(self._refused))]

    def _end_server(self, key: tuple[int, int]) -> None:
        """A server is gone, and its sessions with it."""
        reader = self._readers.pop(key)
        reader.stop()
        reader.join(LEAVE_WITHIN)
        self._warned.discard(key)
        self.take(0)
        gone = [name for name, each in self._sessions.items() if each.server == reader.server.port]
        for name in gone:
            self._sessions.pop(name).end()
            self._place.free(Key("opencode", name))

    def _warn(self, key: tuple[int, int], reader: Reader) -> None:
        if reader.wants_password and key not in self._warned:
            self._warned.add(key)
            self._place.warn(
                f"opencode's server on {reader.server} wants a password; "
                "set OPENCODE_SERVER_PASSWORD to the one that it was started with"
            )


class _Session:
    """A session that is told."""

    def __init__(self, name: str, sink: Sink, clock: Callable[[], float]) -> None:
        self._producer = OpencodeSseProducer(session_id=name)
        self._sink = sink
        self._timer = FlushTimer(self._producer, clock=clock)
        self.server = 0
        """The port of the server that spoke of it last."""

    def take(self, said: Told) -> None:
        """What was said of it."""
        self.server = said.port
        self._publish(self._producer.feed(said.data))
        self._timer.input_came()

    def settle(self) -> None:
        """Nothing came for a while, perhaps."""
        if self._timer.is_due():
            self._publish(self._producer.flush())

    def end(self) -> None:
        """Its server has ended. Whoever does that amid a turn has stopped it."""
        produced = self._producer.flush()
        if self._producer.in_turn:
            self._producer.diagnose("interrupted")
            self._producer.commit()
        self._publish(produced + self._producer.finish(SessionOutcome.SUCCESS))
        self._sink.end(run_outcome(0, turn_failed=self._sink.turn_failed), None)

    def _publish(self, produced: list[Produced]) -> None:
        for each in produced:
            self._sink.publish(each)
