"""Where a session stands for the person who watches many: who needs them, who failed, who is stuck.

The one rule for the app's groups and for `ls`. Pure; for typed rows and for records alike.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

Standing: TypeAlias = Literal["needs you", "failed", "quiet", "working", "done"]

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

_FAILED = ("failure", "cut_off")


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


def counter_words(counts: dict[Standing, int]) -> str:
    """`‼ 2 need you  ✗ 1 failed  ⏱ 3 quiet`: only what there is."""
    parts = []
    for standing in URGENT:
        number = counts.get(standing, 0)
        if number:
            words = standing if standing != "needs you" or number == 1 else "need you"
            parts.append(f"{STANDING_MARKS[standing]} {number:,} {words}")
    return "  ".join(parts)
