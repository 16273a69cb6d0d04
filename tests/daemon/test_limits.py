"""The bounds fit together: what one part accepts, the next can carry."""

from __future__ import annotations

from lashd import wire_limits
from lashd.limits import DaemonLimits


def test_a_view_and_an_event_fit_on_the_wire() -> None:
    """Else a snapshot could not be sent, or a session not restored."""
    limits = DaemonLimits()
    assert limits.view.max_bytes <= wire_limits.MAX_VIEW_BYTES < wire_limits.MAX_FRAME_BYTES
    assert limits.view.max_entries <= wire_limits.MAX_VIEW_ENTRIES
    assert limits.store.max_event_bytes <= wire_limits.MAX_EVENT_BYTES < wire_limits.MAX_FRAME_BYTES


def test_the_largest_message_fits_into_the_budgets() -> None:
    """A single client can always be served."""
    limits = DaemonLimits()
    assert limits.max_incoming >= wire_limits.MAX_FRAME_BYTES
    assert limits.max_pending_snapshots >= wire_limits.MAX_VIEW_BYTES
    assert limits.store.max_bytes_per_session >= limits.store.max_event_bytes
