"""Connections as a whole: hello, requests, limits, garbage, stop, and one link's failure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.limits import DaemonLimits
from lashd.protocol.framing import HEADER, frame
from lashd.protocol.messages import ErrorCode, List
from tests.daemon.hub.hub_harness import House, Peer, kinds, pack, prose, texts, unpack

CODES = {code.value for code in ErrorCode}


def test_the_daemon_greets_before_it_is_greeted() -> None:
    peer = House().connect(hello=False)
    (hello,) = peer.take()
    assert hello == {"type": "hello", "protocol": 1, "version": "test", "incarnation": 7, "pid": 0}


def test_a_silent_connection_is_closed() -> None:
    house = House()
    silent, polite = house.connect(hello=False), house.connect()
    house.after(9.9)
    assert not silent.link.finished
    house.after(0.2)
    assert kinds(silent.take()) == ["hello", "error"]
    assert silent.link.finished
    assert polite.ask(type="ping")["type"] == "pong"


def test_one_connection_too_many_is_greeted_told_and_closed() -> None:
    house = House(replace(DaemonLimits(), max_connections=2))
    first, second = house.connect(), house.connect()
    third = house.connect(hello=False)
    records = third.take()
    assert kinds(records) == ["hello", "error"]
    assert records[1]["code"] == "limit"
    assert third.link.finished
    third.lose()
    second.lose()
    assert house.connect().ask(type="ping")["type"] == "pong"
    assert first.ask(type="ping")["type"] == "pong"


def test_requests_are_answered_in_order() -> None:
    house = House()
    house.publisher().say("a")
    peer = house.connect()
    for request in ("list", "ping", "status"):
        peer.send(type=request)
    peer.send(type="show", session_id="s")
    peer.send(type="show", session_id="t")
    assert kinds(peer.take()) == ["sessions", "pong", "status", "observation", "error"]


def test_status_counts_what_there_is() -> None:
    house = House()
    house.publisher().say("a", "b")
    house.viewer().take()
    house.viewer("later", wait=True)
    status = house.connect().ask(type="status")
    assert (status["sessions"], status["viewers"], status["publishers"]) == (1, 2, 1)
    assert (status["connections"], status["events"], status["incarnation"]) == (4, 3, 7)
    assert status["limits"]["store"]["max_age"] == 120.0


def test_a_batch_of_appends_is_one_piece_of_news_for_a_reader() -> None:
    house = House()
    publisher = house.publisher().born()
    viewer = house.viewer()
    viewer.take()
    house.hub.take_dirty()
    for number in range(1, 51):
        publisher.send(type="append", first=number, events=[prose("x")])
    assert house.hub.take_dirty() == [publisher.link, viewer.link]
    assert not house.hub.dirty
    assert len(house.hub.pull(viewer.link, 256 * 1024)) == 1


def test_a_stop_is_asked_for_and_everyone_is_told() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a")
    viewer, waiter, idle = house.viewer(), house.viewer("later", wait=True), house.connect()
    viewer.take()
    peer = house.connect()
    assert peer.ask(type="stop")["type"] == "stopping"
    assert house.hub.stop_requested
    house.hub.stop()
    assert kinds(publisher.take()) == kinds(idle.take()) == ["stopping"]
    assert viewer.take()[-1]["reason"] == waiter.take()[-1]["reason"] == "stopped"
    for other in (publisher, viewer, waiter, idle, peer):
        assert other.link.finished


def test_a_publisher_that_leaves_at_the_stop_has_not_cut_off_its_session() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a")
    viewer = house.viewer()
    viewer.take_once(10)
    house.hub.stop()
    publisher.lose()
    house.now += 60
    house.hub.tick()
    assert [record["type"] for record in viewer.take()][-2:] == ["synced", "end"]


def test_what_fails_when_it_is_due_does_not_stop_the_clock(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house = House()

    def fail() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(house.hub._publishing, "tick", fail)
    house.now = house.hub.deadline
    house.hub.tick()
    assert house.hub.deadline > house.now
    assert "could not be done" in caplog.text


def test_nothing_that_a_stalled_reader_does_changes_what_others_see() -> None:
    """Invariant: isolation. One reader never takes anything; the ack and the other don't wait."""
    house = House()
    publisher = house.publisher().born()
    house.viewer()
    other = house.viewer()
    other.take()
    for number in range(100):
        assert publisher.say(f"{number},")["last"] == number + 1
        assert texts(other.take()) == [f"{number},"]


def test_an_exception_in_one_link_costs_only_that_link(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a")
    viewer, victim = house.viewer(), house.viewer()
    viewer.take()

    def fail(max_bytes: int) -> bytes:
        raise RuntimeError("broken")

    monkeypatch.setattr(victim.link.source, "next_chunk", fail)
    assert victim.take() == []
    assert victim.link.aborted
    broken = house.connect()

    def explode(link: Any, request: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(house.hub._handlers, List, explode)
    broken.send(type="list")
    assert broken.link.aborted
    publisher.say("b")
    assert texts(viewer.take()) == ["b"]
    assert "could not be served" in caplog.text


def test_half_sent_messages_are_bounded_all_together() -> None:
    house = House(replace(DaemonLimits(), max_incoming=1_000_000))
    first, second = house.publisher(publisher_id="1"), house.publisher(publisher_id="2")
    first.send_bytes(HEADER.pack(8_000_000) + b"x" * 600_000)
    second.send_bytes(HEADER.pack(8_000_000) + b"x" * 300_000)
    assert not second.link.finished
    second.send_bytes(b"x" * 200_000)
    reply = second.take()[-1]
    assert (reply["type"], reply["code"]) == ("error", "limit")
    assert second.link.finished
    second.lose()
    first.lose()
    assert house.hub._incoming == 0


def test_a_client_that_half_closes_gets_what_is_due() -> None:
    house = House()
    peer = house.connect()
    peer.send(type="list")
    house.hub.receive_eof(peer.link)
    assert kinds(peer.take()) == ["sessions"]
    assert peer.link.finished
    cut = house.connect()
    cut.send_bytes(b"\0\0\1")
    house.hub.receive_eof(cut.link)
    assert cut.take()[0]["code"] == "bad_request"


@pytest.mark.parametrize("hello", [True, False])
@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200), framed=st.booleans())
def test_whatever_bytes_come_only_documented_errors_go_out(
    hello: bool, data: bytes, framed: bool
) -> None:
    house = House()
    house.publisher().say("a")
    peer = house.connect(hello=hello)
    peer.send_bytes(frame(data) if framed and data else data)
    for record in peer.take():
        assert record["type"] in ("hello", "error")
        if record["type"] == "error":
            assert record["code"] in CODES
            assert peer.link.finished
    assert not peer.link.aborted
    assert house.connect().ask(type="ping")["type"] == "pong"


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
def test_whatever_messages_come_the_hub_stands(messages: list[dict[str, Any]]) -> None:
    """Odd values get an error reply or are carried; never an exception, never another's harm."""
    house = House()
    viewer = house.viewer("s", wait=True)
    house.publisher().say("a")
    peer = house.connect()
    for message in messages:
        peer.send(**message)
    peer.take()
    assert not peer.link.aborted
    assert viewer.take()[0]["type"] == "attached" or viewer.link.finished


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
    house = House()
    publisher = house.publisher().born()
    viewer = house.viewer()
    ack = publisher.publish(*events)
    assert ack["last"] == len(events)
    assert {item["number"] for item in ack["refused"]} <= set(range(1, len(events) + 1))
    assert publisher.say("on")["last"] == len(events) + 1
    viewer.take()
    shown = house.connect().ask(type="show", session_id="s")
    assert shown["type"] == "observation"


@settings(max_examples=60, deadline=None)
@given(view=wire_values, last=st.integers(-(2**63), 2**64 - 1))
def test_whatever_view_is_given_the_hub_stands(view: Any, last: int) -> None:
    house = House()
    publisher = house.publisher()
    base = {"session_id": "s", "entries": [], "usage": {}}
    publisher.send(type="restore", view=view if isinstance(view, dict) else base, last=last)
    (reply,) = publisher.take()
    assert reply["type"] == "restored" or reply["code"] in CODES
    assert not publisher.link.aborted


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_messages_may_come_in_pieces_of_any_size(data: st.DataObject) -> None:
    house = House()
    peer = Peer(house)
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
        peer.send_bytes(stream[:size])
        stream = stream[size:]
    records = peer.take()
    assert kinds(records) == ["hello", "opened", "ack", "closed", "sessions"]
    assert unpack(pack(records[2]))["last"] == 2
