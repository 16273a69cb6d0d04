"""What a user sees of an agent's events: text, the answer alone, or the bytes if all else fails."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lashd.events import AnyTurnEvent, Error, SessionOutcome, TurnActivity
from lashtui.ingest.answer import ERR, OUT, QwenAnswer
from lashtui.ingest.run_output import AnswerAlone, LiveText, RunOutput
from lashtui.producers import Produced, make_producer
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lashtui.producers import Producer


class Pipe:
    """A descriptor that is written to, and what came."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)

    @property
    def data(self) -> bytes:
        """All that was written since."""
        try:
            return os.read(self.reading, 1 << 20)
        except BlockingIOError:
            return b""

    @property
    def text(self) -> str:
        """The same, as text."""
        return self.data.decode()


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


def live_text(produced: list[Produced]) -> str:
    """What a terminal shows of these."""
    view = LiveText(colour=False)
    prints = [each for payload in produced for each in view.of_payload(payload)] + view.finish()
    assert {target for target, _ in prints} <= {OUT}
    return "".join(text for _, text in prints)


@pytest.mark.parametrize("case", cases("claude", "codex_exec", "gemini"), ids=name_of)
def test_live_text_holds_all_prose(case: Case) -> None:
    """Whatever else it shows."""
    produced = produce(case.make(), [case.data], case.outcome)
    text = live_text(produced)
    for row in prose_of(view_of(produced)):
        for line in row.splitlines():
            shown = "".join(c for c in line if c.isalnum())
            assert shown in "".join(c for c in text if c.isalnum()) or "\x1b" in line
    assert text == "" or text.endswith("\n")


def test_errors_are_each_shown() -> None:
    """Two different ones are two lines, though neither has an id yet."""
    assert live_text([said(Error("one"), ""), said(Error("two"), "")]).count("\n") == 2


LINE = b'{"type":"assistant_prose_delta","text":"hi"}\n'


def shown_in(pipe: Pipe, producer: Producer | None = None) -> RunOutput:
    """Events as text, written to the pipe."""
    targets = {OUT: pipe.writing, ERR: -1}
    return RunOutput(producer or make_producer("jsonl"), LiveText(colour=False), targets)


def test_events_pass_and_are_written(pipe: Pipe) -> None:
    """To whoever publishes, and to the descriptor."""
    shown = shown_in(pipe)
    assert len(shown.feed(LINE)) == 1
    assert pipe.text == "hi"
    assert shown.flush() == []
    assert shown.finish(SessionOutcome.SUCCESS) == []
    assert pipe.text == "\n"


def test_lines_that_are_no_events_are_shown_as_they_are(pipe: Pipe) -> None:
    """An agent that prints for people after all is read by people."""
    shown = shown_in(pipe)
    shown.feed(LINE + b"Usage: \x1b[1magent\x1b[0m \xff\n[1]\nthe r")
    shown.feed(b"est")
    shown.finish(SessionOutcome.FAILURE)
    assert pipe.data == b"hi\nUsage: \x1b[1magent\x1b[0m \xff\n[1]\nthe rest\n"


def test_the_answer_alone_keeps_descriptors_and_characters(pipe: Pipe) -> None:
    """Control characters and what is no character come as the agent would have printed them."""
    errors = Pipe()
    targets = {OUT: pipe.writing, ERR: errors.writing}
    shown = RunOutput(make_producer("qwen"), AnswerAlone(QwenAnswer()), targets)
    shown.feed(b'{"type":"result","is_error":false,"result":"a\\u001b[31m\\u202e\\r\\ud800"}\n')
    shown.feed(b'{"type":"result","is_error":true,"error":{"message":"boom"}}\n')
    shown.finish(SessionOutcome.SUCCESS)
    assert pipe.data == "a\x1b[31m\u202e\r\ufffd\n".encode()
    assert errors.data == b"boom\n"
    os.close(errors.reading)
    os.close(errors.writing)


def test_a_reader_that_fails_costs_no_output(pipe: Pipe) -> None:
    """From there on the bytes come as they are, and that is said once."""
    producer = make_producer("jsonl")
    shown = shown_in(pipe, producer)

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
    shown = shown_in(pipe)
    assert len(shown.feed(LINE)) == len(shown.feed(LINE)) == 1
    pipe.reading = os.open(os.devnull, os.O_RDONLY)
