"""The words by which sessions are chosen and sorted. Alone, since `ls --help` needs no more."""

from __future__ import annotations

from lashtui.text.state_names import STATE_NAMES, STATES

SORTS = ("state", "name", "last", "turn", "quiet", "context", "cost", "directory", "agent")
"""What they can be sorted by."""


def parse_states(text: str) -> frozenset[str]:
    """The states in `waiting,failed`.

    Raises:
        ValueError: one is unknown, or there is none; the message says what was probably meant.
    """
    states = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not states:
        raise ValueError(f"no state given; choose from {', '.join(STATES)}")
    for state in sorted(states - STATE_NAMES):
        from difflib import get_close_matches

        near = get_close_matches(state, sorted(STATE_NAMES), 1)
        hint = f"did you mean `{near[0]}`?" if near else f"choose from {', '.join(STATES)}"
        raise ValueError(f"unknown state {state!r}; {hint}")
    return states
