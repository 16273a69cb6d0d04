"""What a person who watches a list must see at once, of one session; and when it will be quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lashd.session.quiet import quiet_at
from lashd.session.summary import error_of

if TYPE_CHECKING:
    from lashd.hub.session import LiveSession
    from lashd.limits import QuietLimits
    from lashd.session.row import Mirrored, Where


class Pressing(NamedTuple):
    """To compare. A change of anything else in a row can wait."""

    state: str
    outcome: str | None
    waiting_for: str | None
    title: str | None
    error: str | None
    where: Where | None
    mirror: Mirrored | None
    is_quiet: bool


def look_at(session: LiveSession, now_ms: int, limits: QuietLimits) -> tuple[Pressing, int | None]:
    """What presses now, and when the session is quiet if no event comes (Unix milliseconds)."""
    view, landmarks = session.host.view, session.host.landmarks
    at = quiet_at(view, limits, in_tool=landmarks.doing is not None)
    return Pressing(
        view.state,
        view.outcome,
        view.waiting_for,
        view.title,
        error_of(view, landmarks),
        session.where,
        session.mirror,
        at is not None and at <= now_ms,
    ), at
