"""Watches one session for the app: attaches, feeds what arrives into the state, calls back.

It decides when to attach again and when to give up, and saves the reader's place. It knows no
widget: the screen hears of changes through one callback, reads the state at its own pace and
reports what was read.

anyio and the async client are imported by the worker: with the records of a `Prefetch`, the first
picture needs neither.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from lashd.client.decode import decode_record
from lashd.clock import now_ms as wall_clock_ms
from lashd.cursor import position_of
from lashd.errors import (
    ConnectionFailed,
    LashdError,
    LifecycleError,
    RequestRefused,
    VersionMismatch,
)
from lashtui.diagnostics import failure_of
from lashtui.feed.pace import wait_after
from lashtui.feed.retry import Retry
from lashtui.feed.state import FeedState
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from lashd.client.aio import AsyncAttachment, Client
    from lashtui.feed.prefetch import Prefetch, Prefetched
    from lashtui.saved.place import Place

SAVE_EVERY = 2.0
"""Seconds between writes of the saved cursor: as much as a reader whose terminal is lost may be
shown as new again."""


class Refusal(msgspec.Struct, frozen=True):
    """Why the session can't be shown at all. `code` is the app's exit code."""

    code: int
    message: str


class CursorStore(Protocol):
    """Where the reader's place is kept."""

    warnings: list[str]

    def place(self, session_id: str) -> tuple[str, Place | None] | None: ...
    def put(self, session_id: str, cursor: str, place: Place | None = None) -> bool: ...


def left_at(cursor: str | None, saved: CursorStore | None, session_id: str) -> str | None:
    """The cursor where the reader left: `cursor`, or the one in `saved` if it is `"saved"`."""
    return place_left(cursor, saved, session_id)[0]


def place_left(
    cursor: str | None, saved: CursorStore | None, session_id: str
) -> tuple[str | None, Place | None]:
    """The same, with what was there if it is known."""
    place = None
    if cursor == "saved":
        known = saved.place(session_id) if saved is not None else None
        cursor, place = known or (None, None)
    return (cursor, place) if position_of(cursor) is not None else (None, None)


class Feed:
    """One session, watched. `run` is the worker; everything else may be called while it runs.

    Args:
        cursor: where "new since you left" begins: `saved`, a cursor's text, or None. The whole
            session is shown in each case.
        wait: the session may not exist yet.
        start_daemon: with `wait`, start a daemon if none is running (once).
        restart: the command that starts this daemon again, if it is no ordinary one.
        prefetch: the first attach, begun already. It has asked about `cursor` itself.
        on_change: called in the loop after `state` has changed.
        on_refusal: called once, if the session can't be shown at all.
        sleep: waits for so many seconds; the event loop's by default.
    """

    def __init__(
        self,
        socket_path: str | Path,
        session_id: str,
        *,
        cursor: str | None = "saved",
        wait: bool = False,
        start_daemon: bool = False,
        restart: str = "",
        saved: CursorStore | None = None,
        prefetch: Prefetch | None = None,
        on_change: Callable[[], None] = lambda: None,
        on_refusal: Callable[[Refusal], None] = lambda _refusal: None,
        clock: Callable[[], float] = time.monotonic,
        now_ms: Callable[[], int] = wall_clock_ms,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        self.state = FeedState(session_id, clock, now_ms)
        self.state.connection.restart = restart
        self.on_change = on_change
        self.on_refusal = on_refusal
        self.watcher: Callable[[], None] | None = None
        """Called like `on_change`: of who shows the session beside its own screen."""
        self._socket_path = str(socket_path)
        self._cursor = cursor
        self._wait = wait
        self._start_daemon = start_daemon and wait
        self._saved = saved
        self._written: tuple[str, Place | None] | None = None
        self._prefetch = prefetch
        self._prefetched: Prefetched | None = None
        self._attachment: AsyncAttachment | None = None
        self._retry = Retry(self._socket_path)
        self._sleep = sleep

    def begin(self) -> None:
        """Take in what was prefetched, if it has all arrived: before the first paint."""
        prefetch = self._prefetch
        if prefetch is not None and prefetch.is_done:
            with suppress(LashdError):  # `run` meets it again, and decides
                self._take(prefetch.take())
                self._prefetch = None

    def _take(self, prefetched: Prefetched) -> None:
        """The very first records. Their connection is kept for the worker."""
        self._prefetched = prefetched
        cursor, place = self._left_at()
        if cursor is not None and prefetched.report is not None:
            self.state.resume_from(cursor, prefetched.report, place)
        self.state.receive(prefetched.records)
        if prefetched.attachment.state == "live":
            self.state.connection.caught_up()

    def close(self) -> None:
        """Hang up what was prefetched and never used: `run` has ended, or won't begin."""
        prefetched, self._prefetched = self._prefetched, None
        if prefetched is not None:
            prefetched.attachment.close()

    async def run(self) -> None:
        """Watch until cancelled. A lost connection is shown, and what was missed is caught up."""
        import anyio

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._save_regularly)
            await self._follow()
            tasks.cancel_scope.cancel()

    async def _follow(self) -> None:
        """Attach again and again; returns only when the session can't be shown at all."""
        connection, retry = self.state.connection, self._retry
        while True:
            try:
                await self._follow_once()
                retry.succeeded()
            except VersionMismatch as error:
                return self._give_up(error)
            except ConnectionFailed as error:
                if self._start_daemon:
                    self._start_daemon = False
                    if await self._started():
                        continue
                if self.state.view is None and not self._wait:
                    return self._give_up(error)
                connection.lost(str(error), retry.seconds)
            except RequestRefused as error:
                if self.state.view is None:
                    return self._give_up(error)
                connection.lost(error.message, retry.seconds)
            except LashdError as error:
                return self._give_up(error)
            if connection.retry_at is None:
                connection.lost(retry_in=retry.seconds)
            self._changed()
            await retry.pause()

    async def _follow_once(self) -> None:
        """One attachment, from its beginning to its end record."""
        from lashd.client.aio import Client

        async with Client(self._socket_path, decode=decode_record) as client:
            await self._take_prefetch()
            async with await self._attach(client) as attachment:
                self._attachment = attachment
                try:
                    await self._read(attachment)
                finally:
                    self._attachment = None
                    self.state.connection.answered()
        self.save()

    async def _take_prefetch(self) -> None:
        """Wait for the prefetch, if one is still running."""
        prefetch, self._prefetch = self._prefetch, None
        if prefetch is None:
            return
        if not prefetch.is_done:
            from anyio import to_thread

            await to_thread.run_sync(prefetch.wait, abandon_on_cancel=True)
        self._take(prefetch.take())
        self._changed()

    async def _attach(self, client: Client) -> AsyncAttachment:
        """The attachment that suits what is there: prefetched, the first one, or one again."""
        state = self.state
        if self._prefetched is not None:
            prefetched, self._prefetched = self._prefetched, None
            return client.adopt(prefetched.attachment)
        if state.view is None:
            await self._look_up_saved(client)
            if self._wait:
                state.connection.awaiting()
                self._changed()
            return client.attach(state.session_id, wait=self._wait)
        # The view stays: what was missed is folded into it. Wait, because a publisher may have
        # to restore the session to a daemon that has just been started.
        return client.attach(state.session_id, cursor=state.cursor, start="cursor", wait=True)

    async def _read(self, attachment: AsyncAttachment) -> None:
        """Feed what arrives into the state."""
        import anyio

        state, connection = self.state, self.state.connection
        sleep = self._sleep or anyio.sleep
        if attachment.is_awaiting and state.view is not None:
            connection.awaiting()
            self._changed()
        async for records in attachment:
            state.receive(records)
            connection.answered(attachment.silent_since)
            if attachment.state == "live":
                connection.caught_up()
            elif attachment.is_awaiting:
                connection.awaiting()
            self._changed()
            wait = wait_after(len(records), is_live=connection.is_live)
            # A snapshot is in the state now; the next batch may be hours away.
            del records
            if wait:
                await sleep(wait)
        if attachment.ended is not None and connection.ended is None:
            state.receive([attachment.ended])

    def _left_at(self) -> tuple[str | None, Place | None]:
        return place_left(self._cursor, self._saved, self.state.session_id)

    async def _look_up_saved(self, client: Client) -> None:
        cursor, place = self._left_at()
        if cursor is None:
            return
        try:
            report = await client.inspect_cursor(cursor)
        except RequestRefused:  # not a cursor: shown as on a first visit
            return
        self.state.resume_from(cursor, report, place)

    async def _started(self) -> bool:
        """Start a daemon, for a session to appear in; False if it can't be started."""
        from anyio import to_thread

        from lashd.connect.launch import ensure_daemon

        try:
            await to_thread.run_sync(ensure_daemon, self._socket_path, abandon_on_cancel=True)
        except LifecycleError as error:
            self.state.show_notice(safe_line(str(error)))
            return False
        return True

    def _give_up(self, error: LashdError) -> None:
        failure = failure_of(error)
        assert failure is not None
        message = self.state.connection.advised(failure.message)
        refusal = Refusal(int(failure.code), message)
        self.state.connection.lost(refusal.message)
        self._changed()
        self.on_refusal(refusal)

    def _changed(self) -> None:
        self.on_change()
        if self.watcher is not None:
            self.watcher()

    def retry_now(self) -> None:
        """Try to connect at once instead of when the countdown ends."""
        if not self._retry.end_pause() and self._attachment is not None:
            self._attachment.retry_now()

    async def _save_regularly(self) -> None:
        import anyio

        while True:
            await anyio.sleep(SAVE_EVERY)
            self.save()

    def save(self) -> None:
        """Write how far the reader has read: what arrived while they looked elsewhere stays new.

        A place that can't be saved is shown as a notice; it is no reason to end.
        """
        cursor, place = self.state.read_to, self.state.place
        if self._saved is None or cursor is None or (cursor, place) == self._written:
            return
        if self._saved.put(self.state.session_id, cursor, place):
            self._written = cursor, place
            self.state.show_notice(None)
        elif self._saved.warnings:
            self.state.show_notice(safe_line(self._saved.warnings[-1]))
