"""The outcome of a turn: the one rule by which a turn has failed.

An agent's *words* are its own prose and reasoning, tool calls and code blocks (started and
completed) and values; an event with a parent is a subagent's, which is the parent's business. A
turn has failed if there is an `error` with no word after it. Words that are withdrawn (a
`model_attempt_reset` names them) were never said. Nothing else counts: no user message, retry,
usage, diagnostic or wait, no change of the queue, a process or the frame.

Fed with tags and ids, so that it works for typed events and for bare records alike, and cheap to
import.
"""

from __future__ import annotations

from lashd.short import short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

TEXTS = frozenset(("assistant_prose_delta", "reasoning_delta"))
"""Words that can be withdrawn."""
WORDS = TEXTS | {
    "tool_call_started",
    "tool_call_completed",
    "code_block_started",
    "code_block_completed",
    "submitted_value",
    "tool_value",
}
MAX_PENDING = 64
"""Texts remembered after an error in case they are withdrawn; with one more, the agent has
recovered for good. A retried attempt has a handful."""


class TurnRule:
    """The rule, for any object that has its three attributes (a part of the view is one)."""

    if not TYPE_CHECKING:
        __slots__ = ()
    else:
        error: bool
        """There was an error, and no word after it that can't be withdrawn."""
        pending: list[str]
        """Correlation ids of the text that came after the error."""
        closed: bool
        """The turn is over, and no word or error came since."""

    @property
    def is_failing(self) -> bool:
        """Whether the running turn fails if it ends here."""
        return self.failed and not self.closed

    @property
    def failed(self) -> bool:
        """As `is_failing`; before a turn's first word or error, whether the last turn failed."""
        return self.error and not self.pending

    @property
    def minds_words(self) -> bool:
        """Whether a word would change anything: rarely, so `take` need not see each delta."""
        return self.error or self.closed

    def take(
        self, tag: str, key: str, parent: str | None = None, withdrawn: Iterable[str] = ()
    ) -> None:
        """Take one turn event.

        Args:
            tag: its type on the wire.
            key: its correlation id, else its own id; empty where it has neither.
            parent: the tool call that it belongs under.
            withdrawn: correlation ids that a `model_attempt_reset` withdraws.
        """
        if tag == "model_attempt_reset":
            if self.pending:
                gone = {short(each) for each in withdrawn}
                self.pending = [each for each in self.pending if each not in gone]
        elif parent:
            return
        elif tag == "error":
            self.error, self.pending, self.closed = True, [], False
        elif tag in WORDS:
            if self.closed:
                self.error, self.pending, self.closed = False, [], False
            if self.error:
                self._take_word(tag, short(key) or "")

    def _take_word(self, tag: str, key: str) -> None:
        if tag not in TEXTS or not key:
            self.error, self.pending = False, []
        elif key not in self.pending:
            if len(self.pending) < MAX_PENDING:
                self.pending.append(key)
            else:
                self.error, self.pending = False, []

    def close(self) -> bool:
        """A commit, or the session's end, closes the turn; True if the turn has failed."""
        self.error, self.pending, self.closed = self.is_failing, [], True
        return self.error


class TurnOutcome(TurnRule):
    """The rule on its own, for readers of bare records."""

    __slots__ = ("closed", "error", "pending")

    def __init__(self, state: object = None) -> None:
        """Go on from `state`, the `turn` of a view's map; begin with a new turn without one."""
        known = state if isinstance(state, dict) else {}
        pending = known.get("pending")
        self.error = known.get("error") is True
        self.pending = list(map(str, pending)) if isinstance(pending, list) else []
        self.closed = known.get("closed") is True

    def take_activity(self, activity: dict[str, object]) -> None:
        """Take a record's `activity`."""
        withdrawn = activity.get("correlation_ids")
        parent = activity.get("parent")
        self.take(
            str(activity.get("type")),
            str(activity.get("correlation_id") or activity.get("id") or ""),
            parent if isinstance(parent, str) else None,
            map(str, withdrawn) if isinstance(withdrawn, list) else (),
        )
