"""Which keys the footer of a session shows first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lashd.view import ReadView
from lashtui.reading.filters import is_failure

ALWAYS_HINTED: Final = ("sessions", "search", "open_entry", "next_entry", "filter")
"""What the footer shows besides, as far as there is room."""
RECENT: Final = 30
"""Newest entries among which a failure is one to be shown the key for: about two screens."""


def hinted(view: ReadView | None, *, following: bool, can_go_there: bool) -> Sequence[str]:
    """The actions that one needs in this state first."""
    waits = view is not None and view.state == "waiting"
    failed = view is not None and (
        view.outcome in ("failure", "cut_off") or any(map(is_failure, view.entries[-RECENT:]))
    )
    now = {
        "go_there": waits and can_go_there,
        "follow": not following,
        "jump('error', 1)": failed and not waits,
        "copy_entry": waits,
    }
    return (*(action for action, is_now in now.items() if is_now), *ALWAYS_HINTED)
