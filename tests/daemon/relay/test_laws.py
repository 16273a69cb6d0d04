"""The laws of a replay store, for what a mirror's readers are served from.

What is appended to a home's store goes the whole way, but for the engine: the message, its seal,
what a mirror reads of it, its own store.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from lashd.cursor import SessionCursor, SessionRevision
from lashd.hub.sessions import FRAME_CODEC
from lashd.relay.arriving import Reading
from lashd.relay.keys import entry_id
from lashd.relay.seal import Sealer
from lashd.relay.sealed import SessionSealer
from lashd.session.codec import encode_event
from lashd.session.events import Payload, SessionObservationEvent
from lashd.session.results import LiveReplayResult, LiveReplaySubscribeResult
from lashd.session.store import InMemoryLiveReplayStore
from lashd.testing.laws import LiveReplayStoreLaws


class Mirrored:
    """Appends at a home, reads at its mirror."""

    def __init__(self, home: InMemoryLiveReplayStore, mirror: InMemoryLiveReplayStore) -> None:
        self._home = home
        self._mirror = mirror
        self._sealer = Sealer("box")
        self._lock = threading.Lock()

    def append(
        self, session_id: str, revision: SessionRevision | int, payload: Payload
    ) -> SessionObservationEvent:
        """At the home; the mirror has it when this returns."""
        with self._lock:
            if self._mirror.bounds(session_id) is None:
                self._mirror.create_at(session_id, self._home.tail(session_id))
            event = self._home.append(session_id, revision, payload)
            sealer = SessionSealer(self._sealer, self._home.incarnation, session_id)
            body = encode_event(event)
            entry = (
                entry_id(event.n).encode(),
                {b"f": body, b"s": sealer.event(event.n, body)},
            )
            reading = Reading(sealer, session_id, self._home.incarnation)
            self._mirror.append_numbered(reading.after(event.n - 1, [entry]).events)
        return event

    def replay_after_cursor(self, cursor: SessionCursor) -> LiveReplayResult:
        """At the mirror."""
        return self._mirror.replay_after_cursor(cursor)

    def subscribe_after_cursor(self, cursor: SessionCursor) -> LiveReplaySubscribeResult:
        """At the mirror."""
        return self._mirror.subscribe_after_cursor(cursor)

    def current_cursor(self, session_id: str, revision: SessionRevision | int) -> SessionCursor:
        """At the mirror."""
        return self._mirror.current_cursor(session_id, revision)

    def trim_session(self, session_id: str) -> None:
        """At the mirror."""
        self._mirror.trim_session(session_id)


class TestMirror(LiveReplayStoreLaws):
    """All of them: a reader can't tell a mirror from its home."""

    def make_store(
        self, max_events: int, max_age: float, clock: Callable[[], float], incarnation: int
    ) -> Mirrored:
        """Two stores with the same bounds."""
        home = InMemoryLiveReplayStore.with_bounds(
            max_events, max_age, clock=clock, incarnation=incarnation
        )
        mirror = InMemoryLiveReplayStore(
            home.config, clock=clock, incarnation=incarnation, codec=FRAME_CODEC
        )
        return Mirrored(home, mirror)
