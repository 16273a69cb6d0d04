"""What the app leaves behind when it ends: an exit code and a line on how to come back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lashd.errors import LashdError
from lashtui.feed.state import FeedState
from lashtui.text.duration import duration_long
from lashtui.text.sanitize import safe_line
from lashtui.text.shell import shell_word

ASK_FOR = 0.1
"""Seconds that a detach waits for the daemon's report on the cursor: a local answer takes 5 ms,
several times that on a busy machine; a longer wait would be felt."""
TOO_FAR_BACK = "what you have not read can't be replayed any more; a snapshot shows it"


class AppExit(msgspec.Struct, frozen=True):
    """How the app ended."""

    code: int = 0
    message: str = ""
    """One line for stderr; empty for none."""


def detach_message(
    session_id: str,
    socket_option: str | None,
    resumable: str = "",
    *,
    gone: bool = False,
    host: str = "",
) -> str:
    """How to come back to a session.

    Args:
        socket_option: the socket, unless it is the default.
        resumable: for how long one can come back without a gap, where that is known.
        host: the name of the host that has it; empty: this machine.
        gone: the daemon has no such session any more, so there is nothing to come back to.
    """
    if gone:
        return f"left {safe_line(session_id)}; it is no longer on the daemon"
    socket = f" --socket {shell_word(socket_option)}" if socket_option else ""
    if host:
        socket = f" --host {shell_word(host)}"
    period = f" ({resumable})" if resumable else ""
    # A name that looks like an option is chosen from the list.
    back = "" if session_id.startswith("-") else f" attach {shell_word(session_id)}"
    return f"detached from {safe_line(session_id)}{period} - come back: lashtui{socket}{back}"


async def ask_resumable(socket_path: str, state: FeedState) -> str:
    """`resumable for about 90 s at the present rate`; empty if that isn't known at once.

    The cursor is the one that is saved: where the reader is, which may be far behind the live end.
    """
    cursor, rate = state.comes_back_to, state.rate
    if cursor is None or not state.connection.is_live:
        return ""
    import anyio

    from lashd.client.aio import Client

    with anyio.move_on_after(ASK_FOR):
        try:
            async with Client(socket_path) as client:
                report, status = await client.inspect_cursor(cursor), await client.status()
        except LashdError:
            return ""
        return resumable_words(report, status, rate)
    return ""


def resumable_words(report: Mapping[str, Any], status: Mapping[str, Any], rate: float) -> str:
    """The daemon's `cursor_report` and `status` in words; `rate`: events a second, 0 if none."""
    if not report.get("resumable"):
        return TOO_FAR_BACK if report.get("reason") == "trimmed" else ""
    limits = status.get("limits")
    store = limits.get("store") if isinstance(limits, dict) else None
    max_age = store.get("max_age") if isinstance(store, dict) else None
    seconds = report.get("room_seconds")
    events = report.get("room_events")
    times = [seconds]
    if rate:
        # At the tail nothing ages yet: the clock starts with the next event, which comes soon.
        times = [seconds if isinstance(seconds, int | float) else max_age]
        times.append(events / rate if isinstance(events, int) else None)
    known = [time for time in times if isinstance(time, int | float)]
    if not known:
        return ""
    least = min(known)
    rounded = least if least < 10 else least // 10 * 10
    about = f"{int(rounded)} s" if rounded < 120 else duration_long(rounded)
    return f"resumable for about {about}" + (" at the present rate" if rate else "")
