"""What a stream writes, when it ends, and with which exit code. Pure: records and times in.

Every record of an attachment goes through `Stream.receive`, which returns what to write.
"""

from __future__ import annotations

from lashd.outcome import TurnOutcome
from lashd.protocol.records import CONTROL
from lashtui.exit_codes import ExitCode
from lashtui.stream.course import Course, Ending
from lashtui.stream.kinds import activity_of, select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from lashd.protocol.records import Record

    Until: TypeAlias = Literal["synced", "turn-end", "waiting", "end"]

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


class Stream(Course):
    """One stream from its first record to its end.

    `cursor` is the one after everything returned so far: what a reader may store. It moves past a
    gap only with the observation that makes up for it.
    """

    def __init__(self, options: StreamOptions, cursor: str | None = None) -> None:
        """`cursor`: where the reader starts."""
        super().__init__(cursor)
        self.options = options
        self.synced = False
        self.state: str | None = None
        """idle, running, waiting, ended; None while no record has said."""
        self._outcome: str | None = None
        self._state_at_attach: tuple[str, str | None] | None = None
        """(state, outcome) at the attach, which includes every event before `synced`."""
        self._turn = TurnOutcome()

    def receive(self, record: Record, now: float) -> list[Record]:
        """Accept one record; returns what to write now, in order."""
        if self.ending is not None:
            return []
        kind = record.get("type")
        if kind == "end":
            self._ended_by_daemon(record)
            return []
        if kind not in ("attached", "gap", "disconnected", "reconnected"):
            self._advance(record)
        shown = record if self.options.only is None else select(record, self.options.only)
        self._apply(record, kind)
        return self._told(shown, now)

    # -- state and end ---------------------------------------------------------------------------

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
