"""The agent's retry in words."""

from __future__ import annotations

import pytest

from lashd.view import Entry, ReadView
from lashtui.text.retry import retry_words

AT = 1_700_000_000_000


def view(state: str = "running", **details: object) -> ReadView:
    """A view whose newest entry is a retry."""
    output = {"wait_seconds": 10.0, "attempt": 2, "max_attempts": 5, **details}
    entry = Entry("retry", "r", 1, started_at=AT, output=output)
    return ReadView("s", state=state, entries=[entry])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "retry 2 of 5 in 10 s"),
        (2.5, "retry 2 of 5 in 8 s"),
        (50.0, "retry 2 of 5 · overdue 40 s"),
        (10.0, "retry 2 of 5 · due now"),
        (550.0, "retry 2 of 5 · overdue 9 min"),
    ],
)
def test_it_counts_from_the_events_time(seconds: float, words: str) -> None:
    """Whoever attaches later reads what is left of it, not the whole again."""
    assert retry_words(view(), AT + round(seconds * 1000)) == words


def test_it_ends_when_the_agent_goes_on() -> None:
    """A later entry, or a session that doesn't run, has no retry."""
    later = view()
    later.entries.append(Entry("prose", "p", 2, text="on"))
    assert retry_words(later, AT) == ""
    assert retry_words(view("ended"), AT) == ""
    assert retry_words(ReadView("s", state="running"), AT) == ""


@pytest.mark.parametrize("wait", [None, "soon", [1]])
def test_a_wait_that_is_no_number_is_none(wait: object) -> None:
    """What an agent sends may be anything."""
    assert retry_words(view(wait_seconds=wait), AT) == ""


def test_unknown_attempts_are_left_out() -> None:
    """Only what is known is shown."""
    assert retry_words(view(attempt=None), AT) == "retry in 10 s"
    assert retry_words(view(max_attempts=None), AT) == "retry 2 in 10 s"


@pytest.mark.parametrize("wait", [float("inf"), float("nan"), 1e300, -1.0, "soon", None])
def test_a_wait_that_is_none_is_not_told(wait: object) -> None:
    """An agent's number may be anything."""
    assert retry_words(view(wait_seconds=wait), AT) == ""
