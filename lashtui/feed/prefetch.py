"""Ask for a session before there is an app: a thread does it while Textual is imported.

Importing Textual takes longer than the daemon's whole answer. With both at once the first picture
shows the history, and nothing is waited for twice.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from lashd.client.blocking import Client
from lashd.client.decode import decode_record
from lashd.errors import LashdError, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.client.attachment import Attachment
    from lashd.protocol.records import Record

TIMEOUT = 10.0
"""Seconds for each of the daemon's answers, as the app's own client allows."""


class Prefetched(msgspec.Struct, frozen=True):
    """What the daemon answered."""

    report: Record | None
    """What the reader's cursor can still do, if there was one."""
    records: list[Record]
    """Everything that was there at the attach: a snapshot, as a rule."""
    attachment: Attachment
    """Continues after `records`."""


class Prefetch:
    """One attempt, in its own thread. Nobody has to wait for it: a daemon may hang.

    Args:
        cursor: gives the place where the reader left, to be asked about before the attach, or
            None. A function, because it may have to be read from disk.
    """

    def __init__(
        self, socket_path: str, session_id: str, cursor: Callable[[], str | None] = lambda: None
    ) -> None:
        self._socket_path = socket_path
        self._session_id = session_id
        self._cursor = cursor
        self._result: Prefetched | None = None
        self._error: LashdError | None = None
        self._thread = threading.Thread(target=self._run, name="prefetch", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether `take` returns at once."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Wait until it is done: a few `TIMEOUT`s at the most."""
        self._thread.join()

    async def wait_for(self, seconds: float) -> None:
        """Wait until it is done, but no longer than this; other work goes on meanwhile."""
        from anyio import move_on_after, to_thread

        with move_on_after(seconds):
            await to_thread.run_sync(self.wait, abandon_on_cancel=True)

    def take(self) -> Prefetched:
        """The result. May be called once: the caller owns its connection.

        Raises:
            LashdError: it failed, as the app's own client would have.
        """
        self.wait()
        result, self._result = self._result, None
        if result is None:
            assert self._error is not None
            raise self._error
        return result

    def _run(self) -> None:
        try:
            self._result = self._fetch()
        except LashdError as error:
            self._error = error

    def _fetch(self) -> Prefetched:
        cursor = self._cursor()
        client = Client(self._socket_path, timeout=TIMEOUT, decode=decode_record)
        report = None
        try:
            if cursor is not None:
                try:
                    report = client.inspect_cursor(cursor)
                except RequestRefused:  # not a cursor: shown as on a first visit
                    pass
            attachment = client.attach(self._session_id)
        finally:
            client.close()
        return Prefetched(report, _read(attachment), attachment)


def _read(attachment: Attachment) -> list[Record]:
    try:
        # Once in any case: everything may have come along with the daemon's hello.
        records = attachment.read(TIMEOUT)
        while attachment.state in ("connecting", "catching up"):
            came = attachment.read(TIMEOUT)
            if not came:
                break
            records += came
    except LashdError:
        attachment.close()
        raise
    return records
