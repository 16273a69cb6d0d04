"""The one worker between a session in the daemon and the app: client -> state -> "look again".

It decides when to attach again and when to give up, and keeps the saved cursor. It knows no
widget; who shows the state is told through one callback, reads it at a pace of their own and says
what of it was read.

anyio and the client over it are imported by the worker: with what an `Opening` brought, the first
picture needs neither.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from lashd.client.decode import decode_record
from lashd.errors import (
    ConnectionFailed,
    LashdError,
    LifecycleError,
    RequestRefused,
    VersionMismatch,
)
from lashtui.diagnostics import failure_of
from lashtui.feed.state import FeedState, Link
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    import anyio

    from lashd.client.aio import AsyncAttachment, Client
    from lashtui.feed.prefetch import Opened, Opening

SAVE_EVERY = 2.0
"""Seconds between writes of the saved cursor: what a lost terminal may see twice."""
RETRY_FIRST = 1.0
RETRY_MAX = 10.0
"""Seconds between attempts after the daemon said goodbye: it is started by a person, or soon."""


class Refusal(msgspec.Struct, frozen=True):
    """Why there is nothing to show at all: the app ends with this."""

    code: int
    message: str


class CursorStore(Protocol):
    """Where the reader's place is kept."""

    warnings: list[str]

    def get(self, session_id: str) -> str | None: ...
    def put(self, session_id: str, cursor: str) -> bool: ...


def left_at(cursor: str | None, saved: CursorStore | None, session_id: str) -> str | None:
    """The cursor where the reader left: `cursor` itself, or the one that `saved` stands for."""
    if cursor == "saved":
        cursor = saved.get(session_id) if saved is not None else None
    return cursor if cursor is not None and cursor.startswith("lashsc1:") else None


class Feed:
    """One session, watched. `run` is the worker; everything else may be called beside it.

    Args:
        cursor: `saved`, a cursor's text, or None: where "new since you left" begins. The whole
            session is shown in each case.
        wait: the session may not exist yet.
        start_daemon: with `wait`, start one if none runs (once).
        opening: the first look, begun already. It has asked for `cursor` itself.
        on_change: called in the loop after `state` has changed.
        on_refusal: called once, when the session can't be shown at all.
    """

    def __init__(
        self,
        socket_path: str | Path,
        session_id: str,
        *,
        cursor: str | None = "saved",
        wait: bool = False,
        start_daemon: bool = False,
        saved: CursorStore | None = None,
        opening: Opening | None = None,
        on_change: Callable[[], None] = lambda: None,
        on_refusal: Callable[[Refusal], None] = lambda _refusal: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = FeedState(session_id, clock)
        self.on_change = on_change
        self.on_refusal = on_refusal
        self._socket_path = str(socket_path)
        self._cursor = cursor
        self._wait = wait
        self._start_daemon = start_daemon and wait
        self._saved = saved
        self._written: str | None = None
        self._opening = opening
        self._opened: Opened | None = None
        self._attachment: AsyncAttachment | None = None
        self._wake: anyio.Event | None = None

    def begin(self) -> None:
        """Take in what the opening has brought, if that is all there: before the first paint."""
        opening = self._opening
        if opening is not None and opening.is_done:
            with suppress(LashdError):  # `run` meets it again, and decides
                self._take(opening.take())
                self._opening = None

    def _take(self, opened: Opened) -> None:
        """The first records of all. The connection is kept for the worker."""
        self._opened = opened
        cursor = self._left_at()
        if cursor is not None and opened.report is not None:
            self.state.resume_from(cursor, opened.report)
        self.state.receive(opened.records)
        if opened.attachment.state == "live":
            self.state.caught_up()

    async def run(self) -> None:
        """Watch until cancelled. Losses are shown, waited out and made up for."""
        import anyio

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._save_regularly)
            await self._follow()
            tasks.cancel_scope.cancel()

    async def _follow(self) -> None:
        delay = RETRY_FIRST
        while True:
            try:
                await self._watch()
                delay = RETRY_FIRST
            except VersionMismatch as error:
                return self._give_up(error)
            except ConnectionFailed as error:
                if self._start_daemon:
                    self._start_daemon = False
                    if await self._started():
                        continue
                if self.state.view is None and not self._wait:
                    return self._give_up(error)
                self.state.lost(str(error), delay)
            except RequestRefused as error:
                if self.state.view is None:
                    return self._give_up(error)
                self.state.lost(error.message, delay)
            except LashdError as error:
                return self._give_up(error)
            if self.state.retry_at is None:
                self.state.lost(self.state.reason, delay)
            self.on_change()
            await self._pause(delay)
            delay = min(delay * 2, RETRY_MAX)

    async def _watch(self) -> None:
        """One attachment, from its beginning to its end record."""
        from lashd.client.aio import Client

        state = self.state
        async with Client(self._socket_path, decode=decode_record) as client:
            if self._opening is not None:
                opening, self._opening = self._opening, None
                if not opening.is_done:
                    from anyio import to_thread

                    await to_thread.run_sync(opening.wait, abandon_on_cancel=True)
                self._take(opening.take())
                self.on_change()
            if self._opened is not None:
                opened = client.go_on(self._opened.attachment)
                self._opened = None
            elif state.view is None:
                await self._look_up_saved(client)
                if self._wait:
                    state.link = Link.WAITING
                    self.on_change()
                opened = client.attach(state.session_id, wait=self._wait)
            else:
                # The view stays: what was missed is folded into it. Wait, because a publisher
                # may have to give the session back to a daemon that has just been started.
                opened = client.attach(
                    state.session_id, cursor=state.cursor, start="cursor", wait=True
                )
            async with opened as attachment:
                self._attachment = attachment
                if attachment.is_awaiting and state.view is not None:
                    state.awaiting()
                    self.on_change()
                try:
                    async for records in attachment:
                        state.receive(records)
                        state.silent_since = attachment.silent_since
                        if attachment.state == "live":
                            state.caught_up()
                        elif attachment.is_awaiting:
                            state.awaiting()
                        self.on_change()
                        # A snapshot is in the state now; the next batch may be hours away.
                        del records
                    if attachment.ended is not None and state.ended is None:
                        state.receive([attachment.ended])
                finally:
                    self._attachment = None
                    state.silent_since = None
        self.save()

    def _left_at(self) -> str | None:
        return left_at(self._cursor, self._saved, self.state.session_id)

    async def _look_up_saved(self, client: Client) -> None:
        cursor = self._left_at()
        if cursor is None:
            return
        try:
            report = await client.inspect_cursor(cursor)
        except RequestRefused:  # a cursor that is none: shown like a first visit
            return
        self.state.resume_from(cursor, report)

    async def _pause(self, seconds: float) -> None:
        import anyio

        self._wake = anyio.Event()
        try:
            with anyio.move_on_after(seconds):
                await self._wake.wait()
        finally:
            self._wake = None

    async def _started(self) -> bool:
        """Start a daemon: a session that is waited for can only appear in one."""
        from anyio import to_thread

        from lashd.connect.launch import ensure_daemon

        try:
            await to_thread.run_sync(ensure_daemon, self._socket_path, abandon_on_cancel=True)
        except LifecycleError as error:
            self.state.notice = safe_line(str(error))
            return False
        return True

    def _give_up(self, error: LashdError) -> None:
        failure = failure_of(error)
        assert failure is not None
        refusal = Refusal(int(failure.code), failure.message)
        self.state.lost(refusal.message)
        self.on_change()
        self.on_refusal(refusal)

    def retry_now(self) -> None:
        """Try to connect at once instead of when the countdown ends."""
        if self._wake is not None:
            self._wake.set()
        elif self._attachment is not None:
            self._attachment.retry_now()

    async def _save_regularly(self) -> None:
        import anyio

        while True:
            await anyio.sleep(SAVE_EVERY)
            self.save()

    def save(self) -> None:
        """Write how far the reader has read: what came while they looked elsewhere stays news.

        A place that can't be kept is said, and no reason to end.
        """
        cursor = self.state.read_to
        if self._saved is None or cursor is None or cursor == self._written:
            return
        if self._saved.put(self.state.session_id, cursor):
            self._written, self.state.notice = cursor, None
        elif self._saved.warnings:
            self.state.notice = safe_line(self._saved.warnings[-1])
