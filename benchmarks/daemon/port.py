"""lash's in-memory store in Python, step by step as its Rust does it: the store's peer.

An event is copied for the ring and for the channel, a replay looks at all that is retained, a
subscriber has a place in a channel of as many slots. What Rust copies is made anew here, except
strings, which Python shares.
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from threading import Lock

import msgspec

PREFIX = "lashsc1:"
CAPACITY = 2048
MAX_AGE = 120.0


class Delta(msgspec.Struct):
    """A piece of prose."""

    text: str


class Activity(msgspec.Struct):
    """A turn activity."""

    id: str
    correlation_id: str
    event: Delta

    @classmethod
    def independent(cls, event: Delta) -> Activity:
        """With fresh ids."""
        return cls(str(uuid.uuid4()), str(uuid.uuid4()), event)


class Event(msgspec.Struct):
    """An event at its place."""

    session_id: str
    revision: int
    cursor: str
    payload: Activity

    def copy(self) -> Event:
        """A deep copy, as `clone` makes it."""
        payload = self.payload
        made = Activity(payload.id, payload.correlation_id, Delta(payload.event.text))
        return Event(self.session_id, self.revision, self.cursor, made)


class Channel:
    """A broadcast channel: slots that are used again, and how many receivers there are."""

    def __init__(self) -> None:
        self.slots: list[Event | None] = [None] * CAPACITY
        self.sent = 0
        self.receivers = 0

    def send(self, event: Event) -> None:
        """Into the next slot, if anybody listens."""
        if self.receivers:
            self.slots[self.sent % CAPACITY] = event
            self.sent += 1


class Subscription:
    """The replay, then what comes."""

    def __init__(self, replay: list[Event], channel: Channel) -> None:
        channel.receivers += 1
        self.replay = deque(replay)
        self.channel = channel
        self.place = channel.sent


class Session:
    """One session's events: (position, when, event)."""

    def __init__(self) -> None:
        self.events: deque[tuple[int, float, Event]] = deque()
        self.tail = 0
        self.channel = Channel()

    def trim(self) -> None:
        """By count, then by age."""
        now, events = time.monotonic(), self.events
        while len(events) > CAPACITY:
            events.popleft()
        while events and now - events[0][1] > MAX_AGE:
            events.popleft()

    def gap(self, position: int) -> str | None:
        """Why a position can't be resumed."""
        if position > self.tail:
            return "unavailable"
        first = self.events[0][0] if self.events else self.tail + 1
        return "trimmed" if position + 1 < first else None

    def after(self, position: int) -> list[Event]:
        """Copies of the events after a position."""
        return [event.copy() for place, _, event in self.events if place > position]


class PortedStore:
    """The store."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sessions: dict[str, Session] = {}

    def append(self, session_id: str, revision: int, payload: Activity) -> Event:
        """One more event."""
        with self._lock:
            session = self._session(session_id)
            session.tail += 1
            cursor = f"{PREFIX}{revision}:{session.tail}:{session_id}"
            event = Event(session_id, revision, cursor, payload)
            session.events.append((session.tail, time.monotonic(), event.copy()))
            session.trim()
            session.channel.send(event.copy())
            return event

    def replay_after_cursor(self, cursor: str) -> list[Event] | str:
        """The events after it, or the reason why not."""
        position, session_id = _parse(cursor)
        with self._lock:
            session = self._sessions.get(session_id)
            if session is None:
                return "unavailable" if position else []
            session.trim()
            return session.gap(position) or session.after(position)

    def subscribe_after_cursor(self, cursor: str) -> Subscription | str:
        """The same, and then what comes."""
        position, session_id = _parse(cursor)
        with self._lock:
            session = self._session(session_id)
            session.trim()
            if (reason := session.gap(position)) is not None:
                return reason
            return Subscription(session.after(position), session.channel)

    def cursor(self, session_id: str, behind: int) -> str:
        """The cursor so many events before the tail."""
        return f"{PREFIX}0:{self._sessions[session_id].tail - behind}:{session_id}"

    def _session(self, session_id: str) -> Session:
        session = self._sessions.get(session_id)
        if session is None:
            session = self._sessions[session_id] = Session()
        return session


def _parse(cursor: str) -> tuple[int, str]:
    if not cursor.startswith(PREFIX):
        raise ValueError("missing cursor prefix")
    revision, position, session_id = cursor[len(PREFIX) :].split(":", 2)
    if not session_id:
        raise ValueError("missing session id")
    int(revision)
    return int(position), session_id
