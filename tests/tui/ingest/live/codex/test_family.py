"""One session of the app server: how it ends, and whether anything runs."""

from __future__ import annotations

import json

from lashd.events import SessionOutcome
from lashtui.ingest.live.codex.family import Family
from lashtui.ingest.live.codex.words import Thread
from tests.tui.ingest.live.codex.server import FakeSession, turn_of_recording

THREAD, TURN = turn_of_recording()


def family() -> tuple[Family, FakeSession]:
    """One, and what it tells."""
    session = FakeSession(Thread("t", False, False, "", "", "", "", 0.0, {}))
    return Family("t", session, lambda: 0.0), session


def test_it_is_busy_as_long_as_its_turn_runs() -> None:
    """From the first word to the last."""
    told, session = family()
    assert not told.is_busy
    for word in TURN[1:-3]:
        told.feed(json.dumps(word).encode())
    assert told.is_busy
    for word in TURN[-3:]:
        told.feed(json.dumps(word, indent=2).encode())  # however it is written
    assert not told.is_busy
    told.end()
    assert session.outcome is SessionOutcome.SUCCESS
    assert told.take_warnings() == []


def test_closed_within_a_turn_it_is_cut_off() -> None:
    """The server has gone away from it."""
    told, session = family()
    for word in TURN[1:4]:
        told.feed(json.dumps(word).encode())
    told.end()
    assert session.outcome is SessionOutcome.CUT_OFF


def test_what_can_not_be_read_is_said() -> None:
    """As one sentence."""
    told, _ = family()
    told.feed(b'{"method": "item/completed", "params": {"threadId": "t", "item": []}}')
    assert len(told.take_warnings()) == 1
