"""One session as the hub keeps it: its host, who watches, who publishes, and what was received."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from lashd.hub.records import cursor_of
from lashd.session.events import SessionOutcome

if TYPE_CHECKING:
    from lashd.cursor import SessionCursor
    from lashd.hub.connection import Link
    from lashd.session.host import SessionHost
    from lashd.session.store import InMemoryLiveReplayStore

MAX_PUBLISHERS = 64
"""Publishers remembered for a session, gone ones included: after so many others have come, a lost
one's return can't be told from a first visit. Live ones are always remembered."""

MAX_SNAPSHOTS = 8
"""Sessions that keep their encoded snapshot for the next reader: 64 MiB at the worst."""


class Slice(NamedTuple):
    """Frames of consecutive events as one blob."""

    blob: bytes
    last: int
    """n of the last event."""
    cursor: str
    """Cursor of the last event."""


class Room:
    """A session that exists. All readers at one position share what is cut for one of them."""

    def __init__(
        self,
        store: InMemoryLiveReplayStore,
        host: SessionHost,
        *,
        now: float,
        now_ms: int,
        recent: OrderedDict[str, Room],
    ) -> None:
        """`recent` is shared by all rooms: those that keep an encoded snapshot."""
        self.store = store
        self.host = host
        self.session_id = host.session_id
        self.born_at = now_ms
        """Unix milliseconds."""
        self.updated_at = now_ms
        """Unix milliseconds of the newest event's arrival."""
        self.touched_at = now
        """By the hub's clock: the last event, viewer or publisher."""
        self.viewers: set[Link] = set()
        self.publishers: dict[str, Link] = {}
        """Live ones, by publisher id."""
        self.numbers: OrderedDict[str, int] = OrderedDict()
        """Number of the last event of each publisher, the most recent publisher last."""
        self.lost: dict[str, float] = {}
        """Publishers whose connection was lost, and when their grace ends."""
        self.gone: set[str] = set()
        """Publishers who did not return in time."""
        self.tail = 0
        """n of the newest event."""
        self._recent = recent
        self._cut: tuple[int, int | None, int, Slice] | None = None
        self.note_tail()

    @property
    def ended(self) -> bool:
        """The session is over, for now."""
        return self.host.view.state == "ended"

    @property
    def deserted(self) -> bool:
        """Nobody watches and nobody publishes."""
        return not self.viewers and not self.publishers and not self.lost

    @property
    def cut_off(self) -> bool:
        """It ended because its publishers were lost."""
        return self.ended and self.host.view.outcome == SessionOutcome.CUT_OFF

    def note_tail(self) -> None:
        """Look where the tail is now. To be called after every change of the history."""
        bounds = self.store.bounds(self.session_id)
        self.tail = 0 if bounds is None else bounds.tail
        self._cut = None

    def snapshot(self) -> tuple[bytes, SessionCursor]:
        """The view as one msgpack map, and its cursor; all who ask at one position share it."""
        self._recent[self.session_id] = self
        self._recent.move_to_end(self.session_id)
        if len(self._recent) > MAX_SNAPSHOTS:
            _, oldest = self._recent.popitem(last=False)
            oldest.host.forget_encoded()
        return self.host.encoded_observation()

    def release(self) -> None:
        """Free what is kept only because several readers may want it."""
        self._cut = None
        self._recent.pop(self.session_id, None)
        self.host.forget_encoded()

    def last_number(self, publisher_id: str) -> int:
        """Number of the last event that came of this publisher; 0 for none."""
        return self.numbers.get(publisher_id, 0)

    def note_number(self, publisher_id: str, number: int) -> None:
        """Everything of this publisher up to `number` has come."""
        self.numbers[publisher_id] = number
        self.numbers.move_to_end(publisher_id)
        if len(self.numbers) > MAX_PUBLISHERS:
            for other in self.numbers:
                if other not in self.publishers and other not in self.lost:
                    del self.numbers[other]
                    break

    def read(self, after: int, max_bytes: int, up_to: int | None) -> Slice | None:
        """The next events after n `after`, `up_to` included; None at the tail.

        Raises:
            SubscriberLagged: events after `after` are gone.
            SubscriptionClosed: `after` is no position of this session.
        """
        if after >= self.tail:
            return None
        cut = self._cut
        if (
            cut is not None
            and cut[0] == after
            and cut[1] == up_to
            and len(cut[3].blob) <= max_bytes <= cut[2]
        ):
            return cut[3]
        frames = self.store.read_frames(self.session_id, after, max_bytes, up_to)
        if not frames.frames:
            return None
        blob = frames.frames[0] if len(frames.frames) == 1 else b"".join(frames.frames)
        result = Slice(blob, frames.last, cursor_of(frames.frames[-1]))
        self._cut = (after, up_to, max_bytes, result)
        return result
