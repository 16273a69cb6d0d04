"""The bounds that can be configured, each with the reason for its default.

The bounds of the wire, which no configuration changes, are in `lashd.wire_limits`.
"""

from __future__ import annotations

from dataclasses import dataclass

from lashd.wire_limits import KIB, MAX_EVENT_BYTES, MAX_VIEW_BYTES, MAX_VIEW_ENTRIES, MIB


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
    """As on the wire; a lower one spares the rings of many sessions."""
    max_total_bytes: int = 512 * MIB
    """All sessions' rings (and, in the daemon, views) together: what a laptop can spare."""
    max_sessions: int = 1024
    """More than a person names; each costs its view and a look in every sweep."""


@dataclass(frozen=True, slots=True)
class ViewLimits:
    """Bounds of a view. They travel in the view, so that every fold applies the same ones."""

    max_entries: int = MAX_VIEW_ENTRIES
    """As on the wire: a view of more could not be restored."""
    max_bytes: int = MAX_VIEW_BYTES
    """As on the wire: a view of more would not fit in a snapshot."""


@dataclass(frozen=True, slots=True)
class QuietLimits:
    """Seconds after which a running session that nothing comes of is called quiet."""

    model: float = 120.0
    """Since the last event while the model is awaited: it begins to answer long before."""
    tool: float = 600.0
    """While a tool runs: tests and builds say nothing for minutes."""
    retry: float = 30.0
    """After a retry was due."""


@dataclass(frozen=True, slots=True)
class DaemonLimits:
    """Bounds of the daemon beside those of its store."""

    store: StoreLimits = StoreLimits()
    view: ViewLimits = ViewLimits()
    quiet: QuietLimits = QuietLimits()
    max_connections: int = 512
    """Each may hold `max_outstanding` and one read buffer: 160 MiB at worst."""
    max_outstanding: int = 256 * KIB
    """Bytes handed to a connection that the kernel has not taken; the next slice waits for 0.

    A stalled reader costs this much; a fast one needs no more for one pass of the loop.
    """
    max_pending_snapshots: int = 64 * MIB
    """Bytes of all snapshots that readers are in the middle of taking: eight of the largest."""
    max_incoming: int = 64 * MIB
    """Bytes of all messages that clients are in the middle of sending: seven of the largest."""
    publisher_grace: float = 10.0
    """Seconds for a disconnected publisher to return before its session ends: several attempts."""
    message_timeout: float = 30.0
    """Seconds without a byte of a message that has begun: a client that hangs holds up to 8 MiB."""
    hello_timeout: float = 10.0
    """Seconds for a client to say hello: a silent connection takes one of the 512."""
    forget_after: float = 24 * 3600.0
    """Seconds that a session without publisher, viewer or event is kept: until tomorrow."""
    drain_timeout: float = 2.0
    """Seconds at a graceful stop for clients to take what is still to be sent: a live reader needs
    milliseconds."""
