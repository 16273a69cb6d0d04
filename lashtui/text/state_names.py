"""The words by which sessions are chosen: of `ls --state` and of the fleet's `state:`. Pure.

`ls --help` imports it, so it does without `typing`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashtui.text.standing import Standing

STATES = ("waiting", "failed", "quiet", "running", "idle", "done", "cancelled", "ended")
"""Those that are offered. `done` have ended and not failed, `ended` are all that have."""
STATE_NAMES = frozenset(
    (
        *STATES,
        *("needs", "needs-you", "asks"),
        *("stuck", "silent"),
        *("working", "thinking", "writing", "retry"),
        *("stopped", "cut-off"),
    )
)
"""All that are understood: also what the app's lines and headings call them."""


def state_names(
    standing: Standing,
    state: str,
    outcome: str | None,
    *,
    phase: str | None,
    is_calling: bool,
    is_retrying: bool,
) -> frozenset[str]:
    """All words for the state of a session that stands there.

    `phase`: what it does while no tool is at work; `is_calling`: a tool of its is at
    work; `is_retrying`: it waits to try a request again.
    """
    if standing == "needs you":
        return frozenset(("waiting", "needs", "needs-you", "asks"))
    ended = ("ended",) if state == "ended" else ()
    if standing == "failed":
        return frozenset(("failed", *ended, *(("cut-off",) if outcome == "cut_off" else ())))
    if standing == "done":
        if not ended:
            return frozenset((state,))
        stopped = ("stopped", "cancelled") if outcome == "cancelled" else ()
        return frozenset(("done", *ended, *stopped))
    names = ("quiet", "stuck") if standing == "quiet" else ("running", "working")
    if is_retrying:
        return frozenset((*names, "retry"))
    if is_calling:
        return frozenset(names)
    does = phase if phase in ("writing", "running") else "thinking"
    return frozenset((*names, "silent" if standing == "quiet" else does))


def is_begun(word: str) -> bool:
    """Whether a state's name begins with `word`: it is being typed."""
    return any(name.startswith(word) for name in STATE_NAMES)
