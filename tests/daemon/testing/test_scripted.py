"""The scripted parties keep the protocol's rules, whatever happens to their connections."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lashd.protocol.framing import FrameDecoder, frame
from lashd.testing.audit.auditor import Auditor
from lashd.testing.audit.marks import Record, mark
from lashd.testing.inprocess import HubLine
from lashd.testing.scripted import Party, ScriptedPublisher, ScriptedReader
from tests.daemon.testing.audit.notes import Scene

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode


def say(party: Party, *records: Record) -> list[Record]:
    """The daemon says this; what the party answers."""
    party.receive(b"".join(frame(_encode(record)) for record in records))
    return heard(party)


def heard(party: Party) -> list[Record]:
    frames = FrameDecoder()
    frames.receive_data(party.data_to_send())
    messages = []
    while (body := frames.next_frame(2**31)) is not None:
        messages.append(_decode(body))
    return messages


def opened(last: int | None, *, known: bool = True) -> Record:
    return {"type": "opened", "last": last, "known": known, "cursor": "lashsc1:0:1:s"}


def ack(last: int, *refused: int) -> Record:
    refusals = [{"number": number, "reason": "no"} for number in refused]
    return {"type": "ack", "last": last, "cursor": "lashsc1:0:1:s", "refused": refusals}


def numbers(messages: list[Record]) -> list[tuple[int, int]]:
    return [(message["first"], len(message["events"])) for message in messages]


def test_events_are_numbered_marked_and_sent_when_the_session_is_open() -> None:
    """Nothing but hello and open goes out before `opened`."""
    publisher = ScriptedPublisher("p", "s", batch=2)
    publisher.say("one")
    publisher.connected()
    assert [message["type"] for message in heard(publisher)] == ["hello", "open"]

    publisher.say("two")
    publisher.say("three", "assistant_prose_delta")
    sent = say(publisher, opened(0, known=False))
    assert numbers(sent) == [(1, 2), (3, 1)]
    assert sent[1]["events"] == [{"type": "assistant_prose_delta", "text": f"{mark('p', 3)} three"}]
    assert not publisher.settled
    say(publisher, ack(3, 2))
    assert publisher.settled
    assert publisher.refused == {2: "no"}


def test_what_is_not_acknowledged_is_sent_again_from_what_the_daemon_has() -> None:
    """`opened.last` counts, not the last acknowledgement that arrived."""
    publisher = ScriptedPublisher("p", "s")
    publisher.connected()
    for text in ("one", "two", "three"):
        publisher.say(text)
    say(publisher, opened(0), ack(1))
    publisher.lost()
    publisher.connected()
    heard(publisher)

    assert numbers(say(publisher, opened(2))) == [(3, 1)]


def test_a_session_without_events_is_created_by_an_empty_append() -> None:
    """So that readers who wait for it are served."""
    publisher = ScriptedPublisher("p", "s")
    publisher.connected()
    heard(publisher)

    assert numbers(say(publisher, opened(0, known=False))) == [(1, 0)]


def test_a_daemon_that_knows_nothing_gets_the_view() -> None:
    """What was acknowledged is in it, what was not comes after it."""
    publisher = ScriptedPublisher("p", "s")
    publisher.connected()
    publisher.say("one")
    publisher.say("two")
    say(publisher, opened(0, known=False), ack(1))
    publisher.lost()
    publisher.connected()
    heard(publisher)

    (restore,) = say(publisher, opened(0, known=False))
    assert (restore["type"], restore["last"]) == ("restore", 1)
    assert [entry["text"] for entry in restore["view"]["entries"]] == [f"{mark('p', 1)} one"]
    sent = say(publisher, {"type": "restored", "cursor": "lashsc1:0:1:s", "taken": True})
    assert numbers(sent) == [(2, 1)]
    assert publisher.restored == 1


def test_one_that_keeps_no_view_goes_on_with_its_numbers() -> None:
    """Its session is created again, without its past."""
    publisher = ScriptedPublisher("p", "s", restores=False)
    publisher.connected()
    publisher.say("one")
    say(publisher, opened(0, known=False), ack(1))
    publisher.lost()
    publisher.say("two")
    publisher.connected()
    heard(publisher)

    assert numbers(say(publisher, opened(0, known=False))) == [(2, 1)]


def test_what_can_not_be_kept_is_made_up_for_by_the_view() -> None:
    """The oldest are dropped; the last append carries the view after it."""
    publisher = ScriptedPublisher("p", "s", keep=2)
    for text in ("one", "two", "three"):
        publisher.say(text)
    publisher.connected()
    heard(publisher)

    (append,) = say(publisher, opened(0, known=False))
    assert (append["type"], append["first"]) == ("append", 2)
    assert len(append["view"]["entries"]) == 3


def test_a_publisher_that_is_not_placed_sends_nothing_twice() -> None:
    """What may have landed is not sent again; new events go on."""
    publisher = ScriptedPublisher("p", "s")
    publisher.connected()
    publisher.say("one")
    say(publisher, opened(0))
    publisher.lost()
    publisher.say("two")
    publisher.connected()
    heard(publisher)

    assert numbers(say(publisher, opened(None))) == [(2, 1)]


def test_a_publisher_says_goodbye_when_all_is_acknowledged() -> None:
    """And wants no connection any more."""
    scene = Scene()
    publisher = scene.publisher("p1")
    line = scene.line(publisher)
    publisher.say("one")
    publisher.close()
    line.exchange()

    assert publisher.finished
    assert publisher.errors == []


def test_a_forgotten_publisher_stops() -> None:
    """Its session was removed by force: it must not come back with it."""
    publisher = ScriptedPublisher("p", "s")
    publisher.connected()
    say(publisher, opened(0), {"type": "error", "code": "forgotten", "message": ""})

    assert publisher.finished


@pytest.mark.parametrize("code", ["limit", "bad_request", "invalid_view"])
def test_after_some_errors_another_connection_is_wanted(code: str) -> None:
    """A view that was refused is not sent again."""
    publisher = ScriptedPublisher("p", "s")
    publisher.connected()
    publisher.say("one")
    say(publisher, opened(0), ack(1), {"type": "error", "code": code, "message": ""})
    assert publisher.broken

    publisher.lost()
    publisher.connected()
    heard(publisher)
    (message,) = say(publisher, opened(0, known=False))
    assert message["type"] == ("append" if code == "invalid_view" else "restore")


def test_a_reader_attaches_after_the_last_cursor_that_is_its_own() -> None:
    """A gap's cursor is not, before its snapshot has come."""
    reader = ScriptedReader("s", start="snapshot")
    reader.connected()
    assert heard(reader)[1]["start"] == "snapshot"
    say(
        reader,
        {"type": "attached", "cursor": "c0"},
        {"type": "committed", "cursor": "c1"},
        {"type": "gap", "cursor": "c9"},
    )
    reader.lost()
    reader.connected()
    assert heard(reader)[1] == {
        "type": "attach", "session_id": "s", "wait": True, "start": "cursor", "cursor": "c1",
    }  # fmt: skip

    say(reader, {"type": "gap", "cursor": "c9"}, {"type": "observation", "cursor": "c9"})
    assert reader.cursor == "c9"
    say(reader, {"type": "end", "cursor": "c9", "reason": "forgotten"})
    assert (reader.end, reader.finished, reader.events) == ("forgotten", True, 1)


def test_bytes_may_come_in_any_pieces() -> None:
    """One by one, too; what was begun on a lost connection is forgotten."""
    reader = ScriptedReader("s", keep=1)
    reader.connected()
    data = frame(_encode({"type": "committed", "cursor": "c1"}))
    reader.receive(data[:7])
    reader.lost()
    reader.connected()
    for byte in data:
        reader.receive(bytes([byte]))

    assert (reader.cursor, reader.events, len(reader.records)) == ("c1", 1, 1)


def test_parties_at_a_hub_keep_the_promise_over_losses() -> None:
    """Whatever is lost at whatever moment, the auditor has nothing to say."""
    scene = Scene()
    auditor = Auditor()
    publisher = ScriptedPublisher("p", "s", auditor.publisher("p", "s"))
    reader = ScriptedReader("s", auditor.reader("r", "s"))
    for turn in range(20):
        lines = [HubLine(scene.hub, party) for party in (publisher, reader)]
        publisher.say("before")
        for line in lines[: 1 + turn % 2]:
            line.exchange(max_bytes=50)
        publisher.say("after")
        lines[0].send()
        for line in lines:
            line.lose()
    scene.line(publisher)
    line = scene.line(reader)
    reader.ping()
    line.exchange()

    assert auditor.finish() == []
    assert publisher.settled
    assert reader.events == 41
    assert reader.records[-1]["type"] == "pong"
    assert not scene.hub.connections or line.open


def test_a_reader_takes_a_position_only_from_what_has_one_for_it() -> None:
    """A daemon that stops before it came to the attach says so without a cursor."""
    reader = ScriptedReader("s", cursor="lashsc1:0:1:s")
    reader.connected()
    say(reader, {"type": "stopping"}, {"type": "of a later version"})
    assert reader.cursor == "lashsc1:0:1:s"
    assert reader.events == 0
