"""What a publisher, its thread and its connection share, and the protocol of one connection.

No socket here: `PublisherConnection` turns bytes into bytes, under the lock of `publish`.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from lashd.address import far_name
from lashd.cursor import SessionCursor
from lashd.errors import LashdError, ProtocolViolation, RequestRefused
from lashd.protocol.client import ClientConnection, pack, refusal
from lashd.protocol.outbox import Outbox, Resume, restore_frame
from lashd.publish.inbox import Inbox
from lashd.session.draft import Draft

if TYPE_CHECKING:
    from lashd.protocol.records import Record

PublisherState = Literal["connecting", "live", "lost", "refused", "closed"]
"""live: the daemon accepts events; lost: reconnecting; refused and closed are final."""


MAX_WARNINGS = 64
"""Warnings that wait to be given: whatever comes beside that many says no more."""


@dataclass(slots=True)
class SharedState:
    """What a publisher and its thread share.

    Everything but `path` and `inbox` is guarded by `changed`.
    """

    path: str
    open_message: Record
    draft: Draft
    outbox: Outbox
    inbox: Inbox = field(default_factory=Inbox)
    warnings: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_WARNINGS))
    """For the publisher's user; to be given by whoever added one, without the lock."""
    warned_of_drops: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)
    state: PublisherState = "connecting"
    refusal: RequestRefused | None = None
    was_live: bool = False
    unreachable: bool = False
    """No daemon has been reached so far, and none may ever come."""
    goodbye: bool = False
    """Send `close` and end as soon as everything is acknowledged."""
    hang_up: bool = False
    """End at once."""

    def gather(self) -> None:
        """Take what the agent has published into the draft and the outbox."""
        events = self.inbox.take()
        if not events:
            return
        bodies, reasons = self.draft.take_all(events, self.outbox.next_number)
        for body in bodies:
            self.outbox.add(body)
        self.warnings += reasons
        self._warn_of_drops()
        if reasons:
            self.changed.notify_all()  # one who waits for an acknowledgement may wait for none

    def take_warnings(self) -> list[str]:
        """What is to be said now, each thing once."""
        if not self.warnings:
            return []
        with self.changed:
            warnings = list(self.warnings)
            self.warnings.clear()
            return warnings

    @property
    def is_flushed(self) -> bool:
        """All that was published is acknowledged."""
        # If nothing was published, it is still the session's creation that is acknowledged.
        return (
            not len(self.inbox) and self.outbox.is_acknowledged and self.state in ("live", "closed")
        )

    @property
    def takes_events(self) -> bool:
        """The publisher is neither closed nor refused, nor about to be."""
        return not (self.hang_up or self.goodbye or self.state in ("refused", "closed"))

    def _warn_of_drops(self) -> None:
        """When dropping begins; once until everything is delivered again."""
        if not self.outbox.dropped:
            self.warned_of_drops = self.warned_of_drops and len(self.outbox) > 1
        elif not self.warned_of_drops:
            self.warned_of_drops = True
            self.warnings.append(
                f"session `{self.draft.view.session_id}`: the daemon accepts events too slowly or"
                " not at all; the oldest are dropped, the session's view stays complete"
            )

    def set_state(self, state: PublisherState) -> None:
        """Change the state unless it is final, and wake the threads waiting for a change."""
        with self.changed:
            if self.state not in ("refused", "closed"):
                self.state = state
            if state == "live":
                self.was_live = True
                self.unreachable = False
            self.changed.notify_all()


class Lost(Exception):
    """The connection is lost. `graceful`: the daemon announced that it stops."""

    def __init__(self, reason: str, *, graceful: bool = False) -> None:
        super().__init__(reason)
        self.graceful = graceful


class PublisherConnection:
    """The protocol of one connection: hello, open, perhaps restore, then appends and their acks."""

    def __init__(self, shared: SharedState, *, views: bool) -> None:
        self._shared = shared
        self._core = ClientConnection(where=far_name(shared.path))
        self._phase: Literal["opening", "restoring", "live", "closing"] = "opening"
        self._restored = 0
        """Number of the last event that the restored view stands for; 0 if none was sent."""
        self._is_created = True
        """False while the session has yet to be created, by an append."""
        self.views = views
        """False once the daemon refused the view: then missing events are shown as a gap."""
        self.closed = False
        """The daemon has confirmed the goodbye."""

    @property
    def was_greeted(self) -> bool:
        """Whether a daemon has said hello: until then there may be none at the other end of ssh."""
        return self._core.hello is not None

    def greeting(self) -> bytes:
        """The first bytes to send."""
        return self._core.greeting() + pack(self._shared.open_message)

    def next_frame(self) -> bytes:
        """The next frame to send; empty if there is nothing to send now."""
        shared = self._shared
        with shared.changed:
            shared.gather()
            if self._phase == "restoring" and not self._restored:
                return self._restore()
            if self._phase != "live":
                return b""
            view = None
            outbox = shared.outbox
            if outbox.needs_mark:
                view = self._insert_mark()
            batch = outbox.next_batch()
            if batch is not None:
                self._is_created = True
                try:
                    return batch.to_frame(view)
                except ProtocolViolation:
                    return batch.to_frame()
            if not self._is_created:
                self._is_created = True
                return pack({"type": "append", "first": outbox.next_number, "events": []})
            if shared.goodbye and outbox.is_acknowledged:
                self._phase = "closing"
                return pack({"type": "close"})
            return b""

    def receive(self, data: bytes) -> list[str]:
        """Handle what the daemon sent; returns warnings.

        Raises:
            RequestRefused: the daemon refuses this publisher.
            VersionMismatch: it speaks another version of the protocol.
            Lost: nothing more will come.
        """
        warnings: list[str] = []
        try:
            records = self._core.receive(data)
        except RequestRefused as error:  # too many connections now; later there may be room
            raise Lost(error.message) from None
        except ProtocolViolation as error:
            raise Lost(str(error)) from None
        for record in records:
            self._handle(record, warnings)
        return warnings

    def _handle(self, record: Record, warnings: list[str]) -> None:
        shared = self._shared
        kind = record["type"]
        if kind == "ack":
            self._acknowledged(record, warnings)
        elif kind == "opened":
            self._opened(record)
        elif kind == "restored":
            with shared.changed:
                taken = record.get("taken") is not False
                shared.outbox.restored(self._restored, taken=taken or not self.views)
            self._go_live()
        elif kind == "closed":
            self.closed = True
            shared.set_state("closed")
        elif kind == "stopping":
            raise Lost("the daemon was stopped", graceful=True)
        elif kind == "error":
            self._error(record, warnings)

    def _opened(self, record: Record) -> None:
        shared = self._shared
        known = bool(record.get("known"))
        last = None if record.get("last", 0) is None else int(record["last"] or 0)
        with shared.changed:
            # The session is this publisher's now; others that joined while it was lost may stay.
            shared.open_message.pop("exclusive", None)
            resume = shared.outbox.resume(known, last)
            if known and not last:
                revision = _revision(record.get("cursor"))
                shared.draft.follow(revision, complete=False)
            self._is_created = resume is not Resume.CREATE
            if resume is Resume.RESTORE:
                self._phase = "restoring"
                if not self.views:
                    self._without_restore()
            elif resume is Resume.CONTINUE:
                self._go_live()
            else:
                # Live once the first append is acknowledged: `wait_open` promises that the session
                # exists.
                self._phase = "live"

    def _restore(self) -> bytes:
        shared = self._shared
        self._restored = shared.outbox.last_number
        data = restore_frame(shared.draft.encode(), self._restored)
        if data is not None:
            return data
        self._without_restore()
        return b""

    def _without_restore(self) -> None:
        """The view can't be sent: continue with the events that are left, and show the gap."""
        self.views = self._is_created = False
        self._shared.outbox.resume(True, 0)
        self._go_live()

    def _go_live(self) -> None:
        self._phase = "live"
        self._shared.set_state("live")

    def _insert_mark(self) -> bytes | None:
        """Mark what was dropped; returns the view that goes with the mark."""
        shared = self._shared
        if not self.views:
            shared.outbox.forget_dropped()
            return None
        dropped = shared.outbox.make_room_for_view()
        number = shared.outbox.next_number - 1 - shared.outbox.unsent
        if dropped:
            event, view = shared.draft.mark(dropped, number)
        else:
            event, view = shared.draft.introduce()
        shared.outbox.insert_mark(event)
        return view

    def _acknowledged(self, record: Record, warnings: list[str]) -> None:
        shared = self._shared
        with shared.changed:
            shared.outbox.acknowledge(int(record.get("last") or 0))
            shared.changed.notify_all()
        if self._phase == "live":
            shared.set_state("live")
        warnings += [
            f"the daemon refused event {item.get('number')}: {item.get('reason')}"
            for item in record.get("refused") or ()
        ]

    def _error(self, record: Record, warnings: list[str]) -> None:
        error = refusal(record)
        if record.get("again") is True:  # we, or the connection, were held up within a message
            raise Lost(error.message)
        if error.code != "invalid_view":
            raise error
        warnings.append(f"the daemon refused the session's view: {error.message}")
        if self._phase == "restoring":
            with self._shared.changed:
                self._without_restore()
            return
        self.views = False
        raise Lost(error.message)


def _revision(cursor: Any) -> int:
    try:
        return SessionCursor(str(cursor)).parse().revision.n
    except LashdError:
        return 0
