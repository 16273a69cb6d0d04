"""The honest parties of a fuzzed hub: publishers and readers that are lost, slow and audited."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection

from lashd.hub.connection import HubConnection
from lashd.hub.hub import Hub
from lashd.protocol.framing import frame
from lashd.testing.audit.auditor import Auditor
from lashd.testing.audit.marks import Record
from lashd.testing.hostile import Kind, encode
from lashd.testing.inprocess import HubLine
from lashd.testing.scripted import Party, ScriptedPublisher, ScriptedReader

SESSIONS = 3
WATCHED = ("f-1", "f-2", "f-3", "r-1")
"""Sessions of hostile publishers whose readers are audited too."""
PULLS = (1, 30, 1_000, 64 * 1024)
CROWD = 70
"""Publishers that come and go at once, where many are asked for."""


class Honest:
    """Sessions that only honest publishers write, and readers of those and of others."""

    def __init__(
        self,
        source: random.Random,
        auditor: Auditor,
        found: Callable[[str], None],
        *,
        name: str,
        leave_out: Collection[Kind],
    ) -> None:
        """`name` tells their sessions and marks from those of others before them."""
        self.auditor = auditor
        self.session_ids = [f"h-{name}-{index}" for index in range(SESSIONS)]
        self._source = source
        self._found = found
        self._crowds = Kind.MANY_PUBLISHERS not in leave_out
        self._commits_views = Kind.COMMIT_VIEWS not in leave_out
        self._parties: list[Party] = []
        self._lines: dict[Party, HubLine] = {}
        self._errors: dict[Party, int] = {}
        self._readers = 0
        for index, session_id in enumerate(self.session_ids):
            # The first session has one publisher, which may replace its view.
            for number in range(1 + (index > 0)):
                who = f"p{name}.{index}.{number}"
                self._parties.append(
                    ScriptedPublisher(
                        who,
                        session_id,
                        auditor.publisher(who, session_id),
                        restores=index < 2,
                        keep=25 if index == 0 else 1_000,
                        batch=source.choice((1, 3, 50)),
                    )
                )
        for session_id in (*self.session_ids, *WATCHED):
            for _ in range(2):
                self._add_reader(session_id)

    def step(self, hub: Hub) -> None:
        """One of them does something."""
        source = self._source
        party = source.choice(self._parties)
        line = self._line(hub, party)
        if isinstance(party, ScriptedPublisher) and source.random() < 0.7:
            self._publish(party)
        chance = source.random()
        if chance < 0.06:
            line.send(source.randrange(200))
            line.lose()
        elif chance < 0.25:
            line.send(source.choice((1, 20, 500, None)))
            line.take(source.choice(PULLS))
        else:
            line.exchange()
        self._check(hub, party)
        if party.finished and isinstance(party, ScriptedReader):
            self._parties.remove(party)
            line.lose()
            self._lines.pop(party, None)
            self._add_reader(party.session_id)

    def give(self, connection: HubConnection, data: bytes) -> None:
        """What the hub has for a live reader."""
        for line in self._lines.values():
            if line.connection is connection and line.open:
                line.party.receive(data)

    def settle(self, hub: Hub) -> None:
        """What is under way arrives."""
        for party in self._parties:
            line = self._lines.get(party)
            if line is not None and line.hub is hub:
                line.exchange()
                self._check(hub, party)

    def lose(self) -> None:
        """All their connections are lost."""
        for line in self._lines.values():
            line.lose()

    def restore_slowly(self, hub: Hub, let_pass: Callable[[float], None]) -> None:
        """Publishers come to a new daemon, and time passes within what they restore."""
        for party in self._parties:
            if isinstance(party, ScriptedPublisher) and party.acknowledged and not party.finished:
                line = self._line(hub, party)
                line.send()
                line.take()
                line.send(self._source.choice((1, 20, 200)))
                let_pass(self._source.choice((0.5, 1.5, 5.0)))
                line.exchange()
                self._check(hub, party)

    def meet_others(self, hub: Hub, let_pass: Callable[[float], None]) -> None:
        """Other publishers come to the sessions, where such are not left out."""
        party = self._source.choice(self._parties)
        if not isinstance(party, ScriptedPublisher) or party.finished:
            return
        line = self._line(hub, party)
        if self._crowds and (not self._commits_views or self._source.random() < 0.5):
            # Its events land, it does not learn that they have, and many others come and go.
            line.exchange()
            party.say("x")
            line.send()
            line.lose()
            let_pass(hub.limits.publisher_grace + 1)
            for _ in range(CROWD):
                # They publish: a session that was waiting for its publisher waits no more.
                self._other(hub, party.session_id, [{"type": "user_message", "text": "hello"}])
            self._line(hub, party).exchange()
            self._check(hub, party)
        elif self._commits_views:
            line.exchange()
            view = {"session_id": party.session_id, "entries": []}
            self._other(hub, party.session_id, [{"type": "committed", "read_view": view}])

    # -- inside -----------------------------------------------------------------------------------

    def _add_reader(self, session_id: str) -> None:
        self._readers += 1
        audit = self.auditor.reader(f"r{self._readers}", session_id)
        start = self._source.choice(("start", "snapshot", "now"))
        reader = ScriptedReader(session_id, audit, start=start, keep=1)  # type: ignore[arg-type]
        self._parties.append(reader)

    def _line(self, hub: Hub, party: Party) -> HubLine:
        line = self._lines.get(party)
        if line is None or not line.open or line.hub is not hub:
            line = self._lines[party] = HubLine(hub, party)
        return line

    def _publish(self, publisher: ScriptedPublisher) -> None:
        source = self._source
        for _ in range(source.choice((1, 1, 2, 5, 30))):
            chance = source.random()
            if chance < 0.85:
                kind = source.choice(("user_message", "assistant_prose_delta", "reasoning_delta"))
                publisher.say("x" * source.choice((0, 5, 200)), kind)
            elif chance < 0.95:
                publisher.publish({"type": "committed"})
            else:
                publisher.publish({"type": "usage", "usage": {"input": 1}})

    def _check(self, hub: Hub, party: Party) -> None:
        """An honest party is only refused where a bound of all is reached."""
        for error in party.errors[self._errors.get(party, 0) :]:
            sessions = hub.sessions
            full = (
                len(sessions.by_id) >= hub.limits.store.max_sessions
                or len(hub.connections) >= hub.limits.max_connections
                or sessions.memory() > hub.limits.store.max_total_bytes // 2
            )
            # Time passed before it could say it.
            late = ("no hello", "did not come in time", "no byte of a message")
            silent = any(words in error["message"] for words in late)
            if not silent and (error["code"] != "limit" or not full):
                who = type(party).__name__
                self._found(f"an honest {who} was refused: {error['code']}: {error['message']}")
        self._errors[party] = len(party.errors)

    def _other(self, hub: Hub, session_id: str, events: list[Record]) -> None:
        """A publisher comes to a session, and leaves."""
        who = f"{self._source.getrandbits(128):032x}"
        messages: list[Record] = [
            {"type": "hello", "protocol": 1, "version": "other"},
            {"type": "open", "session_id": session_id, "publisher_id": who},
            {"type": "append", "first": 1, "events": events},
            {"type": "close"},
        ]
        connection = hub.connect()
        hub.receive(connection, b"".join(frame(encode(message)) for message in messages))
        hub.disconnect(connection)
