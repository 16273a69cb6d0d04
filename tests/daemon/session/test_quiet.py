"""When a running session is called quiet: by its events' times, whatever it waits for."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.limits import QuietLimits
from lashd.session.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    CodeBlockStarted,
    Committed,
    RetryStatus,
    SessionChanged,
    SessionChangeKind,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
    Waiting,
)
from lashd.session.fold import Fold
from lashd.session.quiet import pending_retry, quiet_at, quiet_since
from lashd.session.row import Retry
from lashd.session.view import ReadView

from .test_fold import event_at

LIMITS = QuietLimits(model=120.0, tool=600.0, retry=30.0)


def after(*events: Any) -> Fold:
    """A session after these; the first is at 1001 ms, each a millisecond after the other."""
    folding = Fold(ReadView("s"))
    for n, event in enumerate(events, 1):
        payload = TurnActivity("", None, event) if isinstance(event, AnyTurnEvent) else event
        folding.apply(event_at(n, payload))
    return folding


def quiet(folding: Fold, now_ms: int) -> tuple[int | None, int | None]:
    """Since when it is quiet, and when it will be."""
    in_tool = folding.landmarks.doing is not None
    at = quiet_at(folding.view, LIMITS, in_tool=in_tool)
    return quiet_since(folding.view, now_ms, LIMITS, in_tool=in_tool), at


def under(parent: str, event: AnyTurnEvent) -> TurnActivity:
    """A subagent's."""
    return TurnActivity("", None, event, parent)


START = ToolCallStarted("bash", call_id="t")
TEXT = AssistantProseDelta("x")
CASES: dict[str, tuple[list[Any], int]] = {
    "the model": ([TEXT], 121_001),
    "a command": ([AssistantProseDelta("x", "plain")], 601_001),
    "an agent's plain text": (
        [SessionChanged(SessionChangeKind.OPENED, agent="a"), AssistantProseDelta("x", "plain")],
        121_002,
    ),
    "a tool": ([TEXT, START], 601_002),
    "code": ([CodeBlockStarted("python", "1")], 601_001),
    "a subagent's tool": ([TEXT, under("p", START)], 601_002),
    "a tool that has ended": ([START, ToolCallCompleted("bash", call_id="t")], 121_002),
    "a tool that an earlier turn left open": ([START, Committed(), TEXT], 121_003),
    "a subagent of a call from before": (
        [START, Committed(), under("t", ToolCallStarted("x"))],
        601_003,
    ),
    "a retry that is overdue": ([TEXT, RetryStatus(5.0, 1, 3)], 36_002),
    "a retry that is far away": ([RetryStatus(900.0, 1, 3)], 931_001),
    "a retry of no known time": ([RetryStatus(-1.0, 1, 3)], 121_001),
    "a retry that was made": ([RetryStatus(5.0, 1, 3), TEXT], 121_002),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_quiet_from_the_moment_that_its_bound_is_reached(case: str) -> None:
    """Not a millisecond before; and it says since when, which is its last event."""
    events, at = CASES[case]
    folding = after(*events)
    assert quiet(folding, at - 1) == (None, at)
    assert quiet(folding, at) == (1000 + len(events), at)
    assert quiet(folding, at + 10**9) == (1000 + len(events), at)


@pytest.mark.parametrize(
    "events",
    [
        [],
        [TEXT, Waiting("ok?")],
        [TEXT, Committed()],
        [TEXT, SessionChanged(SessionChangeKind.ENDED)],
    ],
)
def test_who_waits_or_is_done_is_never_quiet(events: list[Any]) -> None:
    """However long ago that was."""
    assert quiet(after(*events), 10**15) == (None, None)


def test_a_pending_retry_tells_what_is_known_of_it() -> None:
    """Numbers that are none are left out."""
    assert pending_retry(after(RetryStatus(5.0, 2, 3)).view) == Retry(2, 3, 6_001)
    assert pending_retry(after(RetryStatus(float("nan"), 0)).view) == Retry()
    assert pending_retry(after(RetryStatus(5.0, 2, 3), TEXT).view) is None
    odd = after(RetryStatus(5.0, 2, 3))
    odd.view.entries[-1].output = {"attempt": True, "max_attempts": -3, "wait_seconds": "x"}
    assert pending_retry(odd.view) == Retry()
