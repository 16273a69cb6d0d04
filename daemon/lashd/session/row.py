"""A row of the list: what a person who watches many sessions knows of one. Its form only.

Times are Unix milliseconds, None where they are unknown.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from lashd.exact import whole_number
from lashd.session.events import JsonValue, SessionOutcome
from lashd.session.view import SessionState

Usage: TypeAlias = dict[str, dict[str, int | float]]


class Doing(msgspec.Struct, frozen=True):
    """The tool that runs now."""

    name: str
    argument: str | None = None
    """The argument that says most about the call, in one line."""
    since: int | None = None


class Retry(msgspec.Struct, frozen=True):
    """The agent waits before it asks its model again."""

    attempt: int | None = None
    max_attempts: int | None = None
    due_at: int | None = None


class PlanCount(msgspec.Struct, frozen=True):
    """How far the agent's plan is."""

    done: int
    total: int


class Tmux(msgspec.Struct, frozen=True):
    """A pane of tmux: the server's socket and the pane's id, `%12`."""

    socket: str
    pane: str


class Where(msgspec.Struct, frozen=True):
    """Where the agent runs, as its publisher said in `open`: where a person can answer it."""

    host: str | None = None
    pid: int | None = None
    tty: str | None = None
    tmux: Tmux | None = None


class Mirrored(msgspec.Struct, frozen=True):
    """What a mirror says of a session beside what its home said."""

    home: str
    last_seen_at: int | None = None
    """Since when nothing has been heard of the home: all else is as of then. None while it is."""
    foreign_at: int | None = None
    """When something was found in its place that its home did not write; none of it is shown."""


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One session in a list. All texts are the agent's, as they came."""

    session_id: str
    state: SessionState = "idle"
    outcome: SessionOutcome | None = None
    exit_code: int | None = None
    """Of what has ended, if its publisher says so."""
    waiting_for: str | None = None
    waiting_since: int | None = None
    title: str | None = None
    agent: str | None = None
    directory: str | None = None
    model: str | None = None
    usage: Usage = {}
    revision: int = 0
    turn_index: int = 0
    turn_started_at: int | None = None
    """When the running turn began; None while none runs."""
    doing: Doing | None = None
    phase: str | None = None
    """What a running session does while no call runs: a `Phase`, or a later version's word."""
    retry: Retry | None = None
    error: str | None = None
    """The last error of the running turn, or of the last one."""
    plan: PlanCount | None = None
    quiet_since: int | None = None
    """Since when nothing has come of a session that should have been heard of; else None."""
    where: Where | None = None
    cursor: str = ""
    events: int = 0
    bytes: int = 0
    oldest_at_age_s: float | None = None
    """Seconds since the oldest event still held came."""
    started_at: int | None = None
    updated_at: int | None = None
    viewers: int = 0
    publishers: int = 0
    last_line: str | None = None
    """The end of what the agent said last, cut at words."""
    mirror: Mirrored | None = None
    """From a mirror; None where the session's own daemon says it."""


MAX_PLACE = 256
"""Characters of a part of `where`: a host's name has 253 at most, the path of a socket fewer."""


def where_from_wire(given: JsonValue) -> Where | None:
    """The `where` of an `open`: None for none. Keys that it doesn't know are left out.

    Raises:
        ValueError: which field of it is wrong.
    """
    if given is None:
        return None
    fields = _map_of("where", given)
    tmux, pid = fields.get("tmux"), fields.get("pid")
    if pid is not None and (whole_number(pid) is None or not isinstance(pid, int)):
        raise ValueError("`where.pid` is no process id")
    pane = None
    if tmux is not None:
        parts = _map_of("where.tmux", tmux)
        server, name = (_text_of("where.tmux", parts, key) for key in ("socket", "pane"))
        for key, text in (("socket", server), ("pane", name)):
            if not text:
                raise ValueError(f"`where.tmux.{key}` is missing")
        pane = Tmux(server or "", name or "")
    host, tty = (_text_of("where", fields, key) for key in ("host", "tty"))
    return Where(host, pid, tty, pane)


def _map_of(name: str, given: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(given, dict):
        raise ValueError(f"`{name}` is no map")
    return given


def _text_of(name: str, fields: dict[str, JsonValue], key: str) -> str | None:
    text = fields.get(key)
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > MAX_PLACE:
        raise ValueError(f"`{name}.{key}` is no text of at most {MAX_PLACE} characters")
    return text


def row_from_wire(record: JsonValue) -> SessionRow:
    """The row of a map; keys that it doesn't know are left out.

    Raises:
        ValueError: it is no row.
    """
    try:
        return msgspec.convert(record, SessionRow)
    except msgspec.ValidationError as error:
        raise ValueError(f"not a row of a list: {error}") from None
