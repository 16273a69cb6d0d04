"""The page of the protocol is enough: a client written from it reads and publishes exactly once."""

from __future__ import annotations

import threading

from lashd.daemon import EmbeddedDaemon
from tests.integration.plain_client import Connection, Publisher, Reader

EVENTS = 600


def texts(reader: Reader, drop_every: int) -> list[str]:
    """What the reader is told until the end, though it loses its connection again and again."""
    found: list[str] = []
    for count, record in enumerate(reader.records()):
        assert record["type"] != "gap"
        if record["type"] == "turn_activity":
            found.append(record["activity"]["text"])
        if record["type"] == "session_changed" and record["kind"] == "ended":
            break
        if count % drop_every == drop_every - 1:
            reader.drop()
    reader.drop()
    return found


def test_each_event_arrives_once_over_many_lost_connections(daemon: EmbeddedDaemon) -> None:
    """Both sides lose connections all the time; the reader gets every event once, in order."""
    path = daemon.socket_path
    results: list[list[str]] = []
    readers = [
        threading.Thread(target=lambda every=every: results.append(texts(Reader(path, "s"), every)))
        for every in (7, 31, 1000)
    ]
    for thread in readers:
        thread.start()
    publisher = Publisher(path, "s")
    sent = [f"<{number}>" for number in range(EVENTS)]
    for start in range(0, EVENTS, 20):
        publisher.publish(
            *({"type": "user_message", "text": text} for text in sent[start : start + 20])
        )
        publisher.send()
        if start % 60 == 0:
            publisher.drop()  # what was acknowledged is not known here, so it is sent again
    publisher.publish({"type": "session_changed", "kind": "ended", "outcome": "success"})
    publisher.send()
    publisher.wait()
    publisher.connection.close()
    for thread in readers:
        thread.join(30)
    assert results == [sent] * 3


def test_a_cursor_of_a_daemon_that_is_gone_gives_a_gap_and_a_snapshot() -> None:
    """After a restart nothing passes for continuous."""
    with EmbeddedDaemon(incarnation=1) as first:
        publisher = Publisher(first.socket_path, "s")
        publisher.publish({"type": "user_message", "text": "hi"})
        publisher.send()
        publisher.wait()
        connection = Connection(first.socket_path)
        connection.send({"type": "attach", "session_id": "s"})
        cursor = [connection.receive() for _ in range(3)][2]["cursor"]
        connection.close()
        publisher.connection.close()
    with EmbeddedDaemon(incarnation=2) as second:
        publisher = Publisher(second.socket_path, "s")
        connection = Connection(second.socket_path)
        connection.send({"type": "attach", "cursor": cursor, "start": "cursor", "wait": True})
        records = [connection.receive() for _ in range(4)]
        connection.close()
        publisher.connection.close()
    assert [record["type"] for record in records] == ["attached", "gap", "observation", "synced"]
    assert records[0]["served"] == "gap"
    assert (records[1]["reason"], records[1]["lost"]) == ("unavailable", None)


def test_a_view_that_show_gave_restores_a_session() -> None:
    """Who can't fold keeps what the daemon shows at its acknowledgement, and what came after."""
    opened = {"type": "open", "session_id": "s", "publisher_id": "0" * 32}
    events = [{"type": "user_message", "text": f"<{number}>"} for number in range(1, 5)]
    with EmbeddedDaemon(incarnation=1) as first:
        publisher, other = Connection(first.socket_path), Connection(first.socket_path)
        publisher.send(opened)
        publisher.receive()
        publisher.send({"type": "append", "first": 1, "events": events[:2]})
        ack = publisher.receive()
        other.send({"type": "show", "session_id": "s"})
        shown = other.receive()
        assert shown["cursor"] == ack["cursor"]
        publisher.send({"type": "append", "first": 3, "events": events[2:]})
        assert publisher.receive()["last"] == 4
        publisher.close()
        other.close()
    with EmbeddedDaemon(incarnation=2) as second:
        publisher, other = Connection(second.socket_path), Connection(second.socket_path)
        publisher.send(opened)
        publisher.receive()
        publisher.send({"type": "restore", "view": shown["read_view"], "last": ack["last"]})
        assert publisher.receive()["taken"] is True
        publisher.send({"type": "append", "first": 3, "events": events[2:]})
        assert publisher.receive()["last"] == 4
        other.send({"type": "show", "session_id": "s"})
        view = other.receive()["read_view"]
        publisher.close()
        other.close()
    assert [entry["text"] for entry in view["entries"]] == [event["text"] for event in events]
    assert view["complete"] is True
