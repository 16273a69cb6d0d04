"""What any version has said over the wire, this one understands, and answers alike.

Recorded bytes stand for programs of that version: its clients here meet this version's daemon, and
its daemon meets this version's clients.
"""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from lashd import __version__
from lashd.client.decode import decode_record
from lashd.cursor import position_of
from lashd.events import PAYLOADS, TURN_EVENTS
from lashd.protocol.client import ClientConnection, unpack
from lashd.protocol.follow import ResumableFollow
from lashd.protocol.messages import ErrorCode
from lashd.protocol.outbox import Outbox
from lashd.protocol.reconnect import Backoff, ResumableReader
from lashd.publish.connection import Lost, PublisherConnection, SharedState
from lashd.session.codec import event_from_wire, event_to_wire
from lashd.session.draft import Draft
from lashd.session.row import row_from_wire
from lashd.session.view import ReadView, view_from_wire
from lashd.testing.audit.auditor import Auditor
from tests.wire.corpus import (
    Record,
    Stage,
    Step,
    encode,
    read,
    recordings,
    records_of,
    said,
    versions,
)
from tests.wire.scenes import SCENES

each_recording = pytest.mark.parametrize(
    "path", recordings(), ids=lambda path: f"{path.parent.name}-{path.stem}"
)

OWN = frozenset({"version", "pid", "bytes", "message", "limits"})
"""What a version says in its own words, or of itself."""
DRAWN = re.compile(r"[0-9a-f]{32}")
"""An id that the daemon draws."""


def test_this_version_is_recorded() -> None:
    """Set a new version's number, and record it: `python -m tests.wire.record`."""
    assert __version__ in versions()
    assert {path.stem for path in recordings() if path.parent.name == __version__} == set(SCENES)


def test_the_recordings_have_all_that_can_be_said() -> None:
    """Each request, event, control record and error code: what is not there is not kept true."""
    steps = [step for path in recordings() for step in read(path)[1:]]
    records = [
        record
        for side in ("client", "daemon")
        for data in said_by_all(steps, side)
        for record in records_of(data)
    ]
    types = {record["type"] for record in records}
    activities = {r["activity"]["type"] for r in records if r["type"] == "turn_activity"}
    codes = {record["code"] for record in records if record["type"] == "error"}

    assert types >= {*PAYLOADS, "hello", "restore", "restored", "close", "closed", "stopping"}
    assert types >= {"attached", "observation", "gap", "synced", "end", "cursor_report", "pong"}
    assert types >= {"following", "session", "session_removed", "sessions", "status", "removed"}
    assert activities >= set(TURN_EVENTS)
    # A version is not a matter of bytes, and a mirror alone is read-only or without a home.
    of_mirrors = {ErrorCode.READ_ONLY, ErrorCode.NO_HOME}
    assert codes >= set(ErrorCode) - {ErrorCode.BAD_VERSION} - of_mirrors


def said_by_all(steps: list[Step], side: str) -> list[bytes]:
    """Each piece that this side has said, whatever the connection and the recording."""
    return [b64decode(step["bytes"]) for step in steps if step.get("from") == side]


# -- its clients, our daemon -----------------------------------------------------------------------


@each_recording
def test_the_daemon_answers_an_older_client_as_it_was_answered(path: Path) -> None:
    """It may say more than it did, and in other words, but nothing else."""
    head, *steps = read(path)
    stage = Stage(head)
    for number, step in enumerate(steps, 1):
        answer = stage.play(step)
        if step.get("from") != "daemon":
            continue
        now, then = records_of(answer), records_of(b64decode(step["bytes"]))
        where = f"step {number}, {step['connection']}"
        assert [record["type"] for record in now] == [record["type"] for record in then], where
        for present, past in zip(now, then, strict=True):
            check_says(present, past, f"{where}: {past['type']}")


def check_says(now: Any, then: Any, where: str, key: str = "") -> None:
    """What was said then is still said."""
    if isinstance(then, dict):
        assert isinstance(now, dict), where
        for name, value in then.items():
            if name in OWN or (name == "reason" and key == "refused"):
                continue
            assert name in now, f"{where}.{name} is missing"
            check_says(now[name], value, f"{where}.{name}", name)
    elif isinstance(then, list):
        assert isinstance(now, list), where
        if key == "features":
            assert set(now) >= set(then), where
            return
        assert len(now) == len(then), where
        for present, past in zip(now, then, strict=True):
            check_says(present, past, f"{where}[]", key)
    elif isinstance(then, str) and DRAWN.fullmatch(then):
        assert isinstance(now, str), where
        assert DRAWN.fullmatch(now), where
    else:
        assert now == then, where


# -- its daemon, our clients -----------------------------------------------------------------------


@each_recording
@pytest.mark.parametrize("decode", [unpack, decode_record], ids=["msgpack", "msgspec"])
def test_both_decoders_read_all_of_an_older_daemon(path: Path, decode: Any) -> None:
    """Every event, view and row is one, and says all that it did when it is said again."""
    for data in said(read(path), "daemon").values():
        client = ClientConnection(decode=decode)
        for record in client.receive(data):
            kind = record["type"]
            if kind in PAYLOADS:
                check_says(event_to_wire(event_from_wire(record)), record, kind)
            elif kind == "observation":
                view = view_from_wire(record["read_view"])
                if not isinstance(record["read_view"], ReadView):
                    check_says(view.to_wire(), record["read_view"], kind)
            elif kind == "session":
                row_from_wire(record["session"])
            elif kind == "sessions":
                for row in record["sessions"]:
                    row_from_wire(row)
        assert client.hello is not None


@each_recording
def test_readers_of_an_older_daemon_are_told_everything(path: Path) -> None:
    """Gaps, snapshots and events as the promise has them, and nothing is held back."""
    steps = read(path)
    auditor = Auditor()
    for name, data in said(steps, "client").items():
        asked = [r for r in records_of(data) if r["type"] in ("attach", "follow")]
        records = records_of(said(steps, "daemon")[name])[1:]
        begin = next((i for i, r in enumerate(records) if r["type"] in STREAMS), None)
        if begin is None:
            continue
        records = records[begin:]
        request = asked[-1]
        if request["type"] == "follow":
            follower = ResumableFollow(after=request["after"], backoff=Backoff(lambda: 0.0))
            assert follower.receive(records) == [r for r in records if r["type"] != "pong"]
            continue
        audit = auditor.reader(name, records[0]["session_id"])
        audit.attaching(request.get("cursor"))
        for record in records:
            audit.received(record)
        reader = ResumableReader(
            request.get("session_id"),
            cursor=request.get("cursor"),
            start=request.get("start", "snapshot"),
            backoff=Backoff(lambda: 0.0),
        )
        assert reader.receive(records) == [r for r in records if r["type"] != "pong"]
        last = [r["cursor"] for r in records if "cursor" in r][-1]
        assert position_of(reader.cursor) == position_of(last)
    assert auditor.finish() == []


STREAMS = frozenset({"attached", "following"})


@each_recording
def test_our_publisher_gets_on_with_an_older_daemon(path: Path) -> None:
    """Given what its publishers had to say, ours is answered the same, and has it acknowledged."""
    steps = read(path)
    for name, data in said(steps, "client").items():
        messages = records_of(data)
        if name == "raw" or not any(message["type"] == "open" for message in messages):
            continue  # `raw` says what ours never would
        shared = sharing(messages)
        views = any(message.get("view") for message in messages)
        last = 0
        for line in connections(steps, name):
            connection = PublisherConnection(shared, views=True)
            assert connection.greeting()
            while connection.next_frame():
                pass
            for record in records_of(line):
                try:
                    connection.receive(frame_of(record))
                except Lost:
                    assert record["type"] == "stopping"
                except Exception:
                    assert record["type"] == "error", record
                while connection.next_frame():
                    pass
                last = record.get("last") or last
        assert last
        if not views:
            assert shared.outbox.is_acknowledged


def sharing(messages: list[Record]) -> SharedState:
    """Our publisher, with all that the recorded one has sent."""
    opened = next(message for message in messages if message["type"] == "open")
    draft = Draft(opened["session_id"], prefix="p", now_ms=lambda: 0)
    shared = SharedState("", dict(opened), draft, Outbox())
    for message in messages:
        if message["type"] == "append":
            for number, event in enumerate(message["events"], message["first"]):
                if number == shared.outbox.next_number:
                    shared.outbox.add(encode(event))
    return shared


def connections(steps: list[Step], name: str) -> list[bytes]:
    """What the daemon said on each of the connections of that name."""
    found: list[bytes] = []
    for step in steps:
        if step.get("connect") == name:
            found.append(b"")
        elif step.get("from") == "daemon" and step["connection"] == name:
            found[-1] += b64decode(step["bytes"])
    return found


def frame_of(record: Record) -> bytes:
    """One record as bytes again."""
    body = encode(record)
    return len(body).to_bytes(4, "big") + body
