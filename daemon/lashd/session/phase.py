"""What a running session does while no call of it runs, as far as its view shows."""

from __future__ import annotations

from typing import Literal, TypeAlias

from lashd.session.view import ReadView

Phase: TypeAlias = Literal["thinking", "writing", "running"]


def phase_of(view: ReadView) -> Phase | None:
    """None for a session that is not running.

    It writes while the newest entry is its own prose. Verbatim text of a session without agent and
    model is what a command prints; no model is awaited of that: it runs. Else it thinks.
    """
    if view.state != "running":
        return None
    entry = view.entries[-1] if view.entries else None
    if entry is None or entry.kind != "prose" or entry.parent or entry.settled:
        return "thinking"
    if entry.format is not None and view.agent is None and view.model is None:
        return "running"
    return "writing" if entry.ended_at is None else "thinking"
