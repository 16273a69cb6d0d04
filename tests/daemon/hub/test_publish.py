"""Each event lands once; how sessions are created, restored, ended, cut off and reopened."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.hub.publishers import MAX_PUBLISHERS
from lashd.protocol.framing import frame
from lashd.protocol.server import State
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


def replay(harness: HubHarness, session_id: str = "s") -> list[Record]:
    """All retained events of a session."""
    viewer = harness.viewer(session_id, start="start")
    records = viewer.receive()
    viewer.disconnect()
    return records[1:-1]


def state(harness: HubHarness, session_id: str = "s") -> tuple[str, str | None]:
    """State and outcome of a session."""
    item = harness.sessions()[session_id]
    return item["state"], item["outcome"]


# -- creating a session ---------------------------------------------------------------------------


def test_the_first_append_creates_the_session_even_an_empty_one() -> None:
    """`open` alone creates nothing; what it said of the session is in its first event."""
    harness = HubHarness()
    publisher = harness.publisher(title="T", agent="A", directory="/d", revision=5)
    assert publisher.opened["known"] is False
    assert publisher.opened["sole"] is True
    assert publisher.opened["last"] == 0
    assert harness.sessions() == {}
    publisher.create()
    (opened,) = replay(harness)
    assert (opened["type"], opened["kind"], opened["title"]) == ("session_changed", "opened", "T")
    item = harness.sessions()["s"]
    assert (item["title"], item["agent"], item["directory"]) == ("T", "A", "/d")
    assert item["revision"] == 5


@pytest.mark.parametrize("message", ["ping", "close"])
def test_any_other_message_creates_it_too(message: str) -> None:
    """Only a `restore` could have given it a past."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.request(type=message)
    assert kinds(replay(harness)) == ["session_changed"]


def test_a_second_of_silence_creates_it() -> None:
    """A publisher with nothing to say yet is in the list."""
    harness = HubHarness()
    harness.publisher()
    harness.advance(0.9)
    assert harness.sessions() == {}
    harness.advance(0.2)
    assert state(harness) == ("idle", None)


def test_a_publisher_lost_before_the_session_is_created_leaves_nothing() -> None:
    """No session, and nothing that expires."""
    harness = HubHarness()
    harness.publisher().disconnect()
    harness.advance(60)
    assert harness.sessions() == {}


def test_a_second_publisher_continues_the_session() -> None:
    """It learns that it is not alone; events of both are in one stream."""
    harness = HubHarness()
    first = harness.publisher(publisher_id="1")
    first.prose("a")
    second = harness.publisher(publisher_id="2")
    assert second.opened["known"] is True
    assert second.opened["sole"] is False
    second.prose("b")
    first.prose("c")
    assert texts(replay(harness)) == ["a", "b", "c"]


def test_exclusive_is_refused_while_another_publisher_is_connected() -> None:
    """Also while that one has only opened; not after it has closed."""
    harness = HubHarness()
    first = harness.publisher(publisher_id="1")
    second = harness.publisher(publisher_id="2", exclusive=True)
    assert second.opened["code"] == "session_busy"
    first.prose("a")
    assert second.open(exclusive=True)["code"] == "session_busy"
    first.request(type="close")
    assert second.open(exclusive=True)["type"] == "opened"


def test_an_exclusive_publisher_may_return_though_others_came() -> None:
    """A reconnect is no first visit."""
    harness = HubHarness()
    first = harness.publisher(publisher_id="1", exclusive=True)
    first.prose("a")
    harness.publisher(publisher_id="2")
    first.disconnect()
    again = harness.publisher(publisher_id="1", exclusive=True)
    assert (again.opened["type"], again.opened["last"]) == ("opened", 1)


@pytest.mark.parametrize(
    "bad",
    [
        {"session_id": ""},
        {"session_id": "x" * 257},
        {"session_id": "a\x1b[2J"},
        {"publisher_id": ""},
        {"publisher_id": "x" * 65},
        {"revision": -1},
    ],
)
def test_an_impossible_open_is_a_bad_request(bad: dict[str, Any]) -> None:
    """Names and numbers out of bounds close the connection and create nothing."""
    harness = HubHarness()
    client = harness.connect()
    reply = client.request(**({"type": "open", "session_id": "s", "publisher_id": "p"} | bad))
    assert reply["code"] == "bad_request"
    assert client.connection.finished
    harness.advance(5)
    assert harness.sessions() == {}


# -- numbers --------------------------------------------------------------------------------------


def test_events_that_came_already_are_skipped_and_acknowledged() -> None:
    """Sending again what is not known to have arrived is safe."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a", "b", "c")
    ack = publisher.request(type="append", first=2, events=[prose("b"), prose("c"), prose("d")])
    assert ack["last"] == 4
    assert publisher.request(type="append", first=1, events=[prose("a")])["last"] == 4
    assert texts(replay(harness)) == ["a", "b", "c", "d"]


def test_a_publisher_that_returns_learns_what_has_arrived() -> None:
    """`opened.last` says from where to send again."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a", "b")
    publisher.disconnect()
    again = harness.publisher()
    assert (again.opened["known"], again.opened["last"]) == (True, 2)
    again.request(type="append", first=2, events=[prose("b"), prose("c")])
    assert texts(replay(harness)) == ["a", "b", "c"]


def test_a_publisher_that_returns_early_takes_over_from_its_old_connection() -> None:
    """The old one may look alive for long: it is aborted, and nothing expires."""
    harness = HubHarness()
    old = harness.publisher()
    old.prose("a")
    again = harness.publisher()
    assert again.opened["last"] == 1
    assert old.connection.aborted
    old.disconnect()
    harness.advance(60)
    assert state(harness) == ("running", None)


def test_a_hole_in_the_numbers_is_shown() -> None:
    """Readers see how many events never came, and that the view is incomplete."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    assert publisher.request(type="append", first=5, events=[prose("e")])["last"] == 5
    mark = replay(harness)[2]["activity"]
    assert (mark["type"], mark["kind"]) == ("runtime_diagnostic", "events_dropped")
    assert mark["data"]["count"] == 3
    assert harness.viewer().receive()[1]["read_view"]["complete"] is False


def test_an_invalid_event_is_refused_and_the_session_continues() -> None:
    """By number; its neighbours in the same append are taken."""
    harness = HubHarness()
    publisher = harness.publisher()
    events: list[Record] = [prose("a"), {"no": "type"}, {"type": "committed", "read_view": 3}]
    ack = publisher.publish(*events, {"type": "user_message", "text": 1}, prose("b"))
    assert ack["last"] == 5
    assert [item["number"] for item in ack["refused"]] == [2, 3, 4]
    assert texts(replay(harness)) == ["a", "b"]
    assert publisher.prose("c")["refused"] == []


def test_one_event_over_its_limit_is_refused() -> None:
    """Its neighbours are taken."""
    harness = HubHarness()
    publisher = harness.publisher()
    ack = publisher.prose("a", "x" * (1024 * 1024), "b")
    assert [item["number"] for item in ack["refused"]] == [2]
    assert texts(replay(harness)) == ["a", "b"]


def test_acknowledgements_are_cumulative() -> None:
    """A hundred appends whose acks were not taken get one."""
    harness = HubHarness()
    publisher = harness.publisher()
    for number in range(1, 101):
        publisher.send(type="append", first=number, events=[prose("x")])
    acks = publisher.receive()
    assert kinds(acks) == ["ack"]
    assert acks[0]["last"] == 100
    assert acks[0]["cursor"] == harness.sessions()["s"]["cursor"]


@pytest.mark.parametrize("first", [0, -1, 2**63 - 1, 2**64 - 1])
def test_impossible_numbers_close_the_connection(first: int) -> None:
    """Below 1 or over 64 bits; the largest that msgpack can sign is fine."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    reply = publisher.request(type="append", first=first, events=[prose("x")])
    if first == 2**63 - 1:
        assert reply["type"] == "ack"
    else:
        assert reply["code"] == "bad_request"
        assert publisher.connection.finished


def test_a_batch_over_its_limit_is_refused() -> None:
    """1024 events in one append, and no more."""
    harness = HubHarness()
    publisher = harness.publisher()
    assert publisher.prose(*["x"] * 1024)["last"] == 1024
    reply = publisher.request(type="append", first=1025, events=[prose("x")] * 1025)
    assert reply["code"] == "bad_request"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["publish", "resend", "lose", "crash_before_ack"]),
                  st.integers(1, 5)),
        max_size=30,
    )
)  # fmt: skip
def test_each_event_is_in_the_session_once_over_any_reconnects(
    steps: list[tuple[str, int]],
) -> None:
    """However often it is cut and sends again, the session holds 1, 2, 3, ... once each."""
    harness = HubHarness()
    publisher, kept, total = harness.publisher(), 0, 0
    for step, count in steps:
        if step in ("publish", "crash_before_ack"):
            events = [prose(f"{total + index + 1},") for index in range(count)]
            publisher.send(type="append", first=total + 1, events=events)
            total += count
        if step == "publish":
            kept = publisher.receive()[-1]["last"]
        elif step == "resend" and total > kept:
            events = [prose(f"{number},") for number in range(kept + 1, total + 1)]
            publisher.send(type="append", first=kept + 1, events=events)
        elif step in ("lose", "crash_before_ack"):
            publisher.disconnect()
            harness.advance(count)
            publisher = harness.publisher()
            last = publisher.opened["last"]
            assert kept <= last <= total
            kept = last
    expected = [f"{number}," for number in range(1, total + 1)]
    publisher.request(type="ping")
    assert texts(replay(harness)) == expected


# -- restore --------------------------------------------------------------------------------------


def past(harness: HubHarness, text: str = "past", *, end: bool = False) -> dict[str, Any]:
    """A view as a publisher would hold it."""
    source = harness.publisher("source")
    source.prose(text)
    if end:
        source.end()
    view: dict[str, Any] = harness.connect().request(type="show", session_id="source")["read_view"]
    harness.connect().request(type="remove", session_id="source", force=True)
    return view


def half(message: Record) -> tuple[bytes, bytes]:
    """A message in two halves."""
    data = frame(pack(message))
    return data[: len(data) // 2], data[len(data) // 2 :]


@pytest.mark.parametrize("pause", [0.5, 1.5, 25.0])
def test_a_restore_that_comes_slowly_is_waited_for(pause: float) -> None:
    """As long as its bytes come; other publishers of the session don't create it meanwhile."""
    harness = HubHarness()
    view = past(harness)
    publisher, silent = harness.publisher(), harness.publisher(publisher_id="other")
    first, second = half({"type": "restore", "view": view, "last": 7})
    harness.advance(0.9)
    publisher.send_bytes(first)
    harness.advance(pause)
    assert harness.sessions() == {}
    publisher.send_bytes(second[:10])
    harness.advance(pause)
    publisher.send_bytes(second[10:])
    (restored,) = publisher.receive()
    assert (restored["type"], restored["taken"]) == ("restored", True)
    assert view_text(harness.connect().request(type="show", session_id="s")) == "past"
    assert silent.prose("x")["last"] == 1


def test_a_restore_whose_bytes_stop_coming_is_given_up() -> None:
    """After 30 s; the session is created for the other publisher then."""
    harness = HubHarness()
    view = past(harness)
    publisher, other = harness.publisher(), harness.publisher(publisher_id="other")
    publisher.send_bytes(half({"type": "restore", "view": view, "last": 7})[0])
    harness.advance(29)
    assert harness.sessions() == {}
    harness.advance(2)
    (error,) = publisher.receive()
    assert error["code"] == "bad_request"
    assert "30 s" in error["message"]
    assert publisher.connection.finished
    harness.advance(2)
    assert harness.sessions()["s"]["publishers"] == 1
    assert other.prose("x")["last"] == 1


def test_a_restore_in_the_socket_of_a_daemon_that_was_held_up_is_taken() -> None:
    """The time to wait is over at once then; what is there is read before it counts."""
    harness = HubHarness()
    view = past(harness)
    publisher = harness.publisher()
    harness.clock.now += 5
    harness.hub.tick()
    reply = publisher.request(type="restore", view=view, last=7)
    assert reply["taken"] is True
    assert view_text(harness.connect().request(type="show", session_id="s")) == "past"


def test_a_large_restore_is_served_in_steps_and_others_in_between() -> None:
    """Its sender is not read from meanwhile; what it sent after it is served after it."""
    harness = HubHarness()
    view = past(harness)
    view["entries"] = [
        {"kind": "tool", "id": f"t{index}", "position": 1, "output": [{}] * 1000}
        for index in range(200)
    ]
    publisher = harness.publisher()
    data = frame(pack({"type": "restore", "view": view, "last": 7}))
    data += frame(pack({"type": "append", "first": 8, "events": [prose("8")]}))
    harness.hub.receive(publisher.connection, data)
    steps = 0
    while harness.hub.has_work:
        assert publisher.connection.congested
        other = harness.hub.connect()
        harness.hub.receive(other, frame(pack({"type": "hello", "protocol": 1})))
        assert other.protocol.state is State.READY
        harness.hub.disconnect(other)
        assert harness.hub.sessions.by_id.get("s") is None
        harness.hub.work()
        steps += 1
    assert steps > 5
    assert kinds(publisher.receive()) == ["restored", "ack"]
    assert harness.sessions()["s"]["last_line"] == "8"
    assert harness.hub._incoming_bytes == 0


def test_a_publisher_that_is_silent_after_a_large_restore_is_not_given_up() -> None:
    """What came behind the restore was served: no message of it is waited for."""
    harness = HubHarness()
    view = past(harness)
    view["plan"] = [{"text": "x"}] * 100_000
    publisher = harness.publisher()
    data = frame(pack({"type": "restore", "view": view, "last": 7}))
    publisher.send_bytes(data + frame(pack({"type": "append", "first": 8, "events": []})))
    assert kinds(publisher.receive()) == ["restored", "ack"]
    harness.advance(120)
    assert publisher.request(type="ping")["type"] == "pong"


def test_the_time_that_a_large_restore_takes_us_is_not_its_senders() -> None:
    """It is not read from meanwhile, and has 30 s from then on for what it had begun to send."""
    harness = HubHarness()
    view = past(harness)
    view["plan"] = [{"text": "x"}] * 100_000
    publisher = harness.publisher()
    first, second = half({"type": "append", "first": 8, "events": [prose("8")]})
    restore = frame(pack({"type": "restore", "view": view, "last": 7}))
    harness.hub.receive(publisher.connection, restore + first)
    harness.advance(40)
    while harness.hub.has_work:
        harness.hub.work()
    harness.advance(20)
    publisher.send_bytes(second)
    assert kinds(publisher.receive()) == ["restored", "ack"]


def test_a_restore_that_is_cut_off_while_it_is_served_leaves_nothing() -> None:
    """Neither a session nor counted bytes."""
    harness = HubHarness()
    view = past(harness)
    view["plan"] = [{"text": "x"}] * 100_000
    publisher = harness.publisher()
    harness.hub.receive(
        publisher.connection, frame(pack({"type": "restore", "view": view, "last": 7}))
    )
    assert harness.hub.has_work
    publisher.disconnect()
    assert not harness.hub.has_work
    assert harness.hub._incoming_bytes == 0
    harness.advance(20)
    assert harness.sessions() == {}


def test_a_view_that_is_not_taken_is_said_not_to_be() -> None:
    """Another publisher created the session first."""
    harness = HubHarness()
    view = past(harness)
    publisher = harness.publisher()
    harness.publisher(publisher_id="other").prose("theirs")
    reply = publisher.request(type="restore", view=view, last=7)
    assert (reply["type"], reply["taken"]) == ("restored", False)


def test_a_restore_creates_the_session_with_its_whole_past() -> None:
    """Events that the view holds already are skipped when they are sent again."""
    harness = HubHarness()
    view = past(harness)
    publisher = harness.publisher()
    restored = publisher.request(type="restore", view=view, last=41)
    assert restored["type"] == "restored"
    observation = harness.viewer().receive()[1]
    assert view_text(observation) == "past"
    assert observation["cursor"] == restored["cursor"]
    assert observation["read_view"]["session_id"] == "s"
    publisher.request(type="append", first=41, events=[prose("old"), prose("new")])
    assert texts(replay(harness)) == ["new"]


def test_the_second_of_two_restores_leaves_the_session_as_it_is() -> None:
    """Its own view is not taken, and the session says how many events that leaves out."""
    harness = HubHarness()
    view, other = past(harness), past(harness, "other")
    first, second = harness.publisher(publisher_id="1"), harness.publisher(publisher_id="2")
    assert first.opened["known"] is second.opened["known"] is False
    first.request(type="restore", view=view, last=10)
    assert second.request(type="restore", view=other, last=20)["type"] == "restored"
    assert view_text(harness.viewer().receive()[1]) == "past"
    second.request(type="append", first=20, events=[prose("twice"), prose("b")])
    first.request(type="append", first=11, events=[prose("a")])
    records = replay(harness)
    assert texts([record for record in records if "text" in record.get("activity", {})]) == [
        "b",
        "a",
    ]
    holes = [
        record["activity"]["data"] for record in records if "data" in record.get("activity", {})
    ]
    assert holes == [{"count": 20, "lost": True}], (
        "its past is not in the view: the session says so"
    )


@pytest.mark.parametrize("view", [{}, {"session_id": 3}, {"session_id": "s", "revision": -1}])
def test_an_invalid_view_is_refused_and_the_connection_stays_usable(view: dict[str, Any]) -> None:
    """The publisher can start without its past."""
    harness = HubHarness()
    publisher = harness.publisher()
    assert publisher.request(type="restore", view=view, last=1)["code"] == "invalid_view"
    publisher.create()
    assert kinds(replay(harness)) == ["session_changed"]


def test_a_view_after_an_overflow_is_not_taken_where_others_published() -> None:
    """It could not stand for what the others said."""
    harness = HubHarness()
    view = past(harness)
    harness.publisher(publisher_id="1").prose("a")
    second = harness.publisher(publisher_id="2")
    second.request(type="append", first=7, events=[prose("b")], view=view)
    assert texts(replay(harness)) == ["a", "b"]


# -- ends -----------------------------------------------------------------------------------------


def test_an_end_is_an_event_and_publishing_again_reopens() -> None:
    """Opening an ended session changes nothing until something is published."""
    harness = HubHarness()
    publisher = harness.publisher(title="T")
    publisher.prose("a")
    publisher.end("failure")
    assert publisher.request(type="close")["type"] == "closed"
    assert state(harness) == ("ended", "failure")
    again = harness.publisher(publisher_id="2")
    assert state(harness) == ("ended", "failure")
    again.prose("b")
    assert state(harness)[0] == "running"
    assert kinds(replay(harness))[-3:] == ["session_changed", "session_changed", "turn_activity"]


def test_the_last_of_several_publishers_ends_the_session() -> None:
    """An earlier end is acknowledged and left out."""
    harness = HubHarness()
    first, second = harness.publisher(publisher_id="1"), harness.publisher(publisher_id="2")
    first.prose("a")
    second.prose("b")
    assert first.end()["last"] == 2
    first.request(type="close")
    assert state(harness)[0] == "running"
    second.end("cancelled")
    assert state(harness) == ("ended", "cancelled")


def test_a_lost_publisher_has_ten_seconds_to_return() -> None:
    """In its grace nothing is seen of the loss; after it the session ends `cut_off`."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    publisher.disconnect()
    harness.advance(9.9)
    assert state(harness)[0] == "running"
    publisher = harness.publisher()
    harness.advance(60)
    assert state(harness)[0] == "running"
    publisher.disconnect()
    harness.advance(10.1)
    assert state(harness) == ("ended", "cut_off")


def test_the_return_of_the_lost_publisher_reopens_at_once() -> None:
    """A stranger that opens the session does not."""
    harness = HubHarness()
    harness.publisher().prose("a")
    connection = next(iter(harness.hub.connections))
    harness.hub.disconnect(connection)
    harness.advance(11)
    assert state(harness) == ("ended", "cut_off")
    harness.publisher(publisher_id="stranger")
    assert state(harness)[0] == "ended"
    harness.publisher()
    assert state(harness)[0] != "ended"


def test_a_goodbye_without_an_end_leaves_the_session_open() -> None:
    """`close` is no loss: nothing expires."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    publisher.request(type="close")
    publisher.disconnect()
    harness.advance(60)
    assert state(harness)[0] == "running"


def test_with_several_lost_publishers_the_last_grace_counts() -> None:
    """The session is cut off when no one may return any more."""
    harness = HubHarness()
    first, second = harness.publisher(publisher_id="1"), harness.publisher(publisher_id="2")
    first.create()
    first.disconnect()
    harness.advance(8)
    second.disconnect()
    harness.advance(8)
    assert state(harness)[0] == "idle"
    harness.advance(3)
    assert state(harness) == ("ended", "cut_off")


def test_an_ended_session_is_not_cut_off_when_its_publisher_vanishes() -> None:
    """Its outcome stays what the publisher said."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.end()
    publisher.disconnect()
    harness.advance(60)
    assert state(harness) == ("ended", "success")


def test_a_publisher_gets_an_error_when_its_session_is_removed_by_force() -> None:
    """Without `force` a live session is not removed."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    client = harness.connect()
    assert client.request(type="remove", session_id="s")["code"] == "session_busy"
    assert client.request(type="remove", session_id="s", force=True)["type"] == "removed"
    (notice,) = publisher.receive()
    assert (notice["type"], notice["code"]) == ("error", "forgotten")
    assert publisher.connection.finished
    publisher.disconnect()
    harness.advance(60)
    assert harness.sessions() == {}


def test_after_close_the_connection_serves_requests_again() -> None:
    """The ack that was due comes before `closed`."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.prose("a")
    publisher.send(type="append", first=2, events=[prose("b")])
    publisher.send(type="close")
    assert kinds(publisher.receive()) == ["ack", "closed"]
    assert publisher.request(type="list")["sessions"][0]["publishers"] == 0


def test_many_publishers_are_remembered_but_not_without_bound() -> None:
    """The connected one keeps its number whatever others come and go."""
    harness = HubHarness()
    alive = harness.publisher(publisher_id="alive")
    alive.prose("a")
    for number in range(MAX_PUBLISHERS):
        publisher = Publisher(harness, "s", f"p{number}")
        publisher.open()
        publisher.prose("x")
        publisher.request(type="close")
        publisher.disconnect()
    session = harness.hub.sessions.by_id["s"]
    assert len(session.publishers) == MAX_PUBLISHERS
    assert session.publishers.last_number("alive") == 1
    # The oldest is forgotten, and so nobody new can be told from it.
    assert harness.publisher(publisher_id="p0").opened["last"] is None
    assert harness.publisher(publisher_id="new").opened["last"] is None
    assert harness.publisher(publisher_id=f"p{MAX_PUBLISHERS - 1}").opened["last"] == 1
    assert harness.publisher(publisher_id="alive").opened["last"] == 1


def test_one_that_was_forgotten_goes_on_where_it_says() -> None:
    """Nothing comes twice, and what it lost it reports itself."""
    harness = HubHarness()
    lost = harness.publisher(publisher_id="lost")
    lost.prose("1", "2")
    lost.request(type="close")
    for number in range(MAX_PUBLISHERS):
        publisher = harness.publisher(publisher_id=f"p{number}")
        publisher.request(type="close")
        publisher.disconnect()
    harness.advance(11)
    for number in range(1100):
        publisher = harness.publisher(publisher_id=f"q{number}")
        publisher.request(type="close")
        publisher.disconnect()
    lost = harness.publisher(publisher_id="lost")
    assert lost.opened["last"] is None
    ack = lost.request(type="append", first=8, events=[prose("8")])
    assert (ack["last"], ack["refused"]) == (8, [])
    ack = lost.request(type="append", first=8, events=[prose("8"), prose("9")])
    assert ack["last"] == 9
    assert texts(replay(harness)) == ["1", "2", "8", "9"]
    assert harness.publisher(publisher_id="lost").opened["last"] == 9
