"""What a session waits for, and since when."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.view import Entry, EntryKind, ReadView
from lashtui.text.awaited import Awaited, Known, awaited, open_question, phase_word, waiting_since

AT = 1_700_000_000_000


def view(*entries: Entry, state: str = "running", updated_at: int | None = AT) -> ReadView:
    """A session's view."""
    return ReadView("s", state=state, entries=list(entries), updated_at=updated_at)  # type: ignore[arg-type]


def entry(kind: EntryKind, number: int, **fields: Any) -> Entry:
    """An entry that began that many seconds after AT."""
    return Entry(kind, f"e{number}", number, started_at=AT + number * 1000, **fields)


def call(number: int, name: str = "Bash", **fields: Any) -> Entry:
    """A running tool call."""
    return entry("tool", number, name=name, state="running", **fields)


def of(shown: ReadView, at: float = 0, known: Known | None = None) -> Awaited | None:
    """What is awaited that many seconds after AT."""
    return awaited(shown, shown.entries, AT + round(at * 1000), known)


@pytest.mark.parametrize("state", ["idle", "ended"])
def test_one_that_does_nothing_awaits_nothing(state: str) -> None:
    """No line stands below it."""
    assert of(view(state=state)) is None


def test_the_model_is_awaited_since_the_last_event() -> None:
    """After a call has ended, say; while text comes, since that began."""
    done = entry("tool", 1, name="Bash", state="success", ended_at=AT)
    assert of(view(done)) == Awaited("model", "thinking", since=AT)
    assert of(view()) == Awaited("model", "thinking", since=AT)
    said = entry("prose", 3, text="Now")
    assert of(view(done, said)) == Awaited("model", "writing", since=AT + 3000)
    thought = entry("reasoning", 4)
    assert of(view(said, thought)) == Awaited("model", "thinking", since=AT + 4000)
    said.ended_at = AT
    assert of(view(done, said)) == Awaited("model", "thinking", since=AT)


def test_what_a_command_prints_awaits_no_model() -> None:
    """It runs, and may be silent for as long as a tool."""
    printed = entry("prose", 0, text="make: entering", format="plain")
    assert of(view(printed), 599) == Awaited("tool", "running", since=AT)
    assert of(view(printed), 600) == Awaited("tool", "running", since=AT, quiet_since=AT)


def test_a_word_that_is_not_known_is_the_usual_one() -> None:
    """A later daemon's, or none."""
    assert [phase_word(each) for each in ("writing", "running", "\x1b[2J", None)] == [
        "writing",
        "running",
        "thinking",
        "thinking",
    ]


def test_a_running_tool_is_named_with_its_argument() -> None:
    """Of parallel ones the newest, and how many more."""
    first, second = call(1, args={"command": "make"}), call(2, "Read", args={"path": "a"})
    assert of(view(first)) == Awaited("tool", "Bash", "make", since=AT + 1000)
    assert of(view(first, second)) == Awaited("tool", "Read", "a", 1, since=AT + 2000)
    second.settled = True
    assert of(view(first, second)) == Awaited("tool", "Bash", "make", since=AT + 1000)


def test_a_subagents_tool_stands_for_the_call_that_launched_it() -> None:
    """That call waits for it and is not one more."""
    launch, inner = call(1, "Task"), call(2, "Grep", parent="e1")
    found = of(view(launch, inner))
    assert found is not None
    assert (found.words, found.more) == ("Grep", 0)


def test_a_person_is_awaited_since_the_question() -> None:
    """By its entry; without one since the last event; it ends with the answer."""
    asked = entry("diagnostic", 2, name="waiting", text="ok?")
    waits = view(asked, entry("error", 3, text="x"), state="waiting")
    assert of(waits) == Awaited("person", "waiting for you", since=AT + 2000)
    assert open_question(waits) is asked
    asked.ended_at = AT + 9000
    assert open_question(waits) is None
    assert waiting_since(waits) == AT
    assert waiting_since(view(asked)) is None


def test_a_retry_says_when_it_comes_or_that_it_is_overdue() -> None:
    """However long: that is when it matters. It is quiet half a minute after it was due."""
    waits = view(entry("retry", 0, output={"wait_seconds": 10, "attempt": 2, "max_attempts": 5}))
    assert of(waits, 2) == Awaited("retry", "retry 2 of 5 in 8 s")
    assert of(waits, 39) == Awaited("retry", "retry 2 of 5 · overdue 29 s")
    assert of(waits, 551) == Awaited("retry", "retry 2 of 5 · overdue 9 min", quiet_since=AT)
    assert of(waits, 551, Known(None)) == Awaited("retry", "retry 2 of 5 · overdue 9 min")


@pytest.mark.parametrize(("entries", "after"), [((), 120), ((call(0),), 600)])
def test_quiet_is_what_should_have_said_something(entries: tuple[Entry, ...], after: int) -> None:
    """A model after 2 minutes, a tool after 10; by the event's own time."""

    def quiet(at: float, known: Known | None = None) -> int | None:
        found = of(view(*entries), at, known)
        assert found is not None
        return found.quiet_since

    assert quiet(after - 1) is None
    assert quiet(after) == AT
    # The daemon decides where it is heard, by the user's own limits, until the next event.
    assert quiet(after, Known(None)) is None
    assert quiet(5, Known(AT)) == AT
    assert quiet(5, Known(AT - 1)) is None


def test_its_texts_are_safe() -> None:
    """They are the agent's."""
    found = of(view(call(1, "\x1b[31mB\nash", args={"command": "a\x07\nb"})))
    assert found is not None
    assert not any(ord(c) < 32 for c in found.words + found.about)
