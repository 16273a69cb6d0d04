"""What a user sees of an agent's events: text, the answer alone, or the bytes if all else fails."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lashd.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    Committed,
    Error,
    ModelAttemptReset,
    SessionOutcome,
    TurnActivity,
)
from lashtui.ingest.run_output import Answer, LiveText, RunOutput
from lashtui.producers import Produced, make_producer
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pipe:
    """A descriptor that is written to, and what came."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)

    @property
    def text(self) -> str:
        """All that was written since."""
        try:
            return os.read(self.reading, 1 << 20).decode()
        except BlockingIOError:
            return ""


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """One that is closed again."""
    pipe = Pipe()
    yield pipe
    os.close(pipe.writing)
    os.close(pipe.reading)


def said(event: AnyTurnEvent, row: str = "r", parent: str | None = None) -> Produced:
    """An activity."""
    return Produced(TurnActivity("", row, event, parent))


def answer(*produced: Produced, last_only: bool) -> str:
    """What is printed of these."""
    view = Answer(last_only=last_only)
    return "".join(map(view.text_of, produced)) + view.finish()


ONE, TWO = AssistantProseDelta("one "), AssistantProseDelta("two")


def test_the_last_message_alone() -> None:
    """As the agent would print it; each turn has one."""
    turn = [said(ONE, "a"), said(TWO, "b"), Produced(Committed())]
    assert answer(*turn, *turn, last_only=True) == "two\ntwo\n"
    assert answer(said(ONE, "a"), said(TWO, "a"), last_only=True) == "one two\n"


def test_all_prose_as_it_comes() -> None:
    """Rows stand apart; a newline of their own is not doubled."""
    lines = AssistantProseDelta("line\n")
    told = answer(said(ONE, "a"), said(TWO, "a"), said(TWO, "b"), said(lines, "c"), last_only=False)
    assert told == "one two\ntwo\nline\n"


def test_what_is_no_answer() -> None:
    """A subagent's prose, and an attempt that was withdrawn; an error is one."""
    reset = said(ModelAttemptReset(["a"]), "x")
    assert answer(said(ONE, "a", "call"), last_only=True) == ""
    assert answer(said(ONE, "a"), reset, said(TWO, "a"), last_only=True) == "two\n"
    assert answer(said(Error("no\x1b[31m")), last_only=True) == "no\n"
    assert answer(last_only=True) == answer(last_only=False) == ""


@pytest.mark.parametrize("case", cases("claude", "codex_exec", "gemini"), ids=name_of)
def test_live_text_holds_all_prose(case: Case) -> None:
    """Whatever else it shows."""
    produced = produce(case.make(), [case.data], case.outcome)
    view = LiveText(colour=False)
    text = "".join(map(view.text_of, produced)) + view.finish()
    for row in prose_of(view_of(produced)):
        for line in row.splitlines():
            shown = "".join(c for c in line if c.isalnum())
            assert shown in "".join(c for c in text if c.isalnum()) or "\x1b" in line
    assert text == "" or text.endswith("\n")


def test_errors_are_each_shown() -> None:
    """Two different ones are two lines, though neither has an id yet."""
    view = LiveText(colour=False)
    told = view.text_of(said(Error("one"), "")) + view.text_of(said(Error("two"), ""))
    assert told.count("\n") == 2


def test_events_pass_and_are_written(pipe: Pipe) -> None:
    """To whoever publishes, and to the descriptor."""
    shown = RunOutput(make_producer("jsonl"), Answer(last_only=False), pipe.writing)
    line = b'{"type":"assistant_prose_delta","text":"hi"}\n'
    assert len(shown.feed(line)) == 1
    assert pipe.text == "hi"
    assert shown.flush() == []
    assert shown.finish(SessionOutcome.SUCCESS) == []
    assert pipe.text == "\n"


def test_a_reader_that_fails_costs_no_output(pipe: Pipe) -> None:
    """From there on the bytes come as they are, and that is said once."""
    producer = make_producer("jsonl")
    shown = RunOutput(producer, Answer(last_only=False), pipe.writing)

    def fail(data: bytes) -> list[Produced]:
        raise ZeroDivisionError

    producer.feed = fail  # type: ignore[method-assign]
    assert shown.feed(b"one\n") == shown.feed(b"two\n") == []
    assert shown.finish(SessionOutcome.SUCCESS) == []
    assert pipe.text == "one\ntwo\n"
    assert len(shown.take_warnings()) == 1


def test_a_user_who_left(pipe: Pipe) -> None:
    """Those who watch the session still get everything."""
    os.close(pipe.reading)
    shown = RunOutput(make_producer("jsonl"), Answer(last_only=False), pipe.writing)
    line = b'{"type":"assistant_prose_delta","text":"hi"}\n'
    assert len(shown.feed(line)) == len(shown.feed(line)) == 1
    pipe.reading = os.open(os.devnull, os.O_RDONLY)
