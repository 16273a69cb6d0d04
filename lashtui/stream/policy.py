"""What a stream writes, when it ends, and with which exit code. Pure: records and times in.

Every record of an attachment goes through `Stream.receive`, which returns what to write. Once
`Stream.ending` is set nothing more is accepted; the caller writes `end_record()` and exits with
`ending.code`.
"""

from __future__ import annotations

from lashd.outcome import TurnOutcome
from lashd.protocol.records import CONTROL
from lashtui.exit_codes import ExitCode
from lashtui.stream.kinds import activity_of, select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from lashd.protocol.records import Record

    Until: TypeAlias = Literal["synced", "turn-end", "waiting", "end"]

PROGRESS_EVERY = 5.0
"""Seconds between two progress records: often enough for a stored cursor, rarely enough for a
log."""

_FAILED = frozenset(("failure", "cut_off"))


# Plain classes: importing `dataclasses` takes longer than the rest of this module.
class StreamOptions:
    """What the user asked of the stream."""

    def __init__(
        self,
        *,
        only: frozenset[str] | None = None,
        until: Until | None = None,
        fail_on_gap: bool = False,
        exit_status: bool = False,
    ) -> None:
        self.only = only
        self.until = until
        self.fail_on_gap = fail_on_gap
        self.exit_status = exit_status


class Ending:
    """Why the stream is over. `message`: a line for stderr if the user didn't ask for this end."""

    def __init__(self, reason: str, code: ExitCode, message: str = "") -> None:
        self.reason = reason
        self.code = code
        self.message = message


class Stream:
    """One stream from its first record to its end.

    `cursor` is the one after everything returned so far: what a reader may store. It moves past a
    gap only with the observation that makes up for it.
    """

    def __init__(self, options: StreamOptions, cursor: str | None = None) -> None:
        """`cursor`: where the reader starts."""
        self.options = options
        self.cursor = cursor
        self.ending: Ending | None = None
        self.synced = False
        self.state: str | None = None
        """idle, running, waiting, ended; None while no record has said."""
        self._outcome: str | None = None
        self._state_at_attach: tuple[str, str | None] | None = None
        """(state, outcome) at the attach, which includes every event before `synced`."""
        self._turn = TurnOutcome()
        self._hidden_since: float | None = None
        """Since when the cursor has moved without a record that shows it."""
        self._written_at: float | None = None
        self._end: Record | None = None

    def receive(self, record: Record, now: float) -> list[Record]:
        """Accept one record; returns what to write now, in order."""
        if self.ending is not None:
            return []
        kind = record.get("type")
        if kind == "end":
            # Its cursor may be past what was delivered; ours is not.
            self._end = record if self.cursor is None else {**record, "cursor": self.cursor}
            self.ending = _ended_by_daemon(str(record.get("reason")))
            return []
        if kind not in ("attached", "gap", "disconnected", "reconnected"):
            self._advance(record)
        shown = record if self.options.only is None else select(record, self.options.only)
        self._apply(record, kind)
        if shown is not None:
            self._hidden_since, self._written_at = None, now
            return [shown]
        if self._hidden_since is None:
            self._hidden_since = now
        return self.progress(now)

    def progress(self, now: float) -> list[Record]:
        """A progress record, if one is due."""
        deadline = self.progress_due()
        if deadline is None or now < deadline or self.ending is not None:
            return []
        self._hidden_since, self._written_at = None, now
        return [{"type": "progress", "cursor": self.cursor}]

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
        return {"type": "end", "cursor": self.cursor, "reason": reason}

    # -- state and end ---------------------------------------------------------------------------

    def _advance(self, record: Record) -> None:
        cursor = record.get("cursor")
        if isinstance(cursor, str):
            self.cursor = cursor

    def _apply(self, record: Record, kind: object) -> None:
        if kind == "attached":
            if isinstance(record.get("state"), str):
                self._state_at_attach = record["state"], record.get("outcome")
        elif kind == "gap":
            if self.options.fail_on_gap:
                message = f"{describe_gap(record)}; the stream ends here (--on-gap fail)"
                self.ending = Ending("gap", ExitCode.GAP, message)
        elif kind == "observation":
            self._apply_view(record.get("read_view"))
        elif kind == "synced":
            self.synced = True
            if self.state is None and self._state_at_attach is not None:
                # Neither a snapshot nor an event said: the stream starts at the session's tail.
                self.state, self._outcome = self._state_at_attach
            if self.options.until == "synced":
                self.ending = Ending("synced", ExitCode.DONE)
            else:
                self._check_end()
        elif kind not in CONTROL:
            self._apply_event(record, kind)

    def _apply_view(self, view: object) -> None:
        if not isinstance(view, dict):
            return
        self.state, self._outcome = str(view.get("state")), view.get("outcome")
        self._turn = TurnOutcome(view.get("turn"))
        if self.options.until == "turn-end":
            # A session that ended without a commit has no turn that could still end.
            settled = self.state == "idle" and bool(view.get("turn_index"))
            if settled or self.state == "ended":
                self._finish("turn-end", failed=self._outcome in _FAILED)
                return
        self._check_end()

    def _apply_event(self, record: Record, kind: object) -> None:
        if kind == "turn_activity":
            activity = activity_of(record)
            tag = activity.get("type")
            if self.state != "waiting" or tag == "resumed":
                self.state = "running"
            if tag == "waiting":
                self.state = "waiting"
            self._turn.take_activity(activity)
        elif kind == "committed":
            failed = self._turn.close()
            self.state = "idle"
            # Daemons that don't say leave it to the rule.
            self._outcome = record.get("outcome") or ("failure" if failed else "success")
            if self.options.until == "turn-end":
                self._finish("turn-end", failed=self._outcome in _FAILED)
        elif kind == "session_changed" and record.get("kind") == "ended":
            self.state, self._outcome = "ended", record.get("outcome")
            self._turn.close()
            if self.options.until == "turn-end":
                self._finish("turn-end", failed=self._outcome in _FAILED)
        elif kind == "session_changed" and self.state in (None, "ended"):
            self.state = "idle"
        self._check_end()

    def _check_end(self) -> None:
        if not self.synced or self.ending is not None:
            return
        if self.options.until == "end" and self.state == "ended":
            self._finish("session-ended", failed=self._outcome in _FAILED)
        elif self.options.until == "waiting" and self.state == "waiting":
            self._finish("waiting", failed=False)

    def _finish(self, reason: str, *, failed: bool) -> None:
        if self.ending is None:
            bad = failed and self.options.exit_status
            self.ending = Ending(reason, ExitCode.AGENT_FAILED if bad else ExitCode.DONE)


def describe_gap(gap: Record) -> str:
    """The description of a gap record, for people."""
    if gap.get("reason") == "trimmed":
        lost = gap.get("lost")
        from lashtui.text.format import plural  # late: gaps are rare

        count = plural(lost, "event") if isinstance(lost, int) else "events"
        return f"gap: {count} can no longer be replayed (trimmed)"
    return "gap: earlier history is unavailable (the daemon or the session was restarted)"


def _ended_by_daemon(reason: str) -> Ending:
    if reason == "forgotten":
        message = "the session was removed from the daemon"
        return Ending(reason, ExitCode.NO_SESSION, message)
    message = "the daemon stopped; `lashtui daemon start` starts it again"
    return Ending(reason, ExitCode.NO_DAEMON, message)
