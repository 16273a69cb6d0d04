"""The keepers: text once, calls ended once, totals as differences, everything bounded."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.events import (
    AnyTurnEvent,
    AssistantProseDelta,
    ReasoningDelta,
    ToolCallCompleted,
    ToolCallStarted,
    TurnActivity,
)
from lashd.publish.bounds import MAX_CALLS, MAX_PIECE
from lashd.text import size_of_value
from lashtui.producers import Produced
from lashtui.producers.dedupe import (
    MAX_BLOCKS,
    MAX_KEY,
    MAX_OUTPUT,
    MAX_TOTALS,
    Calls,
    Texts,
    Totals,
    bounded,
    cancelled,
    counters,
    failed,
    succeeded,
    tidy,
)
from tests.tui.producers.goldens import view_of


class Told:
    """Collects what is told, as a producer would hand it out."""

    def __init__(self) -> None:
        self.produced: list[Produced] = []

    def __call__(
        self, event: AnyTurnEvent, correlation_id: str | None = None, parent: str | None = None
    ) -> None:
        self.produced.append(Produced(TurnActivity("", correlation_id, event, parent)))

    @property
    def events(self) -> list[AnyTurnEvent]:
        """The turn events."""
        return [p.payload.event for p in self.produced if isinstance(p.payload, TurnActivity)]

    @property
    def texts(self) -> list[str | None]:
        """The rows of text that they make."""
        return [row.text for row in view_of(self.produced).entries if row.text is not None]


# -- texts ---------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=50), st.lists(st.integers(0, 50), max_size=6), st.text(max_size=50))
def test_a_text_is_shown_once_however_it_comes(text: str, cuts: list[int], another: str) -> None:
    """In pieces, in pieces and whole, whole alone, or with a whole copy that differs."""
    at = sorted(min(cut, len(text)) for cut in cuts)
    pieces = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    for given_pieces in (pieces, pieces[:-1], []):
        for whole in (text, another):
            told = Told()
            texts = Texts(told)
            for piece in given_pieces:
                texts.delta("k", piece)
            texts.final("k", whole)
            texts.final("k", whole)
            texts.delta("k", "late")
            assert "".join(each or "" for each in told.texts) == whole


def test_only_the_missing_end_is_told() -> None:
    """The deltas are not repeated."""
    told = Told()
    texts = Texts(told)
    texts.delta("k", "Hel")
    texts.final("k", "Hello")
    assert told.events == [AssistantProseDelta("Hel"), AssistantProseDelta("lo")]


def test_long_texts_come_in_pieces() -> None:
    """Each well below what an event may hold."""
    told = Told()
    texts = Texts(told)
    texts.delta("k", "ü" * (MAX_PIECE + 1))
    texts.final("k", "ü" * (3 * MAX_PIECE), ReasoningDelta)
    sizes = [len(each.text) for each in told.events if hasattr(each, "text")]
    assert max(sizes) <= MAX_PIECE
    assert sum(sizes) == 3 * MAX_PIECE


def test_a_withdrawn_block_is_gone_and_stays_so() -> None:
    """What was never told needs no withdrawal."""
    told = Told()
    texts = Texts(told)
    texts.delta("k", "Half")
    texts.withdraw(["k", "nothing"])
    texts.delta("k", "more")
    assert told.texts == []
    assert len(told.events) == 2


def test_a_reopened_block_goes_on_in_its_row() -> None:
    """A whole copy is compared with what the row was said to hold."""
    told = Told()
    texts = Texts(told)
    texts.final("k", "One ")
    texts.reopen("k", "")
    texts.delta("k", "two")
    texts.final("k", "two.")
    assert told.texts == ["One two."]


def test_blocks_are_bounded() -> None:
    """The oldest are forgotten, the newest known."""
    texts = Texts(Told())
    for n in range(MAX_BLOCKS + 10):
        texts.delta(str(n), "x")
    assert not texts.knows("0")
    assert texts.is_open(str(MAX_BLOCKS + 9))


# -- calls ---------------------------------------------------------------------------------------


def test_a_call_starts_once_and_ends_once() -> None:
    """A second start fills in, a second end says nothing, a start after the end neither."""
    told = Told()
    calls = Calls(told)
    calls.start("t", "Bash", at=1000)
    calls.start("t", "Bash")
    calls.start("t", "", {"command": "ls"})
    calls.complete("t", succeeded("out"), at=1250)
    calls.complete("t", failed("no"))
    calls.start("t", "Bash")
    assert told.events == [
        ToolCallStarted("Bash", None, "t"),
        ToolCallStarted("Bash", {"command": "ls"}, "t"),
        ToolCallCompleted("Bash", {"command": "ls"}, succeeded("out"), "t", 250.0),
    ]


def test_an_end_without_a_start_stands_for_both() -> None:
    """The input began in the middle."""
    told = Told()
    Calls(told).complete("t", succeeded(), name="Read", args={"path": "x"})
    row = view_of(told.produced).entries[0]
    assert (row.name, row.args, row.state) == ("Read", {"path": "x"}, "success")


def test_closing_ends_what_is_open() -> None:
    """With or without the calls of subagents."""
    told = Told()
    calls = Calls(told)
    calls.start("own", "Agent")
    calls.start("child", "Bash", parent="own")
    calls.close(children=False)
    assert list(calls.open) == ["child"]
    calls.close(children=True)
    states = {row.id: row.state for row in view_of(told.produced, ended=False).entries}
    assert states == {"own": "cancelled", "child": "cancelled"}


def test_open_calls_are_bounded_and_none_is_left_running() -> None:
    """The oldest is told as cancelled; its own end, if it comes, is still told."""
    told = Told()
    calls = Calls(told)
    for n in range(MAX_CALLS + 1):
        calls.start(str(n), "Bash")
    assert len(calls.open) == MAX_CALLS
    rows = {row.id: row for row in view_of(told.produced, ended=False).entries}
    assert rows["0"].state == "cancelled"
    calls.complete("0", succeeded("after all"))
    rows = {row.id: row for row in view_of(told.produced, ended=False).entries}
    assert rows["0"].state == "success"


# -- values and counters -------------------------------------------------------------------------


def test_outputs_have_the_shape_that_is_read() -> None:
    """Status first; a message where there is one; the exit code beside it."""
    assert succeeded("x") == {"outcome": {"status": "success", "payload": "x"}}
    assert failed("x", exit_code=3)["outcome"] == {
        "status": "failure",
        "message": "x",
        "exit_code": 3,
    }
    assert cancelled() == {"outcome": {"status": "cancelled"}}


def test_values_are_made_such_that_an_event_carries_them() -> None:
    """Cut with a mark; no number over 64 bits, no endless nesting."""
    cut = tidy({"out": "x" * (2 * MAX_OUTPUT), "n": 2**80})
    assert size_of_value(cut) < MAX_OUTPUT * 1.1
    assert "characters cut" in cut["out"]
    deep: object = "x"
    for _ in range(300):
        deep = [deep]
    assert size_of_value(tidy(deep)) < 1000
    assert tidy({"a": [1, "b", None]}) == {"a": [1, "b", None]}


def test_totals_are_told_as_differences() -> None:
    """A total that falls has begun again."""
    totals = Totals()
    assert totals.since({"a": 5, "b": "x"}) == {"a": 5}
    assert totals.since({"a": 8}) == {"a": 3}
    assert totals.since({"a": 2}) == {"a": 2}


def test_counters_are_summed_under_our_names() -> None:
    """Two of theirs may be one of ours."""
    names = {"in": "input_tokens", "cached": "input_tokens", "out": "output_tokens"}
    assert counters({"in": 1, "cached": 2, "other": 5}, names) == {"input_tokens": 3}


def test_what_was_seen_is_bounded() -> None:
    """The newest are known."""
    seen: dict[str, None] = {}
    assert not any(bounded(seen, str(n), 80) for n in range(1000))
    assert bounded(seen, "999", 80)
    assert 60 <= len(seen) <= 80


def test_a_commands_output_keeps_its_colours() -> None:
    """And nothing else of a terminal's language; what another tool gives is left as it is."""
    for args, text, form in (
        ({"command": "make"}, "\x1b[31mred\x1b[0m", "ansi"),
        ({"path": "a"}, "\x1b[31mred\r\x1b[K", None),
    ):
        emitted: list[Any] = []
        calls = Calls(lambda event, *_, emitted=emitted: emitted.append(event))
        calls.start("c", "tool", args)
        calls.complete("c", succeeded("\x1b[31mred\r\x1b[K" if form is None else "x\r\x1b[31mred"))
        assert emitted[-1].output["outcome"].get("payload") == text
        assert emitted[-1].output["outcome"].get("format") == form


def test_a_key_without_end_is_remembered_in_a_few_bytes() -> None:
    """And told from others that begin alike."""
    seen: dict[str, None] = {}
    long = "x" * 1_000_000
    assert not bounded(seen, long, 80)
    assert not bounded(seen, long + "y", 80)
    assert bounded(seen, long, 80)
    assert not bounded(seen, long + "\ud800", 80)
    assert all(len(key) <= MAX_KEY for key in seen)


def test_counters_are_bounded() -> None:
    """The newest are remembered; one that is used stays."""
    totals = Totals()
    for n in range(5 * MAX_TOTALS):
        totals.since({str(n): 1, "used": n})
    assert len(totals.last) == MAX_TOTALS
    assert totals.since({"used": 5 * MAX_TOTALS}) == {"used": 1}
