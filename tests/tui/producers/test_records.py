"""The base of record formats: what is a record, what survives, how an input's end is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

import pytest

from lashd.events import AssistantProseDelta, RetryStatus, SessionOutcome
from lashtui.producers.fields import int_of, map_of, maps_of, text_of, time_of
from lashtui.producers.records import CUT_OFF, MAX_REPEATED, MAX_WARNINGS, RecordProducer
from tests.tui.producers.goldens import view_of, wire_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record


class Echo(RecordProducer):
    """A format whose records say what to do."""

    def on_record(self, record: Record) -> None:
        """`say`, `call`, `fail`, `end`, `note`, `wait`, `odd`."""
        if "say" in record:
            self.emit(AssistantProseDelta(record["say"].upper()), "row")
        elif "call" in record:
            self.calls.start(record["call"], "tool")
        elif "fail" in record:
            self.error(record["fail"])
            if "end" in record:
                self.commit()
        elif "end" in record:
            self.commit()
        elif "note" in record:
            self.diagnose(record["note"])
        elif "wait" in record:
            self.wait(record["wait"])
        elif "open" in record:
            self.opened(agent="echo", directory=record["open"])
        else:
            self.unknown(str(record.get("type")), record)


class Endless(Echo):
    """A format that never says that a turn has ended."""

    ends_itself: ClassVar[bool] = False
    forwards_unknown: ClassVar[bool] = False


def lines(*records: object) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def kinds(producer: Echo, data: bytes, outcome: SessionOutcome | None = None) -> list[str]:
    """The tags of all that comes of an input."""
    produced = producer.feed(data) + (producer.finish(outcome) if outcome else [])
    return [each.get("activity", each)["type"] for each in wire_of(produced)]


def test_junk_is_counted_and_skipped() -> None:
    """Banners, other JSON, damaged lines: told by number, a bounded number of times."""
    producer = Echo()
    data = b'npx: installed 1\n[1]\n3\n{"say": 5}\n{"say": "x"}\n{"say": \n\n  \n'
    assert kinds(producer, data) == ["assistant_prose_delta"]
    skipped = [each.split(" skipped: ")[0] for each in producer.take_warnings()]
    assert skipped == ["line 1", "line 2", "line 3", "line 4", "line 6"]
    assert producer.take_warnings() == []
    producer = Echo()
    producer.feed(b"junk\n" * 1000)
    producer.finish(SessionOutcome.SUCCESS)
    warnings = producer.take_warnings()
    assert len(warnings) == MAX_WARNINGS + 1
    assert warnings[-1] == f"{1000 - MAX_WARNINGS} more lines skipped"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'\xef\xbb\xbf{"say":"a"}\r', "A"),
        (b'{"say":"a\xffb"}', "A\N{REPLACEMENT CHARACTER}B"),
        (b'{"say":"a\\ud800b"}', "A\N{REPLACEMENT CHARACTER}B"),
        ('{"say":"a\u2028b\u0085c"}'.encode(), "A\u2028B\u0085C"),
        (b'{"say":"a","x":NaN}', "A"),
        (b'{"say":"a","x":123456789012345678901234567890}', "A"),
    ],
)
def test_odd_encodings_are_records(line: bytes, said: str) -> None:
    """A BOM, carriage returns, bytes that are no UTF-8, lone surrogates, other line ends."""
    producer = Echo()
    view = view_of(producer.feed(line + b"\n"))
    assert [row.text for row in view.entries] == [said]
    assert producer.take_warnings() == []


def test_nesting_without_end_is_junk() -> None:
    """No recursion error leaves the producer."""
    producer = Echo()
    assert kinds(producer, b'{"say":' + b"[" * 200_000 + b"\n") == []
    assert len(producer.take_warnings()) == 1


def test_a_line_over_the_bound_is_skipped() -> None:
    """The next one is taken."""
    producer = Echo(max_line=100)
    data = b'{"say":"' + b"x" * 200 + b'"}\n{"say":"y"}\n'
    assert kinds(producer, data) == ["assistant_prose_delta"]
    assert producer.take_warnings() == ["line 1 skipped: it is too long"]


@pytest.mark.parametrize("outcome", list(SessionOutcome))
def test_an_end_within_a_turn_is_told(outcome: SessionOutcome) -> None:
    """Open calls end as cancelled, then an error says what happened; nothing commits."""
    data = lines({"say": "a"}, {"call": "t"})
    assert kinds(Echo(), data, outcome) == [
        "assistant_prose_delta",
        "tool_call_started",
        "tool_call_completed",
        "error",
    ]
    view = view_of(Echo().feed(data) + (p := Echo()).feed(data) + p.finish(outcome))
    assert view.entries[-1].text == CUT_OFF[outcome]


def test_a_format_without_ends_commits_at_a_clean_one() -> None:
    """A failed one stays uncommitted."""
    data = lines({"say": "a"})
    assert kinds(Endless(), data, SessionOutcome.SUCCESS)[-1] == "committed"
    assert kinds(Endless(), data, SessionOutcome.FAILURE)[-1] == "error"


def test_an_end_between_turns_adds_nothing() -> None:
    """The last turn was committed."""
    data = lines({"say": "a"}, {"end": 1})
    for outcome in SessionOutcome:
        assert kinds(Echo(), data, outcome) == ["assistant_prose_delta", "committed"]


def test_an_own_error_is_enough() -> None:
    """The input said itself what went wrong; the same words twice in a row are one error."""
    data = lines({"say": "a"}, {"fail": "no"}, {"fail": "no"})
    assert kinds(Echo(), data, SessionOutcome.FAILURE) == ["assistant_prose_delta", "error"]


def test_calls_that_a_failed_turn_leaves_open_end_before_its_error() -> None:
    """Their ends are no words of the agent, so the turn stays a failed one."""
    call, closed = ["tool_call_started"], ["tool_call_completed"]
    once = lines({"call": "t"}, {"fail": "no", "end": 1})
    assert kinds(Echo(), once) == [*call, *closed, "error", "committed"]
    assert view_of(Echo().feed(once), ended=False).outcome == "failure"

    apart = lines({"call": "t"}, {"fail": "no"}, {"end": 1})
    assert kinds(Echo(), apart) == [*call, "error", *closed, "error", "committed"]
    assert view_of(Echo().feed(apart), ended=False).outcome == "failure"

    cut = lines({"call": "t"}, {"fail": "no"})
    told = kinds(Echo(), cut, SessionOutcome.FAILURE)
    assert told == [*call, "error", *closed, "error"]


def test_an_agent_that_printed_nothing_and_failed_has_an_error() -> None:
    """An empty session must not look like success."""
    assert kinds(Echo(), b"", SessionOutcome.FAILURE) == ["error"]
    assert kinds(Echo(), b"", SessionOutcome.SUCCESS) == []


def test_remarks_between_turns_wait_for_the_next() -> None:
    """They would seem to begin one; where none follows, they are told in one of their own."""
    data = lines({"note": "a"}, {"say": "x"}, {"end": 1}, {"note": "b"})
    assert kinds(Echo(), data) == ["runtime_diagnostic", "assistant_prose_delta", "committed"]
    assert kinds(Echo(), data, SessionOutcome.SUCCESS) == [
        "runtime_diagnostic",
        "assistant_prose_delta",
        "committed",
        "runtime_diagnostic",
        "committed",
    ]


def test_remarks_after_the_last_turn_are_told_when_nothing_comes() -> None:
    """A failed turn stays the last one: its outcome counts."""
    ended = lines({"say": "x"}, {"end": 1}, {"note": "b"})
    producer = Echo()
    producer.feed(ended)
    told = [each.payload.tag for each in producer.rest()]
    assert told == ["turn_activity", "committed"]
    assert producer.rest() == []
    producer = Echo()
    producer.feed(lines({"say": "x"}, {"fail": "why"}, {"end": 1}, {"note": "b"}))
    assert producer.rest() == []


def test_waiting_ends_with_the_input() -> None:
    """Nobody can answer any more."""
    view = view_of((p := Echo()).feed(lines({"wait": "you"})), ended=False)
    assert (view.state, view.waiting_for) == ("waiting", "you")
    view = view_of(
        (p := Echo()).feed(lines({"wait": "you"})) + p.finish(SessionOutcome.CUT_OFF), ended=False
    )
    assert view.state == "running"


def test_what_is_known_of_the_session_is_told_when_it_is_new() -> None:
    """Repeated records tell nothing."""
    data = lines({"open": "/a"}, {"open": "/a"}, {"open": "/b"})
    assert kinds(Echo(), data) == ["session_changed", "session_changed"]


def test_unknown_records_are_noted_once_each() -> None:
    """With what they hold, unless the format may hold what nobody should see."""
    data = lines({"say": "x"}, {"type": "n", "secret": 1}, {"type": "n"}, {"type": "m"})
    produced = wire_of(Echo().feed(data))[1:]
    assert [each["activity"]["data"]["type"] for each in produced] == ["n", "m"]
    assert "secret" in str(produced)
    assert "secret" not in str(wire_of(Endless().feed(data)))


def test_the_words_of_unknown_records_are_shown() -> None:
    """Each time, within a bound, after which they are counted; the first shows the record too."""
    asked = {
        "type": "ask",
        "id": "i",
        "payload": {"question": "Which?", "options": [{"label": "a"}]},
    }
    echo = Echo()
    produced = wire_of(echo.feed(lines({"say": "x"}, *[asked] * 30)))[1:]
    told = [each["activity"]["data"] for each in produced]
    assert len(told) == MAX_REPEATED
    assert {each["text"] for each in told} == {"ask: Which?\na"}
    assert ["record" in each for each in told] == [True] + [False] * (MAX_REPEATED - 1)
    echo.finish(SessionOutcome.SUCCESS)
    assert echo.take_warnings() == ["10 more records of unknown kinds not shown"]


def test_parts_of_records_whatever_they_hold() -> None:
    """A wrong type reads as nothing."""
    record = {"text": "a", "map": {"b": 1}, "list": [{"c": 1}, 2], "int": 5, "bool": True}
    assert (text_of(record, "text"), text_of(record, "map"), text_of(None, "x")) == ("a", "", "")
    assert (map_of(record, "map"), map_of(record, "text"), map_of([], "x")) == ({"b": 1}, {}, {})
    assert (maps_of(record, "list"), maps_of(record, "map")) == ([{"c": 1}], [])
    assert (int_of(record, "int"), int_of(record, "bool")) == (5, None)


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("1970-01-01T00:00:01.500Z", 1500),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:01", 1000),
        (1_700_000_000_000, 1_700_000_000_000),
        ("yesterday", None),
        ("0001-01-01T00:00:00Z", None),
        (-1, None),
        (2**60, None),
        (True, None),
        (None, None),
    ],
)
def test_times(value: object, milliseconds: int | None) -> None:
    """ISO times and numbers of milliseconds; all else is no time."""
    assert time_of(value) == milliseconds


class Careless(RecordProducer):
    """A format that hands on what a record holds."""

    def on_record(self, record: Record) -> None:
        """Whatever is there."""
        if "delta" in record:
            self.texts.delta("row", record["delta"])
        elif "id" in record:
            self.calls.start(record["id"], "tool")
        else:
            self.emit(AssistantProseDelta("x"), record["row"])


@pytest.mark.parametrize("record", [{"delta": 5}, {"delta": ["x"]}, {"id": 5}, {"row": 5}])
def test_values_of_a_damaged_record_reach_no_event(record: dict[str, object]) -> None:
    """An event with a number for an id would be refused, or break a fold."""
    producer = Careless()
    assert producer.feed(lines(record)) == []
    assert len(producer.take_warnings()) == 1
    assert producer.finish(SessionOutcome.SUCCESS) == []


def test_a_record_whose_numbers_are_too_large_is_one_warning() -> None:
    """Whatever a format computes of them."""

    class Counting(Echo):
        def on_record(self, record: Record) -> None:
            self.emit(RetryStatus(record["wait"], record["attempt"], 3, "busy"))

    for record in ({"wait": 1e300, "attempt": 1}, {"wait": 1, "attempt": 2**64}):
        producer = Counting()
        assert producer.feed(lines(record)) == []
        (warning,) = producer.take_warnings()
        assert "malformed" in warning


def test_a_whole_number_is_one_that_every_reader_has() -> None:
    """Times and counts of damaged records are computed with."""
    assert int_of({"n": 2**53 - 1}, "n") == 2**53 - 1
    assert int_of({"n": 2**53}, "n") is None
    assert int_of({"n": -(10**400)}, "n") is None
