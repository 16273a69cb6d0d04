"""What the app leaves behind when it ends: an exit code and lines for the person at the shell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lashd.errors import LashdError
from lashtui.feed.state import FeedState
from lashtui.text.duration import duration_long
from lashtui.text.sanitize import safe_line
from lashtui.text.shell import shell_word

ASK_FOR = 0.04
"""Seconds that a detach waits for the daemon's word on the cursor: a local answer takes 5 ms."""


class Farewell(msgspec.Struct, frozen=True):
    """How the app ended."""

    code: int = 0
    message: str = ""
    """One line for stderr; empty for none."""


def detached(
    session_id: str, socket_option: str | None, room: str = "", *, gone: bool = False
) -> str:
    """How to come back to a session. `socket_option`: the socket, unless it is the default.

    `room`: how long that can be done without a gap, where it is known. `gone`: there is nothing to
    come back to at present.
    """
    if gone:
        return f"left {safe_line(session_id)}; it is not in the daemon any more"
    socket = f" --socket {shell_word(socket_option)}" if socket_option else ""
    told = f" ({room})" if room else ""
    # A name that looks like an option is chosen from the list.
    back = "" if session_id.startswith("-") else f" attach {shell_word(session_id)}"
    return f"detached from {safe_line(session_id)}{told} - come back: lashtui{socket}{back}"


async def room_of(socket_path: str, state: FeedState) -> str:
    """`resumable for about 90 s at the present rate`; empty where nobody knows at once."""
    cursor, rate = state.read_to, state.rate  # the one that is saved
    if cursor is None or not state.connection.is_live or not rate:
        return ""
    import anyio

    from lashd.client.aio import Client

    with anyio.move_on_after(ASK_FOR):
        try:
            async with Client(socket_path) as client:
                report, status = await client.inspect_cursor(cursor), await client.status()
        except LashdError:
            return ""
        return room_words(report, status, rate)
    return ""


def room_words(report: Mapping[str, Any], status: Mapping[str, Any], rate: float) -> str:
    """The daemon's `cursor_report` and `status` in words; `rate`: events a second, above 0."""
    if not report.get("resumable"):
        return ""
    limits = status.get("limits")
    store = limits.get("store") if isinstance(limits, dict) else None
    max_age = store.get("max_age") if isinstance(store, dict) else None
    seconds = report.get("room_seconds")
    # At the tail no clock runs yet: it starts with the next event, which comes soon.
    times = [seconds if isinstance(seconds, int | float) else max_age]
    events = report.get("room_events")
    if isinstance(events, int):
        times.append(events / rate)
    known = [time for time in times if isinstance(time, int | float)]
    if not known:
        return ""
    least = min(known)
    rounded = least if least < 10 else least // 10 * 10
    about = f"{int(rounded)} s" if rounded < 120 else duration_long(rounded)
    return f"resumable for about {about} at the present rate"
