"""A publisher's events on their way in: each lands once or is refused, and nothing else happens."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.protocol.framing import frame
from lashd.session.fold import Fold
from lashd.session.store import InMemoryLiveReplayStore
from lashd.wire_limits import MAX_EVENT_VALUES
from tests.daemon.hub.hub_harness import (
    HubHarness,
    Publisher,
    Record,
    kinds,
    pack,
    prose,
    texts,
    view_text,
)


def replay(harness: HubHarness) -> list[Record]:
    """All retained events of the session."""
    viewer = harness.viewer(start="start")
    records = viewer.receive()
    viewer.disconnect()
    return records[1:-1]


def whole(text: str, key: str = "k") -> Record:
    """A delta with its ids, as our own publishers send it."""
    activity = {"id": text, "correlation_id": key, "type": "assistant_prose_delta", "text": text}
    return {"type": "turn_activity", "activity": activity, "at": 1}


def call(args: Any) -> Record:
    """A tool call with its ids."""
    return {
        "type": "turn_activity",
        "activity": {
            "id": "c",
            "correlation_id": "c",
            "type": "tool_call_started",
            "name": "x",
            "args": args,
        },
    }


def snapshot(harness: HubHarness) -> Record:
    """The session's view."""
    view: Record = harness.connect().request(type="show", session_id="s")["read_view"]
    return view


def deep(levels: int) -> Any:
    """Lists within each other."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def very_deep(levels: int) -> msgspec.Raw:
    """Lists within each other, encoded without going down into them."""
    return msgspec.Raw(b"\x91" * levels + b"\x01")


HOSTILE: dict[str, Any] = {
    "int key": call({5: 1}),
    "bytes key": call({b"k": 1}),
    "list key": call({(1, 2): 1}),
    "bytes": call(b"x"),
    "extension": call([msgspec.msgpack.Ext(5, b"x")]),
    "extension in an unknown field's place": {"type": "novel", "x": msgspec.msgpack.Ext(5, b"x")},
    "too deep": call(deep(65)),
    "far too deep": call(deep(900)),
    "deeper than any decoder goes": call(very_deep(30_000)),
    "no map": 3,
    "a list": [],
    "nil": None,
    "no type": {},
    "a field of a wrong type": {"type": "assistant_prose_delta", "text": 3},
    "a flood of values": call([{}] * (MAX_EVENT_VALUES + 1)),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("good", [prose, whole])
def test_a_hostile_event_is_refused_by_number_and_the_rest_lands(kind: str, good: Any) -> None:
    """With a reason; readers, the list and later events never notice."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    ack = publisher.publish(good("a"), HOSTILE[kind], good("b"))
    assert ack["type"] == "ack"
    assert ack["last"] == 3
    assert [refusal["number"] for refusal in ack["refused"]] == [2]
    assert ack["refused"][0]["reason"]
    assert publisher.publish(good("c"))["refused"] == []
    assert texts(replay(harness)) == ["a", "b", "c"]
    assert view_text({"read_view": snapshot(harness)}) == "abc"
    assert harness.sessions()["s"]["events"] == 4
    # Sent again, as after a lost acknowledgement, nothing comes twice.
    publisher.send(type="append", first=1, events=[good("a"), HOSTILE[kind], good("b")])
    assert publisher.receive()[-1]["last"] == 4
    assert texts(replay(harness)) == ["a", "b", "c"]


@pytest.mark.parametrize("bad", [b"\xc1", b"\xa2\xff\xff", b"\x81\xa4type\xa2\xff\xff"])
def test_bytes_that_are_no_msgpack_close_the_connection(bad: bytes) -> None:
    """Nobody knows where the next event would begin, unless they are within one text."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    body = b"\x83\xa4type\xa6append\xa5first\x01\xa6events\x91" + bad
    publisher.send_bytes(len(body).to_bytes(4) + body)
    (reply,) = publisher.receive()
    if bad == b"\xc1":
        assert reply["code"] == "bad_request"
    else:
        assert reply["refused"][0]["number"] == 1


def test_what_is_no_number_is_let_in_as_null() -> None:
    """A duration, a wait, a value."""
    harness = HubHarness()
    publisher = harness.publisher()
    done = {"type": "tool_call_completed", "name": "x", "output": [math.nan, 1.5]}
    ack = publisher.publish(
        {**done, "duration_ms": math.inf},
        {"type": "retry_status", "wait_seconds": math.nan, "attempt": 1, "reason": "r"},
        {"type": "usage", "usage": {"x": math.nan, "y": 2}},
    )
    assert ack["refused"] == []
    view = snapshot(harness)
    assert view["entries"][0]["output"] == [None, 1.5]
    assert view["entries"][1]["output"]["wait_seconds"] == 0
    assert view["usage"]["total"] == {"y": 2}


def test_an_unexpected_error_refuses_its_event_and_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection stays; what is sent again does not come twice."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    resolve = Fold.resolve

    def fail_on_boom(self: Fold, payload: Any, fresh: str) -> Any:
        if getattr(getattr(payload, "event", None), "text", "") == "boom":
            raise ZeroDivisionError
        return resolve(self, payload, fresh)

    monkeypatch.setattr(Fold, "resolve", fail_on_boom)
    ack = publisher.publish(prose("a"), prose("boom"), prose("b"))
    assert [refusal["number"] for refusal in ack["refused"]] == [2]
    assert "log" in ack["refused"][0]["reason"]
    assert ack["last"] == 3
    assert texts(replay(harness)) == ["a", "b"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_an_unexpected_error_of_a_run_costs_no_other_event(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each of the run is tried alone."""
    harness = HubHarness()
    publisher = harness.publisher().create()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(InMemoryLiveReplayStore, "append_turns", fail)
    ack = publisher.publish(whole("a"), whole("b"))
    assert (ack["last"], ack["refused"]) == (2, [])
    assert texts(replay(harness)) == ["a", "b"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_one_event_too_large_for_the_store_is_refused_alone() -> None:
    """The run around it lands."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    ack = publisher.publish(whole("a"), whole("x" * 1024 * 1024), whole("b"))
    assert [refusal["number"] for refusal in ack["refused"]] == [2]
    assert texts(replay(harness)) == ["a", "b"]


def test_appends_that_come_together_are_acknowledged_together() -> None:
    """Also where one of them holds something else, and where one is sent twice."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    for first, events in (
        (1, [whole("1"), whole("2")]),
        (2, [whole("2"), whole("3")]),
        (4, [prose("4")]),
        (5, [whole("5"), {"type": "novel"}, whole("7")]),
        (8, [whole("8", "other")]),
    ):
        publisher.send(type="append", first=first, events=events)
    (ack,) = publisher.receive()
    assert ack["last"] == 8
    assert texts(replay(harness)) == ["1", "2", "3", "4", "5", "7", "8"]


def test_a_hole_between_appends_that_come_together_stands_where_it_is() -> None:
    """It is shown after what came before it."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    publisher.send(type="append", first=1, events=[whole("1")])
    publisher.send(type="append", first=4, events=[whole("4")])
    publisher.receive()
    kinds = [record["activity"]["type"] for record in replay(harness)[1:]]
    assert kinds == ["assistant_prose_delta", "runtime_diagnostic", "assistant_prose_delta"]


def test_impossible_numbers_after_good_ones_lose_none_of_the_good() -> None:
    """What came before is acknowledged, then the error comes."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    body = [
        msgspec.msgpack.encode({"type": "append", "first": first, "events": [whole(str(first))]})
        for first in (1, 2, 0, 3)
    ]
    publisher.send_bytes(b"".join(len(each).to_bytes(4) + each for each in body))
    ack, error = publisher.receive()
    assert (ack["type"], ack["last"]) == ("ack", 2)
    assert error["code"] == "bad_request"
    assert texts(replay(harness)) == ["1", "2"]


def test_a_read_view_of_a_commit_replaces_only_its_own_publishers_rows() -> None:
    """Alone it replaces the rows; beside another it commits and replaces nothing."""
    view = {
        "session_id": "s",
        "entries": [{"kind": "prose", "id": "x", "position": 1, "text": "V"}],
    }
    commit = {"type": "committed", "read_view": view}
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("mine")
    publisher.publish(commit)
    assert view_text({"read_view": snapshot(harness)}) == "V"
    other = harness.publisher(publisher_id="other")
    other.prose("theirs")
    ack = publisher.publish(commit)
    assert ack["refused"] == []
    assert view_text({"read_view": snapshot(harness)}) == "Vtheirs"
    assert snapshot(harness)["turn_index"] == 2


def test_an_event_after_the_end_reopens_the_session_for_a_whole_run() -> None:
    """As one event does."""
    harness = HubHarness()
    publisher = harness.publisher(title="T")
    publisher.publish(whole("a"))
    publisher.end()
    publisher.publish(whole("b"), whole("c"))
    assert harness.sessions()["s"]["state"] == "running"
    assert texts(replay(harness)) == ["a", "b", "c"]


events = st.sampled_from(
    [
        whole("a"),
        whole("b", "other"),
        prose("bare"),
        call({"deep": [1, {"a": None}]}),
        call({5: 1}),
        {"type": "committed"},
        {"type": "novel", "x": 1},
        {"type": "session_changed", "kind": "ended"},
        {"type": "queue_changed", "kind": "enqueued", "batch_ids": ["q"]},
        {**whole("r"), "revision": 5},
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(events, max_size=12), st.lists(st.integers(1, 4), min_size=12, max_size=12))
def test_it_never_matters_how_events_are_packed(history: list[Record], sizes: list[int]) -> None:
    """One by one, or some in an append, some appends at once: the same history and view."""

    def publish(sizes: list[int], *, together: bool) -> tuple[list[Record], Record]:
        harness = HubHarness()
        publisher: Publisher = harness.publisher().create()
        first, data = 1, b""
        for size in sizes:
            chunk = history[first - 1 : first - 1 + size]
            if not chunk:
                break
            body = msgspec.msgpack.encode({"type": "append", "first": first, "events": chunk})
            data += len(body).to_bytes(4) + body
            first += len(chunk)
            if not together:
                publisher.send_bytes(data)
                data = b""
        publisher.send_bytes(data)
        publisher.receive()
        return replay(harness), snapshot(harness)

    alone = publish([1] * len(history), together=False)
    assert publish(sizes, together=False) == alone
    assert publish(sizes, together=True) == alone


# -- in steps ------------------------------------------------------------------------------------


def large_append(first: int, count: int) -> bytes:
    """A frame that is served in steps."""
    event = {"type": "tool_call_started", "name": "t", "args": [{}] * 200}
    events = [{**event, "call_id": str(number)} for number in range(count)]
    return frame(pack({"type": "append", "first": first, "events": events}))


def test_a_large_append_is_taken_in_steps_and_acknowledged_once() -> None:
    """Other publishers of the session come in between; each event lands once, and in order."""
    harness = HubHarness()
    publisher, other = harness.publisher().create(), harness.publisher(publisher_id="other")
    harness.hub.receive(publisher.connection, large_append(1, 1000))
    steps = 0
    while harness.hub.has_work:
        steps += 1
        harness.hub.work()
        harness.hub.receive(
            other.connection,
            frame(pack({"type": "append", "first": steps, "events": [prose(f"<{steps}>")]})),
        )
    assert steps > 2
    (ack,) = publisher.receive()
    assert (ack["last"], ack["refused"]) == (1000, [])
    view = harness.connect().request(type="show", session_id="s")["read_view"]
    entries = [entry["name"] if entry["kind"] == "tool" else "other" for entry in view["entries"]]
    assert entries.count("t") == 1000
    assert "other" in entries[1:-1]
    assert view_text({"read_view": view}) == "".join(f"<{step + 1}>" for step in range(steps))


def test_a_publisher_lost_in_the_midst_of_a_large_append_sends_only_the_rest_again() -> None:
    """What was taken in the steps before is known by its number."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    harness.hub.receive(publisher.connection, large_append(1, 1000))
    harness.hub.work()
    publisher.disconnect()
    again = harness.publisher()
    assert 0 < again.opened["last"] < 1000
    again.send_bytes(large_append(1, 1000))
    assert again.receive()[-1]["last"] == 1000
    view = harness.connect().request(type="show", session_id="s")["read_view"]
    assert len(view["entries"]) == 1000


def test_a_session_removed_in_the_midst_of_a_large_append_stays_removed() -> None:
    """Its publisher is told, and nothing of the rest is taken."""
    harness = HubHarness()
    publisher, other = harness.publisher().create(), harness.connect()
    harness.hub.receive(publisher.connection, large_append(1, 1000))
    harness.hub.work()
    remove = {"type": "remove", "session_id": "s", "force": True}
    harness.hub.receive(other.connection, frame(pack(remove)))
    assert kinds(other.receive()) == ["removed"]
    while harness.hub.has_work:
        harness.hub.work()
    assert [record.get("code") for record in publisher.receive()] == ["forgotten"]
    assert harness.sessions() == {}


def test_many_large_messages_at_once_have_their_steps_in_turn() -> None:
    """One step at a time, whatever waits: somebody else waits for one, not for all."""
    harness = HubHarness()
    publishers = [harness.publisher(f"s{index}").create() for index in range(5)]
    for publisher in publishers:
        harness.hub.receive(publisher.connection, large_append(1, 1000))
    for _ in publishers:
        assert all(publisher.connection.congested for publisher in publishers)
        harness.hub.work()
    tails = {session.tail for session in harness.hub.sessions.by_id.values()}
    assert len(tails) == 1
    assert 1 < tails.pop() < 1000
