"""The published sessions of what is discovered: opened by name, and closed together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lashd.events import SessionChanged
from lashtui.ingest.publish import publish_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.events import SessionOutcome
    from lashd.publish.publisher import Publisher
    from lashtui.ingest.sink import Sink
    from lashtui.ingest.transcripts import About
    from lashtui.process.others import Processes
    from lashtui.producers import Produced

FLUSH_FOR = 2.0
"""Seconds a long file waits for the daemon after each piece. Then reading continues, and the daemon
gets the view as a whole instead of each event."""

CLOSE_TIMEOUT = 5.0
"""Seconds at the end, for all sessions together."""

LOOK_FOR = 5.0
"""Seconds for which a look at all processes counts: many sessions are found at once."""

MAX_ENDED = 64
"""Ended sessions that can go on as they are, as many as are followed; one that was closed is opened
again as another, with all of its past."""

WHERE_WITHIN = 1.0
"""Seconds to say where a session runs now; else a person is led to where it ran before."""

TIDY_WITHIN = 0.5
"""Seconds for the goodbye of one that was delivered."""

MAX_OWNERS = 4096
"""Names of which is known whose they are; the oldest may be given to another session."""

MAX_SAME = 99
"""Files whose names result in the same session name."""


class PublishedSession:
    """The `Sink` of one session."""

    def __init__(self, publisher: Publisher, about: About, path: str, pid: int | None) -> None:
        self.publisher = publisher
        self.about, self.path, self.pid = about, path, pid
        self.may_be_elsewhere = False
        """Where it runs was not known, or it goes on after its end, perhaps by another process."""
        self.has_ended = False
        self.is_closed = False
        """It takes nothing any more."""

    def publish(self, produced: Produced) -> None:
        """Publish one payload; an ended session goes on with it."""
        self.may_be_elsewhere = self.may_be_elsewhere or self.has_ended
        self.has_ended = False
        if isinstance(produced.payload, SessionChanged) and self.about.directory is None:
            self.about = self.about._replace(directory=produced.payload.directory)
            self.may_be_elsewhere = self.pid is None
        publish_one(self.publisher, produced)

    def wait(self) -> None:
        """Wait until most of it was delivered."""
        self.publisher.flush(FLUSH_FOR)

    @property
    def turn_failed(self) -> bool:
        """Whether the last turn failed."""
        return self.publisher.turn_failed

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """End the session."""
        self.publisher.end(outcome, at=at)
        self.has_ended = True


class Sessions:
    """Opens sessions by name, and closes them all."""

    def __init__(
        self,
        socket: str,
        *,
        start_daemon: bool,
        look: Callable[[], Processes | None],
        found: Callable[[str, str | None, str], None],
        warn: Callable[[str], None],
        is_published: Callable[[int, Processes], bool],
    ) -> None:
        self._socket = socket
        self._start_daemon = start_daemon
        self._sessions: dict[str, PublishedSession] = {}
        self._owners: dict[str, object] = {}
        self._look = look
        self._found = found
        self._is_published = is_published
        self._warn = warn
        self._processes: Processes | None = None
        self._looked_at = -LOOK_FOR
        self.has_found = False
        """Whether any session was found, even one that another publisher has."""

    def open(self, about: About, path: str) -> Sink | None:
        """Open the session of a file; None if another publisher has it."""
        from lashd.client.blocking import Client
        from lashd.errors import LashdError, RequestRefused
        from lashd.publish.publisher import Publisher
        from lashtui.process.where import where_of_process

        self.has_found = True
        pid = self._pid(about, path)
        if pid is not None and self._processes and self._is_published(pid, self._processes):
            return None
        name = self._name(about.session, about.key or path)
        if name in self._sessions:
            self._sessions.pop(name).publisher.close(FLUSH_FOR)
        # Else what an earlier `discover` published would be there twice.
        try:
            with Client(self._socket) as client:
                client.remove(name)
        except RequestRefused as refusal:
            if refusal.code != "no_session":
                self._warn(f"{path or name}: {refusal.message}")
                return None
        except LashdError as problem:
            self._warn(f"{path or name}: {problem}")
            return None
        publisher = Publisher(
            name,
            socket_path=self._socket,
            title=about.title,
            agent=about.session.partition("-")[0],
            directory=about.directory,
            where=None if pid is None else where_of_process(pid),
            exclusive=True,
            start_daemon=self._start_daemon,
            on_warning=self._warn,
        )
        self._sessions[name] = PublishedSession(publisher, about, path, pid)
        self._found(name, about.directory, path)
        return self._sessions[name]

    def withdraw(self, sink: Sink) -> None:
        """Take a session away, with what was told of it: another program tells it."""
        from lashd.client.blocking import Client
        from lashd.errors import LashdError

        session = next((each for each in self._sessions.items() if each[1] is sink), None)
        if session is None:
            return
        name, published = session
        del self._sessions[name]
        published.is_closed = True
        published.publisher.close(TIDY_WITHIN)
        try:
            with Client(self._socket) as client:
                client.remove(name)
        except LashdError as problem:
            self._warn(f"{name}: {problem}")

    def _pid(self, about: About, path: str) -> int | None:
        """The agent that writes the file at `path`, if that can be seen."""
        from lashtui.ingest.presence import pid_of

        if about.pid is not None:
            return about.pid
        if time.monotonic() - self._looked_at >= LOOK_FOR:
            self._processes, self._looked_at = self._look(), time.monotonic()
        return None if self._processes is None else pid_of(path, about, self._processes)

    def __len__(self) -> int:
        """How many have not ended; a live source may be opening one."""
        return sum(not each.has_ended for each in list(self._sessions.values()))

    def __contains__(self, name: object) -> bool:
        """Whether a session is one of these."""
        return name in self._sessions

    def tidy(self) -> None:
        """Say where those run that have come back, and close what has ended longest ago and was
        delivered: each has a connection.
        """
        for name, session in list(self._sessions.items()):
            if session.may_be_elsewhere:
                session.may_be_elsewhere = False
                self._looked_at = -LOOK_FOR
                self._say_where(name, session)
        ended = [item for item in list(self._sessions.items()) if item[1].has_ended]
        for name, session in ended[: max(0, len(ended) - MAX_ENDED)]:
            if session.publisher.flush(0.0):
                session.is_closed = True
                session.publisher.close(TIDY_WITHIN)
                if self._sessions.get(name) is session:
                    del self._sessions[name]

    def _say_where(self, name: str, session: PublishedSession) -> None:
        """A publisher says where its agent runs when it opens the session: here, another one."""
        from lashd.publish.publisher import Publisher
        from lashtui.process.where import where_of_process

        pid = self._pid(session.about, session.path)
        if pid is None or pid == session.pid:
            return
        session.pid = pid
        publisher = Publisher(
            name, socket_path=self._socket, where=where_of_process(pid), start_daemon=False
        )
        publisher.wait_open(WHERE_WITHIN)
        publisher.close(TIDY_WITHIN)

    def close(self) -> bool:
        """Close all sessions; True if everything was delivered."""
        deadline = time.monotonic() + CLOSE_TIMEOUT
        closed = [
            session.publisher.close(max(0.1, deadline - time.monotonic()))
            for session in list(self._sessions.values())
        ]
        return all(closed)

    def _name(self, wanted: str, owner: object) -> str:
        for number in range(1, MAX_SAME + 1):
            name = wanted if number == 1 else f"{wanted}-{number}"
            if self._owners.setdefault(name, owner) == owner:
                if len(self._owners) > MAX_OWNERS:
                    del self._owners[next(iter(self._owners))]
                return name
        return wanted
