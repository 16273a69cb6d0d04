"""The first look at a session, begun before there is an app.

Importing Textual takes longer than everything that the daemon has to say. So a thread asks it
meanwhile, and the first picture shows the history: nothing is waited for twice.
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
    from lashd.protocol.client import Record

TIMEOUT = 10.0
"""Seconds for each answer of the daemon, as the app's own client gives it."""


class Opened(msgspec.Struct, frozen=True):
    """What the daemon said."""

    report: Record | None
    """What the reader's cursor can still do, if there was one."""
    records: list[Record]
    """All that was there at the attach: a snapshot, as a rule."""
    attachment: Attachment
    """Where it goes on."""


class Opening:
    """One attempt, in a thread of its own. Nobody has to wait for it: a daemon may hang.

    Args:
        cursor: where the reader left, to be asked about before the attach. A function, because
            it may have to be read from disk; None for nowhere.
    """

    def __init__(
        self, socket_path: str, session_id: str, cursor: Callable[[], str | None] = lambda: None
    ) -> None:
        self._socket_path = socket_path
        self._session_id = session_id
        self._cursor = cursor
        self._opened: Opened | None = None
        self._error: LashdError | None = None
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name="opening", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether `take` gives an answer at once."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Until it is done: some `TIMEOUT`s at the most."""
        self._thread.join()

    def take(self) -> Opened:
        """What came of it. Once: who takes it goes on with its connection.

        Raises:
            LashdError: it failed, as the app's own client would have.
        """
        self.wait()
        opened, self._opened = self._opened, None
        if opened is None:
            assert self._error is not None
            raise self._error
        return opened

    def close(self) -> None:
        """Nobody will take it."""
        self._abandoned = True
        if self.is_done and self._opened is not None:
            self._opened.attachment.close()

    def _run(self) -> None:
        try:
            self._opened = self._open()
        except LashdError as error:
            self._error = error
        if self._abandoned:
            self.close()

    def _open(self) -> Opened:
        cursor = self._cursor()
        client = Client(self._socket_path, timeout=TIMEOUT, decode=decode_record)
        report = None
        try:
            if cursor is not None:
                try:
                    report = client.inspect_cursor(cursor)
                except RequestRefused:  # a cursor that is none: shown like a first visit
                    pass
            attachment = client.attach(self._session_id)
        finally:
            client.close()
        return Opened(report, _read(attachment), attachment)


def _read(attachment: Attachment) -> list[Record]:
    try:
        # A first time in any case: all may have come along with the daemon's hello.
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
