"""The publishers of one session: which are connected or may return, and what each has sent.

=============  ========================================  =========================================
state          entered when                              left when
=============  ========================================  =========================================
CONNECTED      it opens the session                      it says `close`: CLOSED; its connection is
                                                         lost: DISCONNECTED, or CLOSED if the
                                                         session has ended anyway
DISCONNECTED   its connection is lost without `close`    it opens again within its grace: CONNECTED;
                                                         its grace is over: EXPIRED
EXPIRED        it has not returned in time               it opens again: CONNECTED; the session is
                                                         reopened by another: CLOSED
CLOSED         its absence means nothing any more        it opens again: CONNECTED
=============  ========================================  =========================================

A session is `abandoned`, and ends as cut off, when at least one publisher has EXPIRED and none is
CONNECTED or DISCONNECTED.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection

MAX_PUBLISHERS = 1024
"""Publishers remembered for a session, those that left included: each run of a script can be one.
Once this many others have come, one that left can't be placed any more. One that is CONNECTED or
DISCONNECTED is always remembered."""

PUBLISHER_BYTES = 384
"""What one that is remembered takes: its id, its number and its state."""


class Presence(Enum):
    """Where a publisher is in its life; see the table above."""

    CONNECTED = auto()
    DISCONNECTED = auto()
    EXPIRED = auto()
    CLOSED = auto()


class _Publisher:
    __slots__ = ("connection", "grace_ends", "is_placed", "last_number", "presence")

    def __init__(self, *, is_placed: bool) -> None:
        self.presence = Presence.CLOSED
        self.is_placed = is_placed
        self.last_number = 0
        self.connection: HubConnection | None = None
        self.grace_ends = math.inf


class Publishers:
    """All that a session knows of its publishers, by their ids."""

    def __init__(self) -> None:
        self._all: OrderedDict[str, _Publisher] = OrderedDict()
        """The one that came or published last is last."""
        self._has_forgotten = False

    def __contains__(self, publisher_id: str) -> bool:
        return publisher_id in self._all

    def __len__(self) -> int:
        """How many are remembered, whatever their state."""
        return len(self._all)

    # -- what happens to one ----------------------------------------------------------------------

    def connect(self, publisher_id: str, connection: HubConnection) -> None:
        """It opens the session, for the first time or again."""
        publisher = self._all.get(publisher_id)
        if publisher is None:
            publisher = _Publisher(is_placed=not self._has_forgotten)
            self._all[publisher_id] = publisher
        publisher.presence = Presence.CONNECTED
        publisher.connection = connection
        self._all.move_to_end(publisher_id)
        self._evict()

    def close(self, publisher_id: str) -> None:
        """It leaves for good, as far as the session is concerned."""
        self._leave(publisher_id, Presence.CLOSED)

    def disconnect(self, publisher_id: str, grace_ends: float) -> None:
        """Its connection is lost; it may return until `grace_ends`."""
        self._leave(publisher_id, Presence.DISCONNECTED)
        self._all[publisher_id].grace_ends = grace_ends

    def expire(self, now: float) -> float:
        """The grace of some is over; when the next one's ends (infinity: no one is waited for)."""
        next_end = math.inf
        for publisher in self._all.values():
            if publisher.presence is Presence.DISCONNECTED:
                if publisher.grace_ends <= now:
                    publisher.presence = Presence.EXPIRED
                else:
                    next_end = min(next_end, publisher.grace_ends)
        return next_end

    def excuse_expired(self) -> None:
        """The session is open again without those that did not return: they don't end it."""
        for publisher in self._all.values():
            if publisher.presence is Presence.EXPIRED:
                publisher.presence = Presence.CLOSED

    # -- numbers ----------------------------------------------------------------------------------

    def last_number(self, publisher_id: str) -> int:
        """Number of the last event that came from this publisher; 0 for none."""
        publisher = self._all.get(publisher_id)
        return 0 if publisher is None else publisher.last_number

    def note_number(self, publisher_id: str, number: int) -> None:
        """Everything of this publisher up to `number` has come."""
        publisher = self._all[publisher_id]
        publisher.last_number, publisher.is_placed = number, True
        self._all.move_to_end(publisher_id)

    # -- questions --------------------------------------------------------------------------------

    @property
    def connections(self) -> list[HubConnection]:
        """The connections of those that are connected."""
        return [
            publisher.connection
            for publisher in self._all.values()
            if publisher.connection is not None
        ]

    @property
    def present(self) -> bool:
        """One is connected, or may still return."""
        return self._has(Presence.CONNECTED) or self._has(Presence.DISCONNECTED)

    @property
    def abandoned(self) -> bool:
        """Some have expired and none is present: the session is to be cut off."""
        return self._has(Presence.EXPIRED) and not self.present

    def has_expired(self, publisher_id: str) -> bool:
        """This one was waited for in vain."""
        publisher = self._all.get(publisher_id)
        return publisher is not None and publisher.presence is Presence.EXPIRED

    def is_only(self, publisher_id: str) -> bool:
        """No other publisher has ever come."""
        return not self._has_forgotten and all(other == publisher_id for other in self._all)

    def is_placed(self, publisher_id: str) -> bool:
        """Its last number is known. Where some were forgotten, one that comes may be one of them
        until it has said which number it goes on with."""
        publisher = self._all.get(publisher_id)
        return not self._has_forgotten if publisher is None else publisher.is_placed

    # -- inside -----------------------------------------------------------------------------------

    def _leave(self, publisher_id: str, presence: Presence) -> None:
        publisher = self._all[publisher_id]
        publisher.presence = presence
        publisher.connection = None

    def _has(self, presence: Presence) -> bool:
        return any(publisher.presence is presence for publisher in self._all.values())

    def _evict(self) -> None:
        excess = len(self._all) - MAX_PUBLISHERS
        for presence in (Presence.CLOSED, Presence.EXPIRED):
            if excess <= 0:
                return
            found = [key for key, publisher in self._all.items() if publisher.presence is presence]
            for publisher_id in found[:excess]:
                del self._all[publisher_id]
                self._has_forgotten = True
            excess -= len(found)
