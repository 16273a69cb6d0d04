"""One session as the hub keeps it: its host, its viewers and publishers, and when it was used."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from lashd.cursor import SessionCursor, join_position
from lashd.hub.live import LiveReaders, Slice
from lashd.hub.publishers import Publishers
from lashd.hub.records import cursor_of
from lashd.session.events import SessionOutcome
from lashd.session.row import Mirrored, Where
from lashd.session.summary import Summary

if TYPE_CHECKING:
    from lashd.hub.connection import HubConnection
    from lashd.session.host import SessionHost
    from lashd.session.store import InMemoryLiveReplayStore

MAX_CUTS = 4
"""Slices kept for readers that come the same way: one that was away for a whole history takes three
of them, and a hundred such readers take them in turns."""

MAX_SNAPSHOTS = 8
"""Sessions that keep their encoded snapshot for the next reader: 64 MiB at the worst."""


class _Cut(NamedTuple):
    """A slice with the bytes it was cut for: good for a reader that asks for as many, or fewer
    that are enough."""

    max_bytes: int
    slice: Slice


class LiveSession:
    """A session that exists. Readers at one position share what is cut for the first of them.

    Only its own methods change its fields.
    """

    def __init__(
        self,
        store: InMemoryLiveReplayStore,
        host: SessionHost,
        *,
        clock: Callable[[], float],
        now_ms: Callable[[], int],
        encoded: OrderedDict[str, LiveSession],
        on_used: Callable[[LiveSession], None],
    ) -> None:
        """`encoded` is shared by all sessions: those that keep an encoded snapshot. `on_used` is
        called whenever what a list says of it may have changed."""
        self.store = store
        self.host = host
        self.session_id = host.session_id
        self.created_at = now_ms()
        """Unix milliseconds."""
        self.used_at = clock()
        """By the hub's clock: when an event, a viewer or a publisher last came or went."""
        self.tail = store.tail(self.session_id)
        """n of the newest event. Only `note_change` moves it: readers look at it with each pull,
        and asking the store would take its lock."""
        self.viewers: set[HubConnection] = set()
        self.live = LiveReaders(self)
        """Those of them that have everything: all at one position."""
        self.publishers = Publishers()
        self.where: Where | None = None
        """Where its agent runs, as the newest publisher that said so has it."""
        self.publishers_elsewhere = 0
        """At the home of a mirror."""
        self.mirror: Mirrored | None = None
        """What a mirror says of it; None for a session of this daemon's own."""
        self.summary = Summary()
        self._clock = clock
        self._now_ms = now_ms
        self._encoded = encoded
        self._on_used = on_used
        self._first = self._oldest()
        self._cuts: OrderedDict[tuple[int, int | None], _Cut] = OrderedDict()

    @property
    def begins(self) -> SessionCursor:
        """The cursor before its first event. Those before it are of a removed namesake."""
        bounds = self.store.bounds(self.session_id)
        n = bounds.start if bounds is not None else 0
        where = join_position(self.store.incarnation, n)
        return SessionCursor.new(self.session_id, 0, where)

    # -- its state --------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """The session is over, for now."""
        return self.host.ended

    @property
    def cut_off(self) -> bool:
        """It ended because its publishers did not return."""
        return self.ended and self.host.view.outcome == SessionOutcome.CUT_OFF

    @property
    def unused(self) -> bool:
        """Nobody watches it, and no publisher is connected or may still return."""
        return not self.viewers and not self.publishers.present

    @property
    def abandoned(self) -> bool:
        """It is still open, but no publisher is left that could end it: it has to be cut off."""
        return self.publishers.abandoned and not self.ended

    # -- its users --------------------------------------------------------------------------------

    def add_viewer(self, connection: HubConnection) -> None:
        """`connection` watches from now on."""
        self.viewers.add(connection)
        self.touch()

    def remove_viewer(self, connection: HubConnection) -> None:
        """`connection` watches no more."""
        self.viewers.discard(connection)
        self.touch()

    def connect(self, publisher_id: str, connection: HubConnection) -> bool:
        """A publisher opens the session. Whether it had been cut off for want of this one."""
        waited_for = self.cut_off and self.publishers.has_expired(publisher_id)
        self.publishers.connect(publisher_id, connection)
        self.touch()
        return waited_for

    def disconnect(self, publisher_id: str, *, grace_ends: float | None) -> None:
        """A publisher leaves: for good if `grace_ends` is None, else it may return until then."""
        if grace_ends is None or self.ended:
            self.publishers.close(publisher_id)
        else:
            self.publishers.disconnect(publisher_id, grace_ends)
        self.touch()

    def touch(self) -> None:
        """It was used: it is not the next to be evicted, and a list says something new of it."""
        self.used_at = self._clock()
        self._on_used(self)

    def note_change(self) -> None:
        """Its history has grown or was replaced; part of `Sessions.changed`."""
        self.touch()
        self.tail = self.host.tail
        self._cuts.clear()

    def note_trim(self) -> None:
        """Its oldest events may be gone: a list says how many there are."""
        first = self._oldest()
        if first != self._first:
            self._first = first
            self._on_used(self)

    def _oldest(self) -> int:
        """n of the oldest event that is held, or of the next one where none is."""
        bounds = self.store.bounds(self.session_id)
        return bounds.first if bounds is not None else 0

    # -- what its readers share -------------------------------------------------------------------

    def snapshot(self) -> tuple[bytes, SessionCursor]:
        """The view as one msgpack map, and its cursor; readers at one position share it."""
        self._encoded[self.session_id] = self
        self._encoded.move_to_end(self.session_id)
        if len(self._encoded) > MAX_SNAPSHOTS:
            _, oldest = self._encoded.popitem(last=False)
            oldest.host.forget_encoded()
        return self.host.encoded_observation()

    def read(self, after: int, max_bytes: int, up_to: int | None) -> Slice | None:
        """The next events after n `after`, `up_to` included; None at the tail.

        Raises:
            SubscriberLagged: events after `after` are gone.
            SubscriptionClosed: `after` is no position of this session.
        """
        if after >= self.tail:
            return None
        cut = self._cuts.get((after, up_to))
        if cut is not None and len(cut.slice.blob) <= max_bytes <= cut.max_bytes:
            return cut.slice
        frames = self.store.read_frames(self.session_id, after, max_bytes, up_to)
        if not frames.frames:
            return None
        blob = frames.frames[0] if len(frames.frames) == 1 else b"".join(frames.frames)
        result = Slice(blob, frames.last, cursor_of(frames.frames[-1]))
        self._cuts[after, up_to] = _Cut(max_bytes, result)
        if len(self._cuts) > MAX_CUTS:
            self._cuts.popitem(last=False)
        return result

    def release_cuts(self) -> None:
        """Free the slices kept for other readers: their events may be gone from the ring."""
        self._cuts.clear()

    def release(self) -> None:
        """Free all that is kept only because several readers may want it."""
        self.release_cuts()
        self._encoded.pop(self.session_id, None)
        self.host.forget_encoded()
