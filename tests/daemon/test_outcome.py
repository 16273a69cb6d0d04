"""The outcome of a turn: an error with no word of the agent after it makes the turn a failure."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.outcome import MAX_PENDING, WORDS, TurnOutcome


class Event(NamedTuple):
    """What the rule sees of an event."""

    tag: str
    key: str = ""
    parent: str | None = None
    withdrawn: tuple[str, ...] = ()


ERROR = Event("error")
PROSE = Event("assistant_prose_delta", "p")
STARTED, COMPLETED = Event("tool_call_started", "t"), Event("tool_call_completed", "t")


def after(*events: Event) -> TurnOutcome:
    """A turn in which these events came."""
    turn = TurnOutcome()
    for event in events:
        turn.take(*event)
    return turn


@pytest.mark.parametrize(
    ("events", "failed"),
    [
        ([], False),
        ([PROSE], False),
        ([ERROR], True),
        ([PROSE, ERROR], True),
        ([ERROR, PROSE], False),
        ([ERROR, Event("reasoning_delta", "r")], False),
        ([ERROR, Event("retry_status")], True),
        ([STARTED, ERROR, COMPLETED], False),
        ([ERROR, Event("tool_call_completed", "unknown")], False),
        ([ERROR, STARTED], False),
        ([ERROR, Event("code_block_started")], False),
        ([ERROR, Event("code_block_completed")], False),
        ([ERROR, Event("submitted_value")], False),
        ([ERROR, Event("tool_value")], False),
        ([ERROR, Event("user_message")], True),
        ([ERROR, Event("usage"), Event("runtime_diagnostic"), Event("waiting")], True),
        ([ERROR, Event("resumed"), Event("model_request_started"), Event("novel")], True),
        ([PROSE, Event("error", parent="call")], False),
        ([ERROR, PROSE._replace(parent="call")], True),
        ([ERROR, PROSE, ERROR], True),
    ],
)
def test_what_makes_a_turn_a_failure(events: list[Event], failed: bool) -> None:
    """A subagent's words and errors don't count, nor does what is no word of the agent."""
    turn = after(*events)

    assert turn.is_failing is failed
    assert turn.close() is failed


def test_words_that_are_withdrawn_were_never_said() -> None:
    """A failed attempt's text does not get over the error before it; other text does."""
    reset = Event("model_attempt_reset", withdrawn=("p", "x"))

    assert after(ERROR, PROSE, reset).failed
    assert not after(ERROR, PROSE, PROSE._replace(key="q"), reset).failed
    assert not after(ERROR, STARTED, PROSE, reset).failed
    assert not after(ERROR, PROSE, reset, PROSE).failed


def test_a_commit_closes_the_turn() -> None:
    """Nothing of a turn reaches the next one."""
    turn = after(ERROR)
    assert turn.close()
    assert not turn.close()

    turn.take(*ERROR)
    turn.close()
    turn.take(*PROSE)
    turn.take("model_attempt_reset", "", None, ("p",))
    assert not turn.close()


def test_the_last_turn_counts_until_the_next_one_says_something() -> None:
    """Usage that comes late does not make a failed turn undone."""
    turn = after(ERROR)
    turn.close()
    turn.take("usage", "u")
    assert turn.failed
    assert not turn.is_failing

    turn.take(*PROSE)
    assert not turn.failed


def test_ids_are_remembered_up_to_a_bound() -> None:
    """With more texts after it than that, an error is got over, whatever is withdrawn later."""
    keys = [f"p{number}" for number in range(MAX_PENDING)]
    many = [PROSE._replace(key=key) for key in keys]
    reset = Event("model_attempt_reset", withdrawn=(*keys, "p", "k" * 300))

    assert after(ERROR, *many, *many, reset).failed
    assert not after(ERROR, *many, PROSE, reset).failed
    assert len(after(ERROR, *many, PROSE).pending) <= MAX_PENDING
    assert after(ERROR, PROSE._replace(key="k" * 299 + "!"), reset).failed, "ids are cut"


def test_a_word_without_an_id_can_not_be_withdrawn() -> None:
    """It counts for good."""
    reset = Event("model_attempt_reset", withdrawn=("",))

    assert not after(ERROR, PROSE._replace(key=""), reset).failed


@given(
    st.lists(
        st.builds(
            Event,
            st.sampled_from([*WORDS, "error", "model_attempt_reset", "user_message"]),
            st.sampled_from("abc"),
            st.sampled_from([None, None, "call"]),
            st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
        ),
    ),
    st.integers(0, 20),
)
def test_the_state_of_a_view_is_enough_to_go_on(events: list[Event], cut: int) -> None:
    """A reader that begins in the middle of a turn comes to the same answer."""
    first = after(*events[:cut])
    state = {"error": first.error, "pending": first.pending, "closed": first.closed}
    second = TurnOutcome(state)
    for event in events[cut:]:
        second.take(*event)

    assert second.failed == after(*events).failed


@pytest.mark.parametrize("state", [None, [], "x", {}, {"error": 1, "pending": 3, "closed": "no"}])
def test_a_state_that_is_none_is_a_new_turn(state: object) -> None:
    """A view of a daemon that knows nothing of it harms nobody."""
    turn = TurnOutcome(state)

    assert (turn.error, turn.pending, turn.closed) == (False, [], False)


def test_records_are_read_as_far_as_they_go() -> None:
    """An activity map is taken as it came over the wire, odd ones too."""
    turn = TurnOutcome()
    turn.take_activity({"type": "error", "id": "e", "parent": None})
    turn.take_activity({"type": "reasoning_delta", "id": "i", "correlation_id": "c"})
    turn.take_activity({"type": "model_attempt_reset", "correlation_ids": ["c", 3]})
    assert turn.failed
    turn.take_activity({"type": 5, "correlation_ids": 7, "parent": 1})
    turn.take_activity({})
    assert turn.failed
