"""How a run ended: what its exit code says, and what the agent's own records say of its last turn.

An exit code of 0 is no proof: agents leave with it after an interrupt or a failed request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import (
    AssistantProseDelta,
    Committed,
    Error,
    ReasoningDelta,
    SessionOutcome,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    UserMessage,
)

if TYPE_CHECKING:
    from lashtui.producers import Produced

_SPOKEN = (AssistantProseDelta, ReasoningDelta, ToolCallStarted, ToolCallCompleted, UserMessage)


class Verdict:
    """Listens to what is produced; an error as the last word is a failure."""

    def __init__(self) -> None:
        self.has_failed = False

    def take(self, produced: Produced) -> None:
        """One payload."""
        payload = produced.payload
        if isinstance(payload, Committed):
            return  # what came before it was its turn's last word
        if not isinstance(payload, TurnActivity) or payload.parent is not None:
            return  # a subagent that failed is its parent's business
        if isinstance(payload.event, Error):
            self.has_failed = True
        elif isinstance(payload.event, _SPOKEN):
            self.has_failed = False

    def of(self, code: int, *, interrupted: bool = False) -> SessionOutcome:
        """The outcome of a command that left with `code`.

        Args:
            code: the exit code; 128 + n: killed by signal n.
            interrupted: somebody sent it a signal to end.
        """
        # SIGHUP, SIGINT, SIGTERM: somebody wanted it to end.
        if code in (129, 130, 143) or (interrupted and (code or self.has_failed)):
            return SessionOutcome.CANCELLED
        return SessionOutcome.FAILURE if code or self.has_failed else SessionOutcome.SUCCESS
