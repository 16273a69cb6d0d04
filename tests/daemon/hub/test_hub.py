"""Connections as a whole: hello, requests, limits, garbage, stop, and one link's failure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.hub.hub import MESSAGES_A_STEP
from lashd.limits import DaemonLimits
from lashd.protocol.framing import HEADER, frame
from lashd.protocol.messages import ErrorCode, List
from tests.daemon.hub.hub_harness import Client, HubHarness, kinds, pack, prose, texts, unpack

CODES = {code.value for code in ErrorCode}


def test_the_daemon_greets_before_it_is_greeted() -> None:
    """A client knows at once whom it has reached."""
    client = HubHarness().connect(hello=False)
    (hello,) = client.receive()
    assert hello == {
        "type": "hello",
        "protocol": 1,
        "version": "test",
        "incarnation": 7,
        "pid": 0,
        "features": ["taken", "follow"],
    }


def test_a_silent_connection_is_closed() -> None:
    """10 s without a hello; one that said hello may stay silent."""
    harness = HubHarness()
    silent, polite = harness.connect(hello=False), harness.connect()
    harness.advance(9.9)
    assert not silent.connection.finished
    harness.advance(0.2)
    assert kinds(silent.receive()) == ["hello", "error"]
    assert silent.connection.finished
    assert polite.request(type="ping")["type"] == "pong"


def test_one_connection_too_many_gets_hello_and_an_error_and_is_closed() -> None:
    """Those that are connected are not disturbed, and a place that is free again is given."""
    harness = HubHarness(replace(DaemonLimits(), max_connections=2))
    first, second = harness.connect(), harness.connect()
    third = harness.connect(hello=False)
    records = third.receive()
    assert kinds(records) == ["hello", "error"]
    assert records[1]["code"] == "limit"
    assert third.connection.finished
    third.disconnect()
    second.disconnect()
    assert harness.connect().request(type="ping")["type"] == "pong"
    assert first.request(type="ping")["type"] == "pong"


def test_requests_are_answered_in_order() -> None:
    """One reply each, errors included, also when they are sent at once."""
    harness = HubHarness()
    harness.publisher().prose("a")
    client = harness.connect()
    for request in ("list", "ping", "status"):
        client.send(type=request)
    client.send(type="show", session_id="s")
    client.send(type="show", session_id="t")
    assert kinds(client.receive()) == ["sessions", "pong", "status", "observation", "error"]


def test_status_counts_what_there_is() -> None:
    """Readers that wait for a session count as viewers; the bounds in force are listed."""
    harness = HubHarness()
    harness.publisher().prose("a", "b")
    harness.viewer().receive()
    harness.viewer("later", wait=True)
    status = harness.connect().request(type="status")
    assert (status["sessions"], status["viewers"], status["publishers"]) == (1, 2, 1)
    assert (status["connections"], status["events"], status["incarnation"]) == (4, 3, 7)
    assert status["limits"]["store"]["max_age"] == 120.0


def test_a_reader_is_pulled_once_for_many_appends() -> None:
    """Fifty appends before the next pass of the loop are one write."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    viewer = harness.viewer()
    viewer.receive()
    harness.hub.take_dirty()
    for number in range(1, 51):
        publisher.send(type="append", first=number, events=[prose("x")])
    ((blob, connections),) = harness.hub.take_broadcasts()
    assert connections == [viewer.connection]
    assert blob.count(b"assistant_prose_delta") == 50
    assert harness.hub.take_dirty() == [publisher.connection]
    assert not harness.hub.dirty
    assert harness.hub.pull(viewer.connection, 256 * 1024) == []


def test_a_stop_says_goodbye_on_every_connection() -> None:
    """Publishers and idle clients get `stopping`; readers, waiting ones too, get `end`."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    viewer, waiter, idle = harness.viewer(), harness.viewer("later", wait=True), harness.connect()
    viewer.receive()
    client = harness.connect()
    assert client.request(type="stop")["type"] == "stopping"
    assert harness.hub.stop_requested
    harness.hub.stop()
    assert kinds(publisher.receive()) == kinds(idle.receive()) == ["stopping"]
    assert viewer.receive()[-1]["reason"] == waiter.receive()[-1]["reason"] == "stopped"
    for other in (publisher, viewer, waiter, idle, client):
        assert other.connection.finished


def test_a_publisher_that_leaves_at_the_stop_has_not_cut_off_its_session() -> None:
    """A reader still draining sees no `cut_off` that never happened."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    viewer = harness.viewer()
    viewer.receive_once(10)
    harness.hub.stop()
    publisher.disconnect()
    harness.clock.advance(60)
    harness.hub.tick()
    assert [record["type"] for record in viewer.receive()][-2:] == ["synced", "end"]


def test_what_fails_when_it_is_due_does_not_stop_the_clock(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One failing duty is logged, and the next tick comes."""
    harness = HubHarness()

    def fail() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(harness.hub._publish, "tick", fail)
    harness.clock.now = harness.hub.deadline
    harness.hub.tick()
    assert harness.hub.deadline > harness.clock.now
    assert "could not be done" in caplog.text


def test_nothing_that_a_stalled_reader_does_changes_what_others_see() -> None:
    """Invariant: isolation. One reader never takes anything; the ack and the other don't wait."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    harness.viewer()
    other = harness.viewer()
    other.receive()
    for number in range(100):
        assert publisher.prose(f"{number},")["last"] == number + 1
        assert texts(other.receive()) == [f"{number},"]


def test_an_exception_on_one_connection_costs_only_that_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In sending as in serving: it is logged and aborted; the others get everything."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    viewer, victim = harness.viewer(), harness.viewer()
    viewer.receive()

    def fail(max_bytes: int) -> bytes:
        raise RuntimeError("broken")

    monkeypatch.setattr(victim.connection.source, "next_chunk", fail)
    assert victim.receive() == []
    assert victim.connection.aborted
    broken = harness.connect()

    def explode(link: Any, request: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(harness.hub._handlers, List, explode)
    broken.send(type="list")
    assert broken.connection.aborted
    publisher.prose("b")
    assert texts(viewer.receive()) == ["b"]
    assert "could not be served" in caplog.text


def test_half_sent_messages_are_bounded_all_together() -> None:
    """Over the bound the one that holds the most is refused, whoever sends; all is given back."""
    harness = HubHarness(replace(DaemonLimits(), max_incoming=1_000_000))
    large, modest = harness.publisher(publisher_id="1"), harness.publisher(publisher_id="2")
    large.send_bytes(HEADER.pack(8_000_000) + b"x" * 600_000)
    modest.send_bytes(HEADER.pack(8_000_000) + b"x" * 300_000)
    assert not large.connection.protocol.closed
    modest.send_bytes(b"x" * 200_000)
    reply = large.receive()[-1]
    assert (reply["type"], reply["code"]) == ("error", "limit")
    assert large.connection.finished
    assert not modest.connection.protocol.closed
    large.disconnect()
    modest.disconnect()
    assert harness.hub._incoming_bytes == 0


def test_a_small_message_is_never_refused_for_what_others_hold() -> None:
    """Nor is one that comes in pieces."""
    harness = HubHarness(replace(DaemonLimits(), max_incoming=100_000))
    greedy, small = harness.publisher(publisher_id="1"), harness.connect()
    greedy.send_bytes(HEADER.pack(8_000_000) + b"x" * 99_990)
    data = frame(pack({"type": "list"}))
    for byte in data[:-1]:
        small.send_bytes(bytes([byte]))
    assert greedy.connection.protocol.closed
    small.send_bytes(data[-1:])
    assert small.receive()[-1]["type"] == "sessions"


def test_one_who_hangs_takes_no_memory_from_those_who_send() -> None:
    """The longest silent goes first; only as many as must."""
    harness = HubHarness(replace(DaemonLimits(), max_incoming=1_000_000))
    hung = [harness.publisher(publisher_id=str(number)) for number in range(3)]
    for publisher in hung:
        publisher.send_bytes(HEADER.pack(8_000_000) + b"x" * 300_000)
        harness.advance(1)
    busy = harness.publisher(publisher_id="busy")
    for _ in range(5):
        busy.send_bytes((HEADER.pack(8_000_000) if _ == 0 else b"") + b"x" * 100_000)
    assert [publisher.connection.protocol.closed for publisher in hung] == [True, True, False]
    assert hung[0].receive()[-1]["code"] == "limit"
    assert not busy.connection.finished
    for publisher in (*hung, busy):
        publisher.disconnect()
    assert harness.hub._incoming_bytes == 0


def test_one_who_is_over_the_bound_is_the_only_one_refused() -> None:
    """Others who send at that moment go on, before its connection is gone."""
    harness = HubHarness(replace(DaemonLimits(), max_incoming=1_000_000))
    greedy, modest = harness.publisher(publisher_id="1"), harness.publisher(publisher_id="2")
    modest.send_bytes(HEADER.pack(500_000) + b"x" * 100_000)
    greedy.send_bytes(HEADER.pack(8_000_000) + b"x" * 500_000)
    greedy.send_bytes(b"x" * 500_000)
    assert greedy.receive()[-1]["code"] == "limit"
    for _ in range(3):
        modest.send_bytes(b"x" * 100_000)
        assert not modest.connection.finished


def test_a_message_that_has_begun_is_waited_for_while_its_bytes_come() -> None:
    """30 s without one end the connection, whatever it is used for."""
    harness = HubHarness()
    slow, hung = harness.connect(), harness.connect()
    data = frame(pack({"type": "list"}))
    slow.send_bytes(data[:1])
    hung.send_bytes(data[:3])
    for byte in data[1:-1]:
        harness.advance(20)
        slow.send_bytes(bytes([byte]))
    error = hung.receive()[-1]
    assert (error["code"], error["again"]) == ("bad_request", True)
    assert hung.connection.finished
    slow.send_bytes(data[-1:])
    assert slow.receive()[-1]["type"] == "sessions"


def test_a_client_that_half_closes_gets_what_is_due() -> None:
    """`printf ... | nc` works; an end within a frame is an error, and no fault of the client's."""
    harness = HubHarness()
    client = harness.connect()
    client.send(type="list")
    harness.hub.receive_eof(client.connection)
    assert kinds(client.receive()) == ["sessions"]
    assert client.connection.finished
    cut = harness.connect()
    cut.send_bytes(b"\0\0\1")
    harness.hub.receive_eof(cut.connection)
    error = cut.receive()[0]
    assert (error["code"], error["again"]) == ("bad_request", True)


@pytest.mark.parametrize("hello", [True, False])
@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200), framed=st.booleans())
def test_whatever_bytes_come_only_documented_errors_go_out(
    hello: bool, data: bytes, framed: bool
) -> None:
    """Garbage costs its sender the connection, and nobody else anything."""
    harness = HubHarness()
    harness.publisher().prose("a")
    client = harness.connect(hello=hello)
    client.send_bytes(frame(data) if framed and data else data)
    for record in client.receive():
        assert record["type"] in ("hello", "error")
        if record["type"] == "error":
            assert record["code"] in CODES
            assert client.connection.finished
    assert not client.connection.aborted
    assert harness.connect().request(type="ping")["type"] == "pong"


wire_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5)
    | st.floats(allow_nan=False) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
TYPES = ["list", "status", "ping", "show", "cursor", "remove", "attach", "open", "restore"]
FIELDS = ["session_id", "cursor", "start", "last", "wait", "publisher_id", "first", "events"]


@settings(max_examples=200, deadline=None)
@given(
    messages=st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from([*TYPES, "append", "close", "hello"])},
            optional=dict.fromkeys([*FIELDS, "view", "force", "revision"], wire_values),
        ),
        max_size=4,
    )
)
def test_whatever_messages_come_the_hub_survives(messages: list[dict[str, Any]]) -> None:
    """Odd values get an error reply or are carried; never an exception, never another's harm."""
    harness = HubHarness()
    viewer = harness.viewer("s", wait=True)
    harness.publisher().prose("a")
    client = harness.connect()
    for message in messages:
        client.send(**message)
    client.receive()
    assert not client.connection.aborted
    assert viewer.receive()[0]["type"] == "attached" or viewer.connection.finished


@settings(max_examples=150, deadline=None)
@given(
    events=st.lists(
        st.dictionaries(st.sampled_from(["type", "activity", "text", "id", "kind", "at", "revision",
                                         "read_view", "batch_ids", "process_ids", "outcome"]),
                        wire_values | st.sampled_from(["committed", "turn_activity", "usage",
                                                       "queue_changed", "session_changed", "ended",
                                                       "opened", "tool_call_started"]),
                        max_size=5),
        max_size=5,
    )
)  # fmt: skip
def test_whatever_events_come_each_is_taken_or_refused(events: list[dict[str, Any]]) -> None:
    """The numbers go on whatever was in the events; readers decode all they get."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    viewer = harness.viewer()
    ack = publisher.publish(*events)
    assert ack["last"] == len(events)
    assert {item["number"] for item in ack["refused"]} <= set(range(1, len(events) + 1))
    assert publisher.prose("on")["last"] == len(events) + 1
    viewer.receive()
    shown = harness.connect().request(type="show", session_id="s")
    assert shown["type"] == "observation"


@settings(max_examples=60, deadline=None)
@given(view=wire_values, last=st.integers(-(2**63), 2**64 - 1))
def test_whatever_view_is_given_it_is_restored_or_refused(view: Any, last: int) -> None:
    """Odd views and numbers get a reply with a documented code; never an exception."""
    harness = HubHarness()
    publisher = harness.publisher()
    base = {"session_id": "s", "entries": [], "usage": {}}
    publisher.send(type="restore", view=view if isinstance(view, dict) else base, last=last)
    (reply,) = publisher.receive()
    assert reply["type"] == "restored" or reply["code"] in CODES
    assert not publisher.connection.aborted


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_messages_may_come_in_pieces_of_any_size(data: st.DataObject) -> None:
    """A stream of bytes has no message boundaries."""
    harness = HubHarness()
    client = Client(harness)
    stream = b"".join(
        frame(pack(message))
        for message in (
            {"type": "hello", "protocol": 1},
            {"type": "open", "session_id": "s", "publisher_id": "p"},
            {"type": "append", "first": 1, "events": [prose("a"), prose("b")]},
            {"type": "close"},
            {"type": "list"},
        )
    )
    while stream:
        size = data.draw(st.integers(1, 40))
        client.send_bytes(stream[:size])
        stream = stream[size:]
    records = client.receive()
    assert kinds(records) == ["hello", "opened", "ack", "closed", "sessions"]
    assert unpack(pack(records[2]))["last"] == 2


def test_nothing_is_held_for_connections_that_are_gone() -> None:
    """Whatever they were used for, and whatever they had begun to say or to take."""
    harness = HubHarness()
    publisher, pending = harness.publisher().create(), harness.publisher("t", "q")
    viewer, waiting = harness.viewer(), harness.viewer("u", wait=True)
    half, follower = harness.connect(), harness.follower()
    half.send_bytes(b"\0\0\1\0half")

    assert harness.hub.holdings() == {
        "connections": 6, "incoming bytes": 8, "snapshot bytes": 0, "publishers": 2, "viewers": 2,
        "followers": 1,
    }  # fmt: skip
    for client in (publisher, pending, viewer, waiting, half, follower):
        client.disconnect()
    assert not any(harness.hub.holdings().values())


def test_many_requests_in_one_go_are_served_a_few_at_a_time() -> None:
    """All are answered, in order, and others have their turns in between."""
    harness = HubHarness()
    client, other = harness.connect(), harness.connect()
    harness.hub.receive(client.connection, frame(pack({"type": "status"})) * 50)
    turns = 0
    while harness.hub.has_work:
        harness.hub.receive(other.connection, frame(pack({"type": "ping"})))
        assert kinds(other.receive()) == ["pong"]
        harness.hub.work()
        turns += 1
    assert turns >= 3
    assert kinds(client.receive()) == ["status"] * 50


def test_a_connection_is_read_from_again_once_its_turn_is_over() -> None:
    """Also if all replies were taken before that, and nothing is left to serve."""
    harness = HubHarness()
    client = harness.connect()
    harness.hub.receive(client.connection, frame(pack({"type": "ping"})) * MESSAGES_A_STEP)
    assert kinds(client.receive()) == ["pong"] * MESSAGES_A_STEP
    assert client.connection.congested
    harness.hub.take_dirty()
    harness.hub.work()
    assert not client.connection.congested
    assert client.connection in harness.hub.take_dirty()
