"""An event is the same whether its cursor was given or is made when it is asked for."""

from __future__ import annotations

import copy
import pickle

import msgspec
import pytest

from lashd.cursor import SessionCursor, SessionRevision, join_position
from lashd.session.events import AssistantProseDelta, SessionObservationEvent, TurnActivity
from lashd.session.store import InMemoryLiveReplayStore

PAYLOAD = TurnActivity("i", "c", AssistantProseDelta("text"))
POSITION = join_position(7, 1)
CURSOR = SessionCursor.new("s", 3, POSITION)


def placed() -> SessionObservationEvent:
    """As a store returns it."""
    return InMemoryLiveReplayStore(incarnation=7).append("s", 3, PAYLOAD, at=5)


def given() -> SessionObservationEvent:
    """As whoever has its cursor makes it."""
    return SessionObservationEvent("s", SessionRevision(3), CURSOR, PAYLOAD, 5)


def test_both_are_equal() -> None:
    """In every part, as keys, and as they are shown; the cursor stays opaque."""
    assert placed() == given()
    assert given() == placed()
    assert len({placed(), given()}) == 1
    assert repr(placed()) == repr(given())
    assert "cursor=SessionCursor(<opaque>)" in repr(placed())
    assert placed().cursor == given().cursor == CURSOR
    assert (placed().n, placed().live_position) == (given().n, given().live_position)


@pytest.mark.parametrize(
    "other",
    [
        SessionObservationEvent("t", SessionRevision(3), CURSOR, PAYLOAD, 5),
        SessionObservationEvent("s", SessionRevision(4), CURSOR, PAYLOAD, 5),
        SessionObservationEvent("s", SessionRevision(3), SessionCursor("x"), PAYLOAD, 5),
        SessionObservationEvent(
            "s", SessionRevision(3), CURSOR, TurnActivity("i", "d", PAYLOAD.event), 5
        ),
        SessionObservationEvent("s", SessionRevision(3), CURSOR, PAYLOAD),
        "s",
    ],
)
def test_others_are_not(other: object) -> None:
    """Each part counts."""
    assert placed() != other
    assert given() != other


@pytest.mark.parametrize("make", [placed, given])
def test_copies_are_equal(make: object) -> None:
    """By copying, by pickling, and with a part replaced."""
    assert callable(make)
    event = make()
    for other in (copy.copy(event), copy.deepcopy(event), pickle.loads(pickle.dumps(event))):
        assert other == event == given()
        assert other.cursor == CURSOR
    later = msgspec.structs.replace(event, at=6)
    assert (later.at, later.cursor) == (6, CURSOR)
    assert later != event


@pytest.mark.parametrize("make", [placed, given])
def test_events_are_immutable(make: object) -> None:
    """The store and all its readers share them."""
    assert callable(make)
    event = make()
    with pytest.raises(AttributeError):
        event.cursor = CURSOR
    with pytest.raises(AttributeError):
        event.at = 6
