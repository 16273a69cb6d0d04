"""How a run ended: what its exit code says, and what became of the agent's last turn.

An exit code of 0 is no proof: agents leave with it after an interrupt or a failed request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import (
    Committed,
    ModelRequestStarted,
    RuntimeDiagnostic,
    SessionOutcome,
    TurnActivity,
    UserMessage,
)
from lashd.outcome import WORDS

if TYPE_CHECKING:
    from lashd.events import Payload


class LastTurn:
    """Whether a person stopped the last turn, as its agent says it: that is no failure."""

    def __init__(self) -> None:
        self.was_stopped = False
        self._is_over = False

    def take(self, payload: Payload) -> None:
        """One payload that was published."""
        if isinstance(payload, Committed):
            self._is_over = True
        if not isinstance(payload, TurnActivity) or payload.parent is not None:
            return
        event = payload.event
        if isinstance(event, RuntimeDiagnostic):
            if event.kind == "interrupted":
                self.was_stopped = True
        elif self._is_over and (
            isinstance(event, UserMessage | ModelRequestStarted) or event.tag in WORDS
        ):
            self.was_stopped = self._is_over = False


def run_outcome(
    code: int,
    *,
    turn_failed: bool = False,
    turn_stopped: bool = False,
    interrupted: bool = False,
) -> SessionOutcome:
    """The outcome of a command.

    Args:
        code: its exit code; 128 + n: killed by signal n.
        turn_failed: its last turn failed, by what it published.
        turn_stopped: its last turn was stopped, by what it published.
        interrupted: it was sent a signal to end.
    """
    # SIGHUP, SIGINT, SIGTERM: somebody wanted it to end.
    if code in (129, 130, 143) or (interrupted and (code or turn_failed or turn_stopped)):
        return SessionOutcome.CANCELLED
    return SessionOutcome.FAILURE if code or turn_failed else SessionOutcome.SUCCESS


def pipe_outcome(*, says_ends: bool, turn_failed: bool, in_turn: bool) -> SessionOutcome | None:
    """The outcome of input that a bare pipe brought to its end; None where nobody can know it.

    Args:
        says_ends: its format says how turns end, it did, and every line could be read.
        turn_failed: its last turn failed.
        in_turn: it ended within a turn.
    """
    if turn_failed:
        return SessionOutcome.FAILURE
    return SessionOutcome.SUCCESS if says_ends and not in_turn else None
