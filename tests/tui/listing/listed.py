"""Records of the list, as a daemon sends them."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
NOW = 10_000_000
"""Unix milliseconds."""


def ago(seconds: float) -> int:
    """The time so many seconds before now."""
    return NOW - int(seconds * 1000)


def record(session_id: str = "build", **fields: Any) -> dict[str, Any]:
    """A session at work, unless `fields` say otherwise."""
    return {
        "session_id": session_id,
        "state": "running",
        "outcome": None,
        "waiting_for": None,
        "title": None,
        "agent": None,
        "directory": None,
        "usage": {},
        "revision": 3,
        "events": 12,
        "viewers": 0,
        "started_at": ago(900),
        "updated_at": ago(10),
        **fields,
    }


WAITING = record(
    "waits",
    state="waiting",
    waiting_for="Bash: git push --force origin main",
    waiting_since=ago(240),
    turn_started_at=ago(724),
)
FAILED = record("fails", state="idle", outcome="failure", error="529 overloaded")
QUIET = record(
    "stuck",
    quiet_since=ago(2700),
    turn_started_at=ago(2800),
    updated_at=ago(2700),
    doing={"name": "Bash", "argument": "npm run e2e", "since": ago(2700)},
)
RUNNING = record(
    "works",
    turn_started_at=ago(65),
    doing={"name": "Read", "argument": "src/a.py", "since": ago(3)},
    plan={"done": 3, "total": 5},
)
IDLE = record("idles", state="idle", outcome="success", last_line="What next?")
DONE = record("over", state="ended", outcome="success", last_line="All done.", updated_at=ago(99))
ALL = [DONE, IDLE, RUNNING, QUIET, FAILED, WAITING]


def following(served: str = "snapshot", kind: str = "following") -> Record:
    """The first record."""
    return {"type": kind, "position": "p0", "served": served}


def session(row: Record, position: str = "p1") -> Record:
    """A session's record."""
    return {"type": "session", "session": row, "position": position}


def removed(session_id: str) -> Record:
    """A session is gone."""
    return {"type": "session_removed", "session_id": session_id, "position": "p2"}


SYNCED: Record = {"type": "synced", "position": "p1"}
