"""Which records of an attached stream are about the stream itself, not events of the session.

As plain names: importing the typed vocabulary costs a command more than the rest of its start.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Record = dict[str, Any]
    """One map on the wire or in a stream of JSON lines, `type` among its keys."""

CONTROL = frozenset(
    ("attached", "observation", "gap", "synced", "progress", "disconnected", "reconnected", "end")
)
"""Types of control records. `disconnected`, `reconnected` and `progress` are the client's own; the
daemon sends the others."""
