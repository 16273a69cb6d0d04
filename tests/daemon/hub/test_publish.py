"""Each event lands once; births, restores, ends, losses and what readers see of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.daemon.hub.hub_harness import House, Publisher, Record, kinds, prose, texts, view_text


def replay(house: House, session_id: str = "s") -> list[Record]:
    """All retained events of a session."""
    viewer = house.viewer(session_id, start="start")
    records = viewer.take()
    viewer.lose()
    return records[1:-1]


def state(house: House, session_id: str = "s") -> tuple[str, str | None]:
    """State and outcome of a session."""
    item = house.sessions()[session_id]
    return item["state"], item["outcome"]


# -- birth ----------------------------------------------------------------------------------------


def test_a_session_is_born_by_the_first_append_even_an_empty_one() -> None:
    house = House()
    publisher = house.publisher(title="T", agent="A", directory="/d", revision=5)
    assert publisher.opened["known"] is False
    assert publisher.opened["sole"] is True
    assert publisher.opened["last"] == 0
    assert house.sessions() == {}
    publisher.born()
    (opened,) = replay(house)
    assert (opened["type"], opened["kind"], opened["title"]) == ("session_changed", "opened", "T")
    item = house.sessions()["s"]
    assert (item["title"], item["agent"], item["directory"]) == ("T", "A", "/d")
    assert item["revision"] == 5


@pytest.mark.parametrize("message", ["ping", "close"])
def test_any_other_message_bears_it_too(message: str) -> None:
    house = House()
    publisher = house.publisher()
    publisher.ask(type=message)
    assert kinds(replay(house)) == ["session_changed"]


def test_a_second_of_silence_bears_it() -> None:
    house = House()
    house.publisher()
    house.after(0.9)
    assert house.sessions() == {}
    house.after(0.2)
    assert state(house) == ("idle", None)


def test_a_publisher_lost_before_the_birth_leaves_nothing() -> None:
    house = House()
    house.publisher().lose()
    house.after(60)
    assert house.sessions() == {}


def test_a_second_publisher_goes_on_with_what_is_there() -> None:
    house = House()
    first = house.publisher(publisher_id="1")
    first.say("a")
    second = house.publisher(publisher_id="2")
    assert second.opened["known"] is True
    assert second.opened["sole"] is False
    second.say("b")
    first.say("c")
    assert texts(replay(house)) == ["a", "b", "c"]


def test_exclusive_is_refused_while_another_publisher_lives() -> None:
    house = House()
    first = house.publisher(publisher_id="1")
    second = house.publisher(publisher_id="2", exclusive=True)
    assert second.opened["code"] == "session_busy"
    first.say("a")
    assert second.open(exclusive=True)["code"] == "session_busy"
    first.ask(type="close")
    assert second.open(exclusive=True)["type"] == "opened"


def test_an_exclusive_publisher_may_come_back_to_company() -> None:
    house = House()
    first = house.publisher(publisher_id="1", exclusive=True)
    first.say("a")
    house.publisher(publisher_id="2")
    first.lose()
    again = house.publisher(publisher_id="1", exclusive=True)
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
    house = House()
    peer = house.connect()
    reply = peer.ask(**({"type": "open", "session_id": "s", "publisher_id": "p"} | bad))
    assert reply["code"] == "bad_request"
    assert peer.link.finished
    house.after(5)
    assert house.sessions() == {}


# -- numbers --------------------------------------------------------------------------------------


def test_events_that_came_already_are_skipped_and_acknowledged() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a", "b", "c")
    ack = publisher.ask(type="append", first=2, events=[prose("b"), prose("c"), prose("d")])
    assert ack["last"] == 4
    assert publisher.ask(type="append", first=1, events=[prose("a")])["last"] == 4
    assert texts(replay(house)) == ["a", "b", "c", "d"]


def test_a_publisher_that_returns_is_told_where_it_was() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a", "b")
    publisher.lose()
    again = house.publisher()
    assert (again.opened["known"], again.opened["last"]) == (True, 2)
    again.ask(type="append", first=2, events=[prose("b"), prose("c")])
    assert texts(replay(house)) == ["a", "b", "c"]


def test_a_publisher_that_returns_early_takes_over_from_its_old_connection() -> None:
    house = House()
    old = house.publisher()
    old.say("a")
    again = house.publisher()
    assert again.opened["last"] == 1
    assert old.link.aborted
    old.lose()
    house.after(60)
    assert state(house) == ("running", None)


def test_a_hole_in_the_numbers_is_shown() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a")
    assert publisher.ask(type="append", first=5, events=[prose("e")])["last"] == 5
    mark = replay(house)[2]["activity"]
    assert (mark["type"], mark["kind"]) == ("runtime_diagnostic", "events_dropped")
    assert mark["data"]["count"] == 3
    assert house.viewer().take()[1]["read_view"]["complete"] is False


def test_what_is_no_event_is_refused_and_the_session_goes_on() -> None:
    house = House()
    publisher = house.publisher()
    events: list[Record] = [prose("a"), {"no": "type"}, {"type": "committed", "read_view": 3}]
    ack = publisher.publish(*events, {"type": "user_message", "text": 1}, prose("b"))
    assert ack["last"] == 5
    assert [item["number"] for item in ack["refused"]] == [2, 3, 4]
    assert texts(replay(house)) == ["a", "b"]
    assert publisher.say("c")["refused"] == []


def test_one_event_over_its_limit_is_refused() -> None:
    house = House()
    publisher = house.publisher()
    ack = publisher.say("a", "x" * (1024 * 1024), "b")
    assert [item["number"] for item in ack["refused"]] == [2]
    assert texts(replay(house)) == ["a", "b"]


def test_acknowledgements_are_cumulative() -> None:
    house = House()
    publisher = house.publisher()
    for number in range(1, 101):
        publisher.send(type="append", first=number, events=[prose("x")])
    acks = publisher.take()
    assert kinds(acks) == ["ack"]
    assert acks[0]["last"] == 100
    assert acks[0]["cursor"] == house.sessions()["s"]["cursor"]


@pytest.mark.parametrize("first", [0, -1, 2**63 - 1, 2**64 - 1])
def test_impossible_numbers_close_the_connection(first: int) -> None:
    house = House()
    publisher = house.publisher().born()
    reply = publisher.ask(type="append", first=first, events=[prose("x")])
    if first == 2**63 - 1:
        assert reply["type"] == "ack"
    else:
        assert reply["code"] == "bad_request"
        assert publisher.link.finished


def test_a_batch_over_its_limit_is_refused() -> None:
    house = House()
    publisher = house.publisher()
    assert publisher.say(*["x"] * 1024)["last"] == 1024
    reply = publisher.ask(type="append", first=1025, events=[prose("x")] * 1025)
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
    house = House()
    publisher, kept, total = house.publisher(), 0, 0
    for step, count in steps:
        if step in ("publish", "crash_before_ack"):
            events = [prose(f"{total + index + 1},") for index in range(count)]
            publisher.send(type="append", first=total + 1, events=events)
            total += count
        if step == "publish":
            kept = publisher.take()[-1]["last"]
        elif step == "resend" and total > kept:
            events = [prose(f"{number},") for number in range(kept + 1, total + 1)]
            publisher.send(type="append", first=kept + 1, events=events)
        elif step in ("lose", "crash_before_ack"):
            publisher.lose()
            house.after(count)
            publisher = house.publisher()
            last = publisher.opened["last"]
            assert kept <= last <= total
            kept = last
    expected = [f"{number}," for number in range(1, total + 1)]
    publisher.ask(type="ping")
    assert texts(replay(house)) == expected


# -- restore --------------------------------------------------------------------------------------


def past(house: House, text: str = "past", *, end: bool = False) -> dict[str, Any]:
    """A view as a publisher would hold it."""
    source = house.publisher("source")
    source.say(text)
    if end:
        source.end()
    view: dict[str, Any] = house.connect().ask(type="show", session_id="source")["read_view"]
    house.connect().ask(type="remove", session_id="source", force=True)
    return view


def test_a_restore_is_the_birth_with_the_whole_past() -> None:
    house = House()
    view = past(house)
    publisher = house.publisher()
    restored = publisher.ask(type="restore", view=view, last=41)
    assert restored["type"] == "restored"
    observation = house.viewer().take()[1]
    assert view_text(observation) == "past"
    assert observation["cursor"] == restored["cursor"]
    assert observation["read_view"]["session_id"] == "s"
    publisher.ask(type="append", first=41, events=[prose("old"), prose("new")])
    assert texts(replay(house)) == ["new"]


def test_the_second_of_two_restores_just_goes_on() -> None:
    house = House()
    view, other = past(house), past(house, "other")
    first, second = house.publisher(publisher_id="1"), house.publisher(publisher_id="2")
    assert first.opened["known"] is second.opened["known"] is False
    first.ask(type="restore", view=view, last=10)
    assert second.ask(type="restore", view=other, last=20)["type"] == "restored"
    assert view_text(house.viewer().take()[1]) == "past"
    second.ask(type="append", first=20, events=[prose("twice"), prose("b")])
    first.ask(type="append", first=11, events=[prose("a")])
    told = replay(house)
    assert texts([record for record in told if "text" in record.get("activity", {})]) == ["b", "a"]
    holes = [record["activity"]["data"] for record in told if "data" in record.get("activity", {})]
    assert holes == [{"count": 20, "lost": True}], (
        "its past is not in the view: the session says so"
    )


@pytest.mark.parametrize("view", [{}, {"session_id": 3}, {"session_id": "s", "revision": -1}])
def test_a_view_that_is_none_is_refused_and_the_connection_goes_on(view: dict[str, Any]) -> None:
    house = House()
    publisher = house.publisher()
    assert publisher.ask(type="restore", view=view, last=1)["code"] == "invalid_view"
    publisher.born()
    assert kinds(replay(house)) == ["session_changed"]


def test_a_view_after_an_overflow_is_not_taken_where_others_published() -> None:
    """It could not stand for what the others said."""
    house = House()
    view = past(house)
    house.publisher(publisher_id="1").say("a")
    second = house.publisher(publisher_id="2")
    second.ask(type="append", first=7, events=[prose("b")], view=view)
    assert texts(replay(house)) == ["a", "b"]


# -- ends -----------------------------------------------------------------------------------------


def test_an_end_is_an_event_and_publishing_again_reopens() -> None:
    house = House()
    publisher = house.publisher(title="T")
    publisher.say("a")
    publisher.end("failure")
    assert publisher.ask(type="close")["type"] == "closed"
    assert state(house) == ("ended", "failure")
    again = house.publisher(publisher_id="2")
    assert state(house) == ("ended", "failure")
    again.say("b")
    assert state(house)[0] == "running"
    assert kinds(replay(house))[-3:] == ["session_changed", "session_changed", "turn_activity"]


def test_the_last_of_several_publishers_ends_the_session() -> None:
    house = House()
    first, second = house.publisher(publisher_id="1"), house.publisher(publisher_id="2")
    first.say("a")
    second.say("b")
    assert first.end()["last"] == 2
    first.ask(type="close")
    assert state(house)[0] == "running"
    second.end("cancelled")
    assert state(house) == ("ended", "cancelled")


def test_a_lost_publisher_has_ten_seconds_to_return() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a")
    publisher.lose()
    house.after(9.9)
    assert state(house)[0] == "running"
    publisher = house.publisher()
    house.after(60)
    assert state(house)[0] == "running"
    publisher.lose()
    house.after(10.1)
    assert state(house) == ("ended", "cut_off")


def test_the_return_of_the_lost_publisher_reopens_at_once() -> None:
    house = House()
    house.publisher().say("a")
    first_link = next(iter(house.hub.links))
    house.hub.lost(first_link)
    house.after(11)
    assert state(house) == ("ended", "cut_off")
    house.publisher(publisher_id="stranger")
    assert state(house)[0] == "ended"
    house.publisher()
    assert state(house)[0] != "ended"


def test_a_goodbye_without_an_end_leaves_the_session_open() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a")
    publisher.ask(type="close")
    publisher.lose()
    house.after(60)
    assert state(house)[0] == "running"


def test_with_several_lost_publishers_the_last_grace_counts() -> None:
    house = House()
    first, second = house.publisher(publisher_id="1"), house.publisher(publisher_id="2")
    first.born()
    first.lose()
    house.after(8)
    second.lose()
    house.after(8)
    assert state(house)[0] == "idle"
    house.after(3)
    assert state(house) == ("ended", "cut_off")


def test_an_ended_session_is_not_cut_off_when_its_publisher_vanishes() -> None:
    house = House()
    publisher = house.publisher()
    publisher.end()
    publisher.lose()
    house.after(60)
    assert state(house) == ("ended", "success")


def test_a_publisher_is_told_when_its_session_is_removed_by_force() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a")
    peer = house.connect()
    assert peer.ask(type="remove", session_id="s")["code"] == "session_busy"
    assert peer.ask(type="remove", session_id="s", force=True)["type"] == "removed"
    (notice,) = publisher.take()
    assert (notice["type"], notice["code"]) == ("error", "forgotten")
    assert publisher.link.finished
    publisher.lose()
    house.after(60)
    assert house.sessions() == {}


def test_after_close_the_connection_serves_requests_again() -> None:
    house = House()
    publisher = house.publisher()
    publisher.say("a")
    publisher.send(type="append", first=2, events=[prose("b")])
    publisher.send(type="close")
    assert kinds(publisher.take()) == ["ack", "closed"]
    assert publisher.ask(type="list")["sessions"][0]["publishers"] == 0


def test_many_publishers_are_remembered_but_not_without_bound() -> None:
    house = House()
    alive = house.publisher(publisher_id="alive")
    alive.say("a")
    for number in range(200):
        publisher = Publisher(house, "s", f"p{number}")
        publisher.open()
        publisher.say("x")
        publisher.ask(type="close")
        publisher.lose()
    room = house.hub.registry.rooms["s"]
    assert len(room.numbers) == 64
    assert room.numbers["alive"] == 1
