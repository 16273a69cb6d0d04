"""Every bound of the daemon with its reason. These are the defaults; all can be configured."""

from __future__ import annotations

from dataclasses import dataclass

from lashd.wire_limits import (
    KIB,
    MAX_BATCH_EVENTS,
    MAX_EVENT_BYTES,
    MAX_FRAME_BYTES,
    MAX_HELLO_BYTES,
    MAX_SESSION_ID_BYTES,
    MAX_VIEW_BYTES,
    MAX_VIEW_ENTRIES,
    MIB,
)

__all__ = [
    "KIB",
    "MAX_BATCH_EVENTS",
    "MAX_EVENT_BYTES",
    "MAX_FRAME_BYTES",
    "MAX_HELLO_BYTES",
    "MAX_SESSION_ID_BYTES",
    "MAX_SNAPSHOT_BYTES",
    "MIB",
    "DaemonLimits",
    "StoreLimits",
    "ViewLimits",
]

MAX_SNAPSHOT_BYTES = 8 * MIB
"""A view is at most 4 MiB of content; keys and escapes at most double it."""


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """Bounds of a replay store."""

    max_events_per_session: int = 2048
    """lash's default: about two minutes of a fast agent."""
    max_age: float = 120.0
    """Seconds; lash's default. A reader that was away for longer wants the snapshot anyway."""
    max_bytes_per_session: int = 8 * MIB
    """2048 events of an ordinary 200 bytes are 0.4 MiB; this stops the extraordinary ones."""
    max_event_bytes: int = MAX_EVENT_BYTES
    max_total_bytes: int = 512 * MIB
    """All sessions' rings (and, in the daemon, views) together."""
    max_sessions: int = 1024


@dataclass(frozen=True, slots=True)
class ViewLimits:
    """Bounds of a view. They travel in the view, so that every fold applies the same ones."""

    max_entries: int = MAX_VIEW_ENTRIES
    max_bytes: int = MAX_VIEW_BYTES


@dataclass(frozen=True, slots=True)
class DaemonLimits:
    """Bounds of the daemon beside those of its store."""

    store: StoreLimits = StoreLimits()
    view: ViewLimits = ViewLimits()
    max_connections: int = 512
    """Each may hold `max_outstanding` and one read buffer: 160 MiB at worst."""
    max_outstanding: int = 256 * KIB
    """Bytes handed to a connection that the kernel has not taken; the next slice waits for 0."""
    max_pending_snapshots: int = 64 * MIB
    """Bytes of all snapshots that readers are in the middle of taking."""
    max_incoming: int = 64 * MIB
    """Bytes of all messages that clients are in the middle of sending."""
    publisher_grace: float = 10.0
    """Seconds for a disconnected publisher to return before its session is ended."""
    hello_timeout: float = 10.0
    """Seconds for a peer to say hello: a silent connection takes one of the 512."""
    forget_after: float = 24 * 3600.0
    """Seconds that a session without publisher, viewer or event is kept."""
    drain_timeout: float = 2.0
    """Seconds at a graceful stop for clients to take what is still to be sent."""
