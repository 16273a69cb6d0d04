"""Which agent and model answer in a session of opencode: only its own store says that."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

from lashtui.homes import user_home

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUERY: Final = (
    "SELECT data FROM message WHERE session_id = ? AND time_created >= ? "
    "ORDER BY time_created LIMIT 16"
)
_WAIT: Final = 0.2
"""Seconds for a store that is locked; the user's output waits for it."""


def store_path(environment: Mapping[str, str]) -> str:
    """Where opencode keeps its sessions."""
    home = user_home(environment)
    data = environment.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    return os.path.join(data, "opencode", "opencode.db")


def who_answers(path: str, session: str, since_ms: int) -> tuple[str, str] | None:
    """The agent and model of the session's first answer since then; None if it can't be known."""
    try:
        import sqlite3
    except ImportError:  # a Python built without it
        return None
    if not os.path.isfile(path):
        return None
    try:
        store = sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True, timeout=_WAIT)
    except sqlite3.Error:
        return None
    try:
        rows = [json.loads(data) for (data,) in store.execute(_QUERY, (session, since_ms))]
    except (sqlite3.Error, ValueError, TypeError, RecursionError):
        return None
    finally:
        store.close()
    for row in rows:
        if isinstance(row, dict) and row.get("role") == "assistant":
            agent, model = row.get("agent"), row.get("modelID")
            return (agent, model) if isinstance(agent, str) and isinstance(model, str) else None
    return None


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(os.path.abspath(path))
