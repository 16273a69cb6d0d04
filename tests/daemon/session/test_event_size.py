"""The sizes of events that are not encoded are those that they would have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.cursor import MAX_INCARNATION, MAX_U64
from lashd.errors import StoreError
from lashd.session.codec import encode_event
from lashd.session.event_size import TEXT_EVENTS
from lashd.session.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    Error,
    ReasoningDelta,
    TurnActivity,
    UserMessage,
    Waiting,
)
from lashd.session.store import MAX_AT, InMemoryLiveReplayStore, InMemoryLiveReplayStoreConfig
from lashd.testing.laws import activity

LENGTHS = st.sampled_from([0, 1, 31, 32, 255, 256, 65_535, 65_536])
TEXTS = st.one_of(
    st.text(max_size=40),
    # Four of the longest stay below the largest event.
    st.builds(lambda length, letter: letter * length, LENGTHS, st.sampled_from("xé")),
)
FORMATS = st.sampled_from([None, "plain", "ansi"])
EVENTS: st.SearchStrategy[AnyTurnEvent] = st.one_of(
    st.builds(AssistantProseDelta, TEXTS, FORMATS),
    st.builds(ReasoningDelta, TEXTS, FORMATS),
    st.builds(UserMessage, TEXTS),
    st.builds(Error, TEXTS),
    st.builds(Waiting, TEXTS),
)
NUMBERS = st.sampled_from([0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32])
APPENDS = st.tuples(
    st.builds(TurnActivity, TEXTS, st.none() | TEXTS, EVENTS, st.none() | TEXTS),
    NUMBERS | st.just(MAX_U64),
    st.none() | NUMBERS | st.just(MAX_AT),
)


def test_all_kinds_are_here() -> None:
    """What is kept as it is, is measured in these tests."""
    assert {AssistantProseDelta, ReasoningDelta, UserMessage, Error, Waiting} == TEXT_EVENTS


@given(
    st.sampled_from([0, 1, MAX_INCARNATION]),
    st.sampled_from(["s", "é", "x" * 31, "x" * 32, "a:b", "x" * 256]),
    st.integers(0, 12),
    st.lists(APPENDS, min_size=1, max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_sizes_are_exact(
    incarnation: int,
    session_id: str,
    before: int,
    appends: list[tuple[TurnActivity, int, int | None]],
) -> None:
    """Of every event of text, whatever its ids, times, revisions and positions are."""
    store = InMemoryLiveReplayStore(incarnation=incarnation)
    total = 0
    for _ in range(before):  # positions of one digit, and of two
        total += len(encode_event(store.append(session_id, 3, activity("x"))))
    for payload, revision, at in appends:
        event = store.append(session_id, revision, payload, at=at)
        frame = encode_event(event)
        total += len(frame)
        bounds = store.bounds(session_id)
        assert bounds is not None
        assert bounds.bytes == store.total_bytes == total
        assert store.read_frames(session_id, event.n - 1, 1).frames == [frame]


@given(APPENDS)
@settings(max_examples=60, deadline=None)
def test_the_bound_of_an_event_is_exact(given_: tuple[TurnActivity, int, int | None]) -> None:
    """One that has just as many bytes as are allowed is taken, one with a byte more is not."""
    payload, revision, at = given_
    event = InMemoryLiveReplayStore().append("s", revision, payload, at=at)
    size = len(encode_event(event))
    exact = InMemoryLiveReplayStore(InMemoryLiveReplayStoreConfig(max_event_bytes=size))
    exact.append("s", revision, payload, at=at)
    less = InMemoryLiveReplayStore(InMemoryLiveReplayStoreConfig(max_event_bytes=size - 1))
    with pytest.raises(StoreError, match=f"the event has {size} bytes; {size - 1} are allowed"):
        less.append("s", revision, payload, at=at)
    assert less.bounds("s") is None


@pytest.mark.parametrize(
    "payload",
    [
        TurnActivity("i", "c", AssistantProseDelta("\ud800")),
        TurnActivity("\ud800", "c", AssistantProseDelta("text")),
        TurnActivity("i", "\ud800", ReasoningDelta("text")),
        TurnActivity("i", None, UserMessage("text"), "\ud800"),
    ],
)
def test_text_that_has_no_bytes_is_refused(payload: TurnActivity) -> None:
    """As it comes, though it is not encoded then; and nothing has changed."""
    store = InMemoryLiveReplayStore()
    with pytest.raises(StoreError, match="encoded"):
        store.append("s", 0, payload)
    assert store.bounds("s") is None
    assert store.append("s", 0, activity("a")).n == 1
    with pytest.raises(StoreError, match="encoded"):
        store.append("s", 0, payload)
    assert (store.tail("s"), len(store.read_frames("s", 0, 10**6).frames)) == (1, 1)
