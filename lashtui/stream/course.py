"""What the streams of `attach` and `ls` have in common: progress while nothing shows, and an end.

Pure. Once `ending` is set nothing more is accepted; the caller writes `end_record()` and exits with
`ending.code`.
"""

from __future__ import annotations

from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.protocol.records import Record

PROGRESS_EVERY = 5.0
"""Seconds between two progress records: often enough for a stored cursor, rarely enough for a
log."""


class Ending:
    """Why the stream is over. `message`: a line for stderr if the user didn't ask for this end."""

    def __init__(self, reason: str, code: ExitCode, message: str = "") -> None:
        self.reason = reason
        self.code = code
        self.message = message


class Course:
    """One stream from its first record to its end.

    `cursor` is the place after everything returned so far: what a reader may store.
    """

    place_key = "cursor"
    """How the records call the reader's place."""

    def __init__(self, cursor: str | None = None) -> None:
        """`cursor`: where the reader starts."""
        self.cursor = cursor
        self.ending: Ending | None = None
        self._hidden_since: float | None = None
        """Since when the cursor has moved without a record that shows it."""
        self._written_at: float | None = None
        self._end: Record | None = None

    def receive(self, record: Record, now: float) -> list[Record]:
        """Accept one record; returns what to write now, in order."""
        raise NotImplementedError

    def progress(self, now: float) -> list[Record]:
        """A progress record, if one is due."""
        deadline = self.progress_due()
        if deadline is None or now < deadline or self.ending is not None:
            return []
        self._hidden_since, self._written_at = None, now
        return [{"type": "progress", self.place_key: self.cursor}]

    def progress_due(self) -> float | None:
        """When the next progress record is due; None while nothing is hidden."""
        if self._hidden_since is None:
            return None
        return (self._written_at or self._hidden_since) + PROGRESS_EVERY

    def stop(self, reason: str, code: ExitCode, message: str = "") -> None:
        """End it from outside: a timeout or a signal. The first reason wins."""
        if self.ending is None:
            self.ending = Ending(reason, code, message)

    def end_record(self) -> Record:
        """The last record of the stream."""
        if self._end is not None:
            return self._end
        reason = self.ending.reason if self.ending else "interrupted"
        return {"type": "end", self.place_key: self.cursor, "reason": reason}

    def _advance(self, record: Record) -> None:
        place = record.get(self.place_key)
        if isinstance(place, str):
            self.cursor = place

    def _told(self, record: Record | None, now: float) -> list[Record]:
        """What to write of a record: itself, or with None at most a sign of progress."""
        if record is not None:
            self._hidden_since, self._written_at = None, now
            return [record]
        if self._hidden_since is None:
            self._hidden_since = now
        return self.progress(now)

    def _ended_by_daemon(self, record: Record) -> None:
        # Its place may be past what was delivered; ours is not.
        self._end = record if self.cursor is None else {**record, self.place_key: self.cursor}
        reason = str(record.get("reason"))
        if reason == "forgotten":
            message = "the session was removed from the daemon"
            self.ending = Ending(reason, ExitCode.NO_SESSION, message)
        else:
            message = "the daemon stopped; `lashtui daemon start` starts it again"
            self.ending = Ending(reason, ExitCode.NO_DAEMON, message)
