"""Quiet: a running session that nothing has come of for longer than it should take.

For people: the session's state stays running. It counts by the times of events, so that a session
that is read from an old file is as quiet as it was.
"""

from __future__ import annotations

from lashd.gist import retry_attempts, retry_wait
from lashd.limits import QuietLimits
from lashd.session.phase import phase_of
from lashd.session.row import Retry
from lashd.session.view import MAX_WHOLE, ReadView


def pending_retry(view: ReadView) -> Retry | None:
    """The retry that the agent waits for; any later entry ends it."""
    entry = view.entries[-1] if view.entries else None
    if entry is None or entry.kind != "retry" or view.state != "running":
        return None
    attempt, most = retry_attempts(entry.output)
    wait, due_at = retry_wait(entry.output), None
    if wait is not None and entry.started_at is not None:
        due_at = min(entry.started_at + round(wait * 1000), MAX_WHOLE)
    return Retry(attempt or None, most or None, due_at)


def quiet_at(view: ReadView, limits: QuietLimits, *, in_tool: bool) -> int | None:
    """When the session is quiet if no event comes, Unix milliseconds; None where it never is.

    `in_tool`: a tool runs, the agent's own or a subagent's (`Landmarks.doing`). A command that is
    shown by what it prints may be silent for as long.
    """
    since = view.updated_at
    if view.state != "running" or since is None:
        return None
    retry = pending_retry(view)
    if retry is not None and retry.due_at is not None:
        # Nothing is awaited before it is due, however long that takes.
        return max(since, retry.due_at + _ms(limits.retry))
    may_be_silent = in_tool or phase_of(view) == "running"
    return since + _ms(limits.tool if may_be_silent else limits.model)


def quiet_since(view: ReadView, now_ms: int, limits: QuietLimits, *, in_tool: bool) -> int | None:
    """When the last event of a session was that is quiet now; None where it is not."""
    at = quiet_at(view, limits, in_tool=in_tool)
    return view.updated_at if at is not None and at <= now_ms else None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
