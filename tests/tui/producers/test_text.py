"""Plain text: verbatim but for colours, whole whatever the chunks, one row a run."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lashd.events import (
    AssistantProseDelta,
    Committed,
    SessionOutcome,
    TurnActivity,
)
from lashd.view import ReadView
from lashtui.producers import Produced
from lashtui.producers.text import MAX_DELTA, TextProducer
from lashtui.text.ansi import terminal_text
from lashtui.text.sanitize import safe_text
from tests.hostile import hostile
from tests.tui.producers.goldens import view_of as folded


def view_of(produced: list[Produced]) -> ReadView:
    """The session that they make."""
    return folded(produced, ended=False)


FINAL = SessionOutcome.FAILURE


def text_of(produced: list[Produced]) -> str:
    """The prose that is left when all is said."""
    return "".join(entry.text or "" for entry in view_of(produced).entries)


def produce(*chunks: bytes, outcome: SessionOutcome = FINAL) -> list[Produced]:
    """What a run that prints `chunks` comes to."""
    producer = TextProducer()
    produced = [each for chunk in chunks for each in producer.feed(chunk)]
    return produced + producer.finish(outcome)


def only_styles(text: str) -> bool:
    """Whether `text` drives a terminal to colours and links to pages alone, in their one form."""
    left = re.sub("\x1b\\[[0-9;]*m|\x1b]8;;(?:https?:[\x21-\x7e]*)?\x1b\\\\", "", text)
    return safe_text(left) == left and terminal_text(text) == text


def drawn(text: str) -> list[tuple[str, str, str]]:
    """Each character with its colours and its link. Every delta names them again, so how the text
    was cut into deltas makes no difference.
    """
    style = link = ""
    found = []
    for match in re.finditer("\x1b\\[([0-9;]*)m|\x1b]8;;([^\x1b]*)\x1b\\\\|(.)", text, re.DOTALL):
        sgr, target, character = match.groups()
        if character is not None:
            found.append((character, style, link))
        elif target is not None:
            link = target
        else:
            style = "" if sgr in ("", "0") else f"{style};{sgr}".strip(";")
    return found


class Run:
    """A run that is watched: what is shown of it is flushed at times."""

    def __init__(self) -> None:
        self.now = 0.0
        self.producer = TextProducer("run", clock=lambda: self.now)
        self.produced: list[Produced] = []

    def print(self, data: bytes, source: str = "") -> list[str]:
        """Print, and give the lines that are shown at once."""
        self.produced += self.producer.feed(data, source) + self.producer.flush()
        return text_of(self.produced).split("\n")

    def wait(self, seconds: float) -> list[str]:
        """Time passes; the lines that are shown then."""
        self.now += seconds
        self.produced += self.producer.flush()
        return text_of(self.produced).split("\n")

    def resets(self) -> int:
        """How often something was withdrawn."""
        return str(self.produced).count("ModelAttemptReset")


def test_newlines_and_tabs_stay_titles_go() -> None:
    """What a reader sees is what was printed, without what drives a terminal."""
    assert text_of(produce(b"a\tb\r\nred\n\x1b]0;title\x07c\x1b[2J\x1b[5;5H\x07")) == "a\tb\nred\nc"


def test_colours_and_links_stay() -> None:
    """Each line has its own, and what has none is plain."""
    produced = produce(
        b"\x1b[1;31mred\nstill \x1b[0mnot\n",
        b"\x1b]8;id=4;https://a.example/\x07link\x1b]8;;\x07 \x1b]8;;javascript:x\x07none\n",
    )
    assert text_of(produced) == (
        "\x1b[1;31mred\x1b[0m\n\x1b[1;31mstill \x1b[0mnot\n"
        "\x1b]8;;https://a.example/\x1b\\link\x1b]8;;\x1b\\ none\n"
    )
    assert [entry.format for entry in view_of(produced).entries] == ["ansi"]
    assert [entry.format for entry in view_of(produce(b"plain\n")).entries] == ["plain"]


def test_a_line_drawn_again_is_its_last_form() -> None:
    """However it was drawn again; what a shorter form doesn't cover stays, as on a terminal."""
    for printed, line in (
        (b"10%\r20%\rdone\r\n", "done"),
        (b"abcdef\rxy\n", "xycdef"),
        (b"\r\x1b[2K  1%\r\x1b[2K 99%\r\x1b[Kdone\n", "done"),
        (b"|\b/\b-\b\\\b ok\n", " ok"),
        (b"b\bold u\x1b[3Dxy\n", "olxyu"),
        (b"one two\x1b[5GTWO\x1b[K\n", "one TWO"),
        ("日本語\rab\n".encode(), "ab本語"),
        ("e\u0301te\r\x1b[1CT\n".encode(), "e\u0301Te"),
        (b"\x1b[31mred\x1b[0m\rg\n", "g\x1b[31med\x1b[0m"),
        (b"error:\x1b[K \x1b[Kwhat\n", "error: what"),
        (b"count\r\n", "count"),
        (b"hidden\r\x1b[Kx\n\n", "x\n"),
    ):
        assert text_of(produce(printed)) == line + "\n", printed


def test_an_unfinished_line_is_shown_and_then_part_of_the_whole() -> None:
    """A prompt is read before it is answered; nothing is there twice."""
    run = Run()
    assert run.print(b"hello\nName? ") == ["hello", "Name? "]
    assert run.print(b"Ann") == ["hello", "Name? Ann"]
    assert run.print(b"\n") == ["hello", "Name? Ann", ""]
    run.produced += run.producer.finish(FINAL)
    assert [entry.id for entry in view_of(run.produced).entries] == ["run"]
    assert run.resets() == 1


def test_a_moving_line_is_shown_once_a_second() -> None:
    """In an entry of its own, which its next form replaces."""
    run = Run()
    run.print(b"start\n")
    shown = []
    for percent in range(100):
        run.now += 0.1
        shown.append(run.print(b"\r%3d%%" % percent)[-1])
    assert all(len(form) == 4 for form in shown)
    assert 9 <= len(set(shown)) <= 12
    assert run.wait(1.0) == ["start", " 99%"]
    assert run.print(b"\r\x1b[Kdone") == ["start", " 99%"]
    assert run.wait(1.0) == ["start", "done"]
    run.produced += run.producer.finish(FINAL)
    assert text_of(run.produced) == "start\ndone"
    assert run.resets() < 15


def test_two_sources_keep_their_own_lines() -> None:
    """A character or a line cut on stdout isn't completed by what stderr prints."""
    run = Run()
    run.print(b"\xc3", "out")
    run.print(b"err ", "err")
    run.print(b"\xa9\n", "out")
    run.produced += run.producer.finish(FINAL)
    assert sorted(entry.text or "" for entry in view_of(run.produced).entries) == ["err ", "é\n"]


def test_what_is_shown_already_is_not_said_again_at_the_end() -> None:
    """Of a last line without an end."""
    run = Run()
    run.print(b"done\nName? ")
    assert run.producer.finish(FINAL) == []
    run = Run()
    run.print(b"10%\r20%")
    assert run.producer.finish(FINAL) == []


def test_broken_utf8_is_replaced() -> None:
    """A stray byte costs a replacement character, not the text."""
    assert text_of(produce(b"caf\xc3", b"\xa9 \xff ok")) == "café \N{REPLACEMENT CHARACTER} ok"


def test_one_entry_a_run_and_another_for_the_next() -> None:
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


def test_events_are_bounded() -> None:
    """A large read is cut, so that no event is refused for its size, whatever its colours."""
    gaudy = b"".join(b"\x1b[38;2;%d;1;2;48;2;3;4;%dmx" % (n % 256, n % 250) for n in range(30_000))
    linked = b"".join(b"\x1b]8;;https://%s/%d\x07x" % (b"a" * 2000, n) for n in range(4000))
    for data in (b"z" * (3 * MAX_DELTA + 5), b"line\n" * 100_000, gaudy, linked):
        produced = produce(data)
        sizes = [
            len(each.payload.event.text)
            for each in produced
            if isinstance(each.payload, TurnActivity)
            and isinstance(each.payload.event, AssistantProseDelta)
        ]
        assert max(sizes) <= MAX_DELTA
        assert safe_text(text_of(produced)) == safe_text(data.decode())


def test_unfinished_sequence_does_not_swallow_the_text() -> None:
    """A sequence that never ends is text after a bound."""
    body = b"a" * 5000
    assert "a" * 4096 in text_of(produce(b"\x1b]", body))


SAMPLE = (
    "é\x1b[38;5;196mü\x1b[0m\r\n\x1b]8;;http://x\x1b\\link\x1b]8;;\x07"
    " \x1b(B\u20ac\x1bcend\r\r\n10%\r20%\b\b\x1b[K9%\r\n日本\rx\x1b[1;4m\r\r\n\x1b[2Kend\rEN"
)


@given(st.lists(st.tuples(st.integers(0, len(SAMPLE.encode())), st.floats(0, 2)), max_size=12))
@settings(max_examples=150, deadline=None)
def test_any_cut_gives_the_same_text(cuts: list[tuple[int, float]]) -> None:
    """Characters, sequences and lines may be split anywhere, and shown in between."""
    data = SAMPLE.encode()
    run, begin = Run(), 0
    for place, pause in sorted(cuts):
        run.produced += run.producer.feed(data[begin:place])
        run.now += pause
        if pause:
            run.produced += run.producer.flush()
        begin = place
    run.produced += run.producer.feed(data[begin:]) + run.producer.finish(FINAL)
    assert text_of(run.produced) == text_of(produce(data))
    assert safe_text(text_of(run.produced)) == "éü\nlink €end\n29%\nx 本\nENd"


pieces = st.sampled_from(
    [b"a", b"\r", b"\n", b"\b", b"\x1b[", b"K", b"1;31m", b"\x1b[2D", b"\xe6\x97\xa5"]
)


@given(st.lists(st.one_of(pieces, st.binary(max_size=30), st.none()), max_size=40))
@settings(max_examples=300, deadline=None)
@example([b"\x1b[1;31ma", None, b"a", None])
def test_arbitrary_bytes_give_colours_and_links_and_nothing_else(
    chunks: list[bytes | None],
) -> None:
    """Whatever a command prints; None: what there is so far is shown."""
    run = Run()
    for chunk in chunks:
        run.produced += run.producer.flush() if chunk is None else run.producer.feed(chunk)
    run.produced += run.producer.finish(FINAL)
    whole = produce(b"".join(chunk or b"" for chunk in chunks))
    assert drawn(text_of(run.produced)) == drawn(text_of(whole))
    events = [getattr(each.payload, "event", None) for each in run.produced]
    deltas = [each.text for each in events if isinstance(each, AssistantProseDelta)]
    assert all(only_styles(text) for text in deltas)


def test_attacks_do_not_come_through() -> None:
    """Byte by byte too; a link to a page is all that is left of them."""
    data = hostile("word").encode()
    whole = text_of(produce(data))
    run = Run()
    for place in range(len(data)):
        run.print(data[place : place + 1])
    run.produced += run.producer.finish(FINAL)
    assert text_of(run.produced) == whole
    assert only_styles(whole)


def test_rows_of_beginnings_cost_their_length() -> None:
    """Half a megabyte of unfinished sequences or carriage returns is read at once."""
    for piece in (b"\xc2\x9d", b"\x1b]", b"\r"):
        producer = TextProducer()
        producer.feed(piece * 250_000 + b"end\n")
        producer.finish(SessionOutcome.SUCCESS)
