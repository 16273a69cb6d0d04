"""The report about a cursor, for a person."""

from __future__ import annotations

from lashtui.cli.cursor import describe
from lashtui.text.format import time_span


def test_resumable() -> None:
    """How many events, how much room."""
    report = {"resumable": True, "events_after": 1, "room_events": 2000, "room_seconds": 61.7}
    assert describe(report) == (
        "resumable; 1 event after it; room for 2,000 more events or 62 s before it is trimmed"
    )


def test_not_resumable() -> None:
    """Why not, and the daemon's sentence, neutralised."""
    report = {"resumable": False, "reason": "trimmed", "message": "too \x1b[2Jold"}
    assert describe(report) == "not resumable (trimmed)\ntoo old"


def test_what_is_missed_has_its_time() -> None:
    """When it came, where the daemon knows."""
    report = {
        "resumable": False,
        "reason": "trimmed",
        "events_after": 7,
        "from_at": 1_700_000_000_000,
        "to_at": 1_700_000_065_000,
    }
    span = time_span(1_700_000_000_000, 1_700_000_065_000)
    assert describe(report) == (
        f"not resumable (trimmed); 7 events after it; what it misses is from {span}"
    )
