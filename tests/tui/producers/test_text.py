"""Plain text: verbatim but for colours, whole whatever the chunks, one row a run."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.events import (
    AssistantProseDelta,
    Committed,
    SessionOutcome,
    TurnActivity,
)
from lashtui.producers import Produced
from lashtui.producers.text import MAX_DELTA, MAX_SEQUENCE, TextProducer


def text_of(produced: list[Produced]) -> str:
    """All prose in `produced`."""
    texts = []
    for each in produced:
        if isinstance(each.payload, TurnActivity):
            assert isinstance(each.payload.event, AssistantProseDelta)
            assert each.payload.event.format == "plain"
            texts.append(each.payload.event.text)
    return "".join(texts)


def produce(*chunks: bytes, outcome: SessionOutcome = SessionOutcome.FAILURE) -> list[Produced]:
    """What a run that prints `chunks` comes to."""
    producer = TextProducer()
    produced = [each for chunk in chunks for each in producer.feed(chunk)]
    return produced + producer.finish(outcome)


def test_newlines_and_tabs_stay_colours_go() -> None:
    """What a reader sees is what was printed, without the codes."""
    assert text_of(produce(b"a\tb\r\n\x1b[1;31mred\x1b[0m\n\x1b]0;title\x07c")) == "a\tb\nred\nc"


def test_lone_carriage_return_starts_a_line() -> None:
    """A progress bar becomes lines, not one word."""
    assert text_of(produce(b"10%\r20%\rdone\r\n")) == "10%\n20%\ndone\n"


def test_broken_utf8_is_replaced() -> None:
    """A stray byte costs a replacement character, not the text."""
    assert text_of(produce(b"caf\xc3", b"\xa9 \xff ok")) == "café � ok"


def test_sources_are_decoded_apart() -> None:
    """A character cut on stdout isn't completed by stderr's bytes."""
    producer = TextProducer()
    producer.feed(b"\xc3", "out")
    producer.feed(b"err ", "err")
    producer.feed(b"\xa9", "out")
    assert text_of(producer.finish(SessionOutcome.SUCCESS)) == "err é"


def test_one_row_a_run_and_another_for_the_next() -> None:
    """All of one run shares a correlation id that no other run has."""
    ids = [
        {each.payload.correlation_id for each in produce(b"x" * (MAX_DELTA + 1), b"y")}  # type: ignore[union-attr]
        for _ in range(2)
    ]
    assert len(ids[0]) == 1
    assert ids[0].isdisjoint(ids[1])


def test_a_clean_end_commits_and_a_failure_does_not() -> None:
    """The commit is what a reader waits for as the end of a good turn."""
    assert isinstance(produce(b"x", outcome=SessionOutcome.SUCCESS)[-1].payload, Committed)
    assert not isinstance(produce(b"x", outcome=SessionOutcome.FAILURE)[-1].payload, Committed)
    assert produce(outcome=SessionOutcome.CANCELLED) == []


def test_deltas_are_bounded() -> None:
    """A large read is cut, so that no event is refused for its size."""
    produced = produce(b"z" * (3 * MAX_DELTA + 5))
    assert len(produced) == 4
    assert text_of(produced) == "z" * (3 * MAX_DELTA + 5)


def test_unfinished_sequence_does_not_swallow_the_text() -> None:
    """A sequence that never ends is text after a bound."""
    body = b"a" * (MAX_SEQUENCE + 10)
    assert "a" * MAX_SEQUENCE in text_of(produce(b"\x1b]", body))


SAMPLE = (
    "é\x1b[38;5;196mü\x1b[0m\r\n\x1b]8;;http://x\x1b\\link\x1b]8;;\x07"
    " \x1b(B\u20ac\x1bcend\r\r\x1b[K\n"
)


@given(st.lists(st.integers(0, len(SAMPLE.encode())), max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_cut_gives_the_same_text(cuts: list[int]) -> None:
    """Characters, sequences and line ends may be split anywhere."""
    data = SAMPLE.encode()
    places = [0, *sorted(cuts), len(data)]
    chunks = [data[a:b] for a, b in pairwise(places)]
    assert text_of(produce(*chunks)) == "éü\nlink €end\n"


@given(st.lists(st.binary(max_size=200), max_size=8))
@settings(max_examples=100, deadline=None)
def test_arbitrary_bytes_never_fail(chunks: list[bytes]) -> None:
    """Whatever a command prints, there is text of it and no error; no newline is lost."""
    text = text_of(produce(*chunks))
    text.encode()
    if b"\x1b" not in b"".join(chunks) and b"\xc2" not in b"".join(chunks):
        assert text.count("\n") >= b"".join(chunks).count(b"\n")


def test_rows_of_beginnings_cost_their_length() -> None:
    """Half a megabyte of unfinished sequences or carriage returns is read at once."""
    for piece in (b"\xc2\x9d", b"\x1b]", b"\r"):
        producer = TextProducer()
        producer.feed(piece * 250_000 + b"end\n")
        producer.finish(SessionOutcome.SUCCESS)
