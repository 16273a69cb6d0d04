"""Where a session stands for the person who watches many: who needs them, who failed, who is stuck.

The one rule for the app's groups and for `ls`, and for the order within them. Pure; for typed rows
and for records alike. `ls` imports it, so it does without `typing`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal, TypeAlias

    Standing: TypeAlias = Literal["needs you", "failed", "quiet", "working", "done"]
else:
    Standing = str  # for those who import it by name

STANDINGS: Final[tuple[Standing, ...]] = ("needs you", "failed", "quiet", "working", "done")
"""In the order in which a person wants to know of them."""
STANDING_MARKS: Final[dict[Standing, str]] = {
    "needs you": "‼",
    "failed": "✗",
    "quiet": "⏱",
    "working": "●",
    "done": "✓",
}
URGENT: Final[tuple[Standing, ...]] = ("needs you", "failed", "quiet")
"""Those that a person may have to do something about."""

_ENDS = {"success": ("✓", "done"), "cancelled": ("⊘", "cancelled")}
_FAILED = ("failure", "cut_off")
_UNKNOWN = float("inf")
"""Later than any time."""


def standing_of(state: str, outcome: str | None, quiet_since: int | None) -> Standing:
    """The standing of a session with this `state`, `outcome` and `quiet_since`.

    A live session whose last turn failed stands as failed until it works again. One that is idle
    is done: its turn is, and nothing is asked.
    """
    if state == "waiting":
        return "needs you"
    if state == "running":
        return "quiet" if quiet_since is not None else "working"
    return "failed" if outcome in _FAILED else "done"


def state_word(standing: Standing, state: str | None, outcome: str | None) -> tuple[str, str]:
    """Mark and word of a session that stands there: the same wherever sessions are shown."""
    if standing == "needs you":
        return STANDING_MARKS[standing], "waiting"
    if standing == "failed":
        return STANDING_MARKS[standing], "cut off" if outcome == "cut_off" else "failed"
    if standing == "quiet":
        return STANDING_MARKS[standing], "quiet"
    if standing == "working":
        return STANDING_MARKS[standing], "running"
    if state != "ended":
        return "○", "idle"
    return _ENDS.get(outcome or "", ("■", "ended"))


def since_of(
    standing: Standing,
    *,
    waiting: int | None,
    quiet: int | None,
    doing: int | None,
    turn: int | None,
    updated: int | None,
) -> int | None:
    """Since when a session stands there, None if that is not known.

    Of a session at work, since when it does what it does. The times are those at which it began to
    wait, was heard of last before it went quiet, began its tool and its turn, and was changed last.
    """
    if standing == "needs you":
        return waiting
    if standing == "quiet":
        return quiet
    if standing == "working":
        return turn if doing is None else doing
    return updated


def urgency(
    standing: Standing, since: int | None, started: int | None, updated: int | None
) -> tuple[float, float]:
    """What to sort sessions by: their standing, then those first who have waited or been quiet for
    longest, and who failed or finished last. Those at work by when they began, newest first: that
    doesn't change while they work.
    """
    place = STANDINGS.index(standing)
    if standing in ("needs you", "quiet"):
        return place, earliest(since)
    return place, largest(started if standing == "working" else updated)


def earliest(time: float | None) -> float:
    """Sorts the earliest time, so what has lasted longest, first; an unknown one last."""
    return _UNKNOWN if time is None else time


def largest(number: float | None) -> float:
    """Sorts the largest number, or the latest time, first; an unknown one last."""
    return 1.0 if number is None else -number


def counter_words(counts: dict[Standing, int]) -> str:
    """`‼ 2 need you  ✗ 1 failed  ⏱ 3 quiet`: only what there is."""
    return "  ".join(counted(each, counts[each]) for each in URGENT if counts.get(each))


def counted(standing: Standing, number: int) -> str:
    """`‼ 2 need you`: so many stand there."""
    words = "need you" if standing == "needs you" and number != 1 else standing
    return f"{STANDING_MARKS[standing]} {number:,} {words}"
