"""A server's sessions: whole, apart, each thing once, through lost connections."""

from __future__ import annotations

import json
import queue
import time
from typing import Any

import pytest

from lashtui.ingest.opencode import reader as module
from lashtui.ingest.opencode.reader import Reader
from lashtui.producers import Produced
from lashtui.producers.opencode.sse import OpencodeSseProducer
from tests.tui.ingest.opencode.fake import FakeServer, Record, recorded
from tests.tui.ingest.opencode.test_past import EVENTS, SESSION, rows
from tests.tui.producers.goldens import view_of
from tests.waiting import wait_until


class Reading:
    """A reader, and what becomes of what it says."""

    def __init__(self, fake: FakeServer, since_ms: int | None = None) -> None:
        self.fake = fake
        self.reader = Reader(fake.server, since_ms=since_ms)
        self.producers: dict[str, OpencodeSseProducer] = {}
        self.produced: dict[str, list[Produced]] = {}
        self.pieces = 0
        self.reader.start()

    def take(self) -> None:
        """All that was said until now."""
        while True:
            try:
                said = self.reader.said.get_nowait()
            except queue.Empty:
                return
            name = said.about.id
            if name not in self.producers:
                self.producers[name] = OpencodeSseProducer(session_id=name)
            self.produced.setdefault(name, []).extend(self.producers[name].feed(said.data))
            self.pieces += said.data.count(b"\n\n")

    def until_joined(self, count: int = 1) -> None:
        """Its stream is joined for the n-th time, and the past was asked for."""
        wait_until(lambda: len(self.fake.streams) == 1 and self.fake.joined() >= count)
        self.settle()

    def settle(self) -> None:
        """What was sent is taken: a word that the reader passes on comes last."""
        mark = f"mark-{time.monotonic_ns()}"
        info = {"id": mark, "title": "t"}
        self.fake.kept.sessions.setdefault(mark, info)
        self.fake.answers[f"/api/session/{mark}"] = {"data": info}
        kind = "session.created"
        given: Record = {"properties": {"info": info}}
        if self.fake.version.startswith("2"):
            given = {"data": {"sessionID": mark, "title": "t"}}
        self.fake.send(b"data: " + json.dumps({"type": kind, **given}).encode() + b"\n\n")

        def is_here() -> bool:
            self.take()
            return mark in self.produced

        wait_until(is_here)
        self.fake.kept.sessions.pop(mark, None)

    def rows(self, session: str = SESSION) -> list[tuple[Any, ...]]:
        """What a reader sees of a session."""
        own = self.produced.get(session, [])
        return rows(own + (self.producers[session].flush() if own else []))

    def close(self) -> None:
        """Leave."""
        self.reader.stop()
        self.reader.join(5)
        assert not self.reader.is_running


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN_AFTER", (0.01, 0.05))


def expected() -> list[tuple[Any, ...]]:
    """The recorded session."""
    producer = OpencodeSseProducer(session_id=SESSION)
    data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in EVENTS)
    return rows(producer.feed(data) + producer.flush())


def test_a_session_as_it_happens() -> None:
    """From its beginning; its subagent in it; and no request but GETs."""
    with FakeServer() as fake:
        reading = Reading(fake)
        reading.until_joined()
        fake.happen(*EVENTS)
        reading.settle()
        assert reading.rows() == expected()
        assert [name for name in reading.produced if name.startswith("ses_")] == [SESSION]
        assert {method for method, _ in fake.asked} == {"GET"}
        reading.close()


CUTS = [(at, missed) for at in range(12, len(EVENTS), 17) for missed in (0, 9)]


@pytest.mark.parametrize(("at", "missed"), CUTS)
def test_a_lost_connection_loses_nothing_and_tells_nothing_twice(at: int, missed: int) -> None:
    """Wherever it is lost, and whatever happens until it is back."""
    with FakeServer() as fake:
        reading = Reading(fake)
        reading.until_joined()
        fake.happen(*EVENTS[:at])
        reading.settle()
        fake.happen(*EVENTS[at : at + missed], unheard=True)
        fake.cut()
        reading.until_joined(2)
        fake.happen(*EVENTS[at + missed :])
        reading.settle()
        assert reading.rows() == expected()
        reading.close()


def test_a_question_that_waits_when_the_server_is_found() -> None:
    """It was asked before; what for is told."""
    asked = next(n for n, each in enumerate(EVENTS) if each["type"] == "permission.asked")
    with FakeServer() as fake:
        fake.happen(*EVENTS[: asked + 1], unheard=True)
        reading = Reading(fake, since_ms=0)
        reading.until_joined()
        view = view_of(reading.produced[SESSION], ended=False)
        assert (view.state, view.waiting_for) == (
            "waiting",
            "echo tool-ran > ran.txt; echo tool-out",
        )
        fake.happen(*EVENTS[asked + 1 :])
        reading.settle()
        assert reading.rows() == expected()
        reading.close()


@pytest.mark.parametrize(
    ("since_ms", "is_told"), [(0, True), (4_000_000_000_000, False), (None, False)]
)
def test_which_pasts_are_told(since_ms: int | None, is_told: bool) -> None:
    """Those of sessions that changed since then; without a time, of those that go on."""
    with FakeServer() as fake:
        fake.happen(*EVENTS, unheard=True)
        reading = Reading(fake, since_ms=since_ms)
        reading.until_joined()
        assert (SESSION in reading.produced) is is_told
        more = {"id": "msg_z", "sessionID": SESSION, "role": "user", "time": {"created": 1}}
        fake.happen({"type": "message.updated", "properties": {"sessionID": SESSION, "info": more}})
        reading.settle()
        assert reading.rows() == expected()
        reading.close()


def test_sessions_apart() -> None:
    """Two of one server, a word of each in turn; in the stream of all directories."""
    with FakeServer() as fake:
        reading = Reading(fake)
        reading.until_joined()
        child = next(name for name in map(str, fake_children()) if name != SESSION)
        text = json.dumps(EVENTS).replace(SESSION, "ses_other").replace(child, "ses_below")
        other = json.loads(text.replace("msg_", "msg_o"))
        for one, two in zip(EVENTS, other, strict=True):
            fake.happen(one)
            fake.kept.take(two)
            wrapped = {"directory": "/elsewhere", "payload": two}
            fake.send(b"data: " + json.dumps(wrapped).encode() + b"\n\n")
        reading.settle()
        assert reading.rows() == expected()
        assert [row[0] for row in reading.rows("ses_other")] == [row[0] for row in expected()]
        reading.close()


def fake_children() -> list[str]:
    """All sessions of the recording."""
    created = [each for each in EVENTS if each["type"] == "session.created"]
    return [each["properties"]["info"]["id"] for each in created]


JUNK = [
    b"data: {\n\n",
    b"data: []\n\n",
    b"\xff\xfe\n\n",
    b'data: {"type": "message.updated", "properties": {"sessionID": "ses_nobody"}}\n\n',
    b'data: {"type": "message.updated", "properties": {"sessionID": "../../etc"}}\n\n',
    b'data: {"type": "message.part.updated", "properties": {"part": {"sessionID": 3}}}\n\n',
    b'data: {"type": "session.created", "properties": {"info": 3}}\n\n',
    b": comment\n\n",
]


def test_junk_in_the_stream() -> None:
    """It is passed over."""
    with FakeServer() as fake:
        reading = Reading(fake)
        reading.until_joined()
        for number, event in enumerate(EVENTS):
            fake.send(JUNK[number % len(JUNK)])
            fake.happen(event)
        reading.settle()
        assert reading.rows() == expected()
        reading.close()


@pytest.mark.parametrize("answer", [b"{", 3, [3, {"id": 5}], {"data": {}}, b"x" * 10])
def test_junk_in_answers(answer: object) -> None:
    """The stream is followed all the same, or joined again and again; never more than that."""
    with FakeServer() as fake:
        fake.answers |= {"/session": answer, "/session/status": answer, "/permission": answer}
        reading = Reading(fake, since_ms=0)
        wait_until(lambda: fake.joined() > 0)
        fake.answers.clear()
        wait_until(lambda: len(fake.streams) == 1)
        reading.until_joined()
        fake.happen(*EVENTS)
        reading.settle()
        assert reading.rows() == expected()
        reading.close()


def test_a_password_that_is_missing() -> None:
    """It is known, and the server is asked rarely."""
    with FakeServer(password="word") as fake:
        reading = Reading(fake)
        reading.reader.stop()
        fake.password = "another"
        refused = Reader(fake.server)
        fake.password = "word"
        refused.start()
        wait_until(lambda: refused.wants_password)
        assert "word" not in refused.problem.replace("password", "")
        refused.stop()
        refused.join(5)


def test_nobody_takes_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is left, so that it need not keep what we don't read; and joined again."""
    monkeypatch.setattr(module, "TAKEN_WITHIN", 0.01)
    monkeypatch.setattr(module, "MAX_WAITING", 4)
    with FakeServer() as fake:
        reading = Reading(fake)
        wait_until(lambda: len(fake.streams) == 1)
        fake.happen(*EVENTS)
        wait_until(lambda: fake.joined() >= 2)

        def is_whole() -> bool:
            reading.take()
            return reading.rows() == expected()

        wait_until(is_whole)
        reading.close()


# -- version 2 -----------------------------------------------------------------------------------


def numbered(session: str = "ses_two") -> list[Record]:
    """A turn of version 2, with a question in it, as its events are."""
    call = {"sessionID": session, "assistantMessageID": "m1", "id": "call1"}
    text = {"sessionID": session, "assistantMessageID": "m2", "ordinal": 0}
    item = {"type": "user", "payload": {"text": "go"}, "delivery": "steer"}
    told: list[tuple[str, Record, bool]] = [
        (
            "session.created",
            {"sessionID": session, "title": "two", "location": {"directory": "/p"}},
            True,
        ),
        ("session.inbox.enqueued", {"sessionID": session, "inboxID": "i1", "item": item}, True),
        ("session.execution.started", {"sessionID": session}, True),
        ("session.inbox.delivered", {"sessionID": session, "inboxID": "i1"}, True),
        ("session.tool.input.started", {**call, "name": "shell"}, True),
        ("session.tool.called", {**call, "input": {"command": "ls"}}, True),
        (
            "permission.asked",
            {"id": "p1", "sessionID": session, "action": "shell", "resources": ["ls"]},
            False,
        ),
        ("permission.replied", {"sessionID": session, "requestID": "p1", "reply": "once"}, False),
        (
            "session.tool.success",
            {**call, "content": [{"type": "text", "text": "a"}], "metadata": {"exit": 0}},
            True,
        ),
        ("session.text.started", text, True),
        ("session.text.delta", {**text, "delta": "All "}, False),
        ("session.text.delta", {**text, "delta": "done."}, False),
        ("session.text.ended", {**text, "text": "All done."}, True),
        ("session.execution.succeeded", {"sessionID": session}, True),
    ]
    events: list[Record] = []
    number = 0
    for place, (kind, data, is_kept) in enumerate(told):
        record: Record = {
            "id": f"evt_{place}",
            "created": 1_795_000_000_000 + place,
            "type": kind,
            "data": data,
        }
        if is_kept:
            record["durable"] = {"aggregateID": session, "seq": number, "version": 1}
            number += 1
        events.append(record)
    return events


def keep(fake: FakeServer, events: list[Record], *, path: str) -> None:
    """What version 2 answers once these have happened."""
    kept = [each for each in events if "durable" in each]
    info = {
        "id": "ses_two",
        "title": "two",
        "location": {"directory": "/p"},
        "time": {"updated": 5},
    }
    fake.answers["/api/session"] = {"data": [info] if events else []}
    fake.answers["/api/session/ses_two"] = {"data": info}
    is_over = any(each["type"].endswith("succeeded") for each in events)
    fake.answers["/api/session/active"] = {
        "data": {} if is_over else {"ses_two": {"type": "running"}}
    }
    if path == "history":
        fake.answers["/api/session/ses_two/history"] = {"data": kept, "hasMore": False}


TWO = numbered()


@pytest.mark.parametrize("password", ["", "word"])
@pytest.mark.parametrize("at", range(len(TWO) + 1))
def test_version_2_through_a_lost_connection(at: int, password: str) -> None:
    """Its events have numbers: each is told once."""
    whole = OpencodeSseProducer(session_id="ses_two")
    data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in TWO)
    wanted = rows(whole.feed(data))
    with FakeServer("2.0.19", password) as fake:
        keep(fake, [], path="history")
        reading = Reading(fake, since_ms=0)
        reading.until_joined()
        fake.happen(*TWO[:at])
        reading.settle()
        keep(fake, TWO[:at], path="history")
        fake.cut()
        reading.until_joined(2)
        fake.happen(*TWO[at:])
        reading.settle()
        assert reading.rows("ses_two") == wanted
        reading.close()


@pytest.mark.parametrize("size", [1, 3, 50])
def test_version_2_keeps_its_past_in_pages(size: int) -> None:
    """All of them are read, from the first on."""
    kept = [each for each in TWO if "durable" in each]

    def page(query: dict[str, list[str]]) -> Record:
        after = int(query.get("after", ["-1"])[0])
        rest = [each for each in kept if each["durable"]["seq"] > after]
        return {"data": rest[:size], "hasMore": len(rest) > size}

    with FakeServer("2.0.19") as fake:
        keep(fake, TWO, path="")
        fake.answers["/api/session/ses_two/history"] = page
        reading = Reading(fake, since_ms=0)
        reading.until_joined()
        told = [row[0] for row in reading.rows("ses_two")]
        assert told == ["user", "tool", "prose", "commit"]
        assert not any("after=-" in path for _, path in fake.asked)
        reading.close()


def test_version_2_whose_pages_never_end() -> None:
    """The same one again is the last."""
    with FakeServer("2.0.19") as fake:
        keep(fake, TWO, path="")
        first = {"data": [each for each in TWO if "durable" in each], "hasMore": True}
        fake.answers["/api/session/ses_two/history"] = first
        reading = Reading(fake, since_ms=0)
        reading.until_joined()
        assert [row[0] for row in reading.rows("ses_two")] == ["user", "tool", "prose", "commit"]
        reading.close()


def test_version_2_without_a_history() -> None:
    """What happens is told; the past is not."""
    with FakeServer("2.0.19") as fake:
        keep(fake, TWO[:9], path="")
        reading = Reading(fake, since_ms=0)
        reading.until_joined()
        fake.happen(*TWO[9:])
        reading.settle()
        assert [row[2] for row in reading.rows("ses_two") if row[0] == "prose"] == ["All done."]
        reading.close()


def test_the_recording_of_two_sessions_is_there() -> None:
    """The helper reads what the goldens read."""
    assert len(recorded("permissions")) == len(EVENTS) > 100
