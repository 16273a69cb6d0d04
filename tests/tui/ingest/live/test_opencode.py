"""opencode's servers as a source of `discover`: found, told apart, ended."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashtui.ingest.live import opencode
from lashtui.ingest.live.opencode import OpencodeServers
from lashtui.ingest.live.place import Place
from lashtui.ingest.opencode import reader
from lashtui.ingest.opencode.find import Found
from lashtui.ingest.opencode.http import Server
from lashtui.ingest.opencode.reader import Told
from lashtui.ingest.opencode.routes import About
from lashtui.ingest.transcripts import Key, Known
from tests.tui.ingest.opencode.fake import FakeServer
from tests.tui.ingest.opencode.test_past import EVENTS, SESSION, rows
from tests.tui.ingest.opencode.test_reader import expected, fake_children
from tests.tui.ingest.test_discovery import Bench
from tests.tui.producers.goldens import view_of
from tests.waiting import wait_until

NOW = 4_000_000_000_000


class Machine:
    """The source, the servers that it finds, and what becomes of it."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder)
        self.found: list[Found] = []
        self._stop = threading.Event()
        place = Place(self.bench.discovery, self.bench.warnings.append)
        source = OpencodeServers({}, lambda: list(self.found))
        self._thread = threading.Thread(target=source.run, args=(place, self._stop))

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """As `discover` does at its end."""
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def session(self, number: int = 0) -> Any:
        """One of those that it has opened."""
        return self.bench.sessions[number]

    def is_told(self, number: int = 0) -> bool:
        """Whether all of the recorded session is there."""
        there = len(self.bench.sessions) > number
        return there and self.rows(number) == expected()

    def rows(self, number: int = 0) -> list[tuple[Any, ...]]:
        """What one of them shows."""
        return rows(list(self.session(number).produced))


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    """A server."""
    with FakeServer() as made:
        yield made


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine without servers."""
    monkeypatch.setattr(opencode, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(opencode, "TICK", 0.02)
    monkeypatch.setattr(reader, "AGAIN_AFTER", (0.01, 0.05))
    made = Machine(tmp_path)
    yield made
    made.stop()


def of_another_id(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same in another session."""
    child = next(name for name in fake_children() if name != SESSION)
    text = json.dumps(events).replace(SESSION, "ses_other").replace(child, "ses_below")
    found: list[dict[str, Any]] = json.loads(text.replace("msg_", "msg_o"))
    return found


def test_a_server_that_appears(machine: Machine, fake: FakeServer) -> None:
    """Its sessions are told as they happen, under names of their own; when it goes, they end."""
    machine.start()
    machine.found = [Found(fake.server, 7)]
    wait_until(lambda: len(fake.streams) == 1)
    fake.happen(*EVENTS, *of_another_id(EVENTS))
    wait_until(machine.is_told)
    wait_until(lambda: len(machine.bench.sessions) == 2)
    assert machine.session().about.key == ("opencode", SESSION)
    assert machine.session().about.session == f"opencode-{SESSION[-8:]}"
    assert machine.session().about.directory == "/home/dev/project"
    assert machine.session().about.pid == 7
    machine.found = []
    wait_until(lambda: all(each.outcome is not None for each in machine.bench.sessions))
    assert {each.outcome for each in machine.bench.sessions} == {SessionOutcome.SUCCESS}
    assert {method for method, _ in fake.asked} == {"GET"}


def test_what_changed_lately_is_told(machine: Machine, fake: FakeServer) -> None:
    """Also of a server that was there before."""
    old = {"id": "ses_old", "title": "old", "directory": "/p", "time": {"updated": 1}}
    fake.happen(*EVENTS, unheard=True)
    fake.kept.sessions["ses_old"] = old
    fake.kept.sessions[SESSION] = {**fake.kept.sessions[SESSION], "time": {"updated": NOW}}
    machine.found = [Found(fake.server, 7)]
    machine.start()
    wait_until(machine.is_told)
    assert len(machine.bench.sessions) == 1


def test_a_session_in_two_servers(machine: Machine, fake: FakeServer) -> None:
    """Servers share what they keep: it is one session, that of the server that works in it."""
    machine.start()
    with FakeServer() as other:
        machine.found = [Found(fake.server, 7), Found(other.server, 8)]
        wait_until(lambda: len(fake.streams) == len(other.streams) == 1)
        fake.happen(*EVENTS[:30])
        wait_until(lambda: len(machine.bench.sessions) == 1)
        for event in EVENTS[:30]:
            other.kept.take(event)
        machine.found = [Found(other.server, 8)]
        wait_until(lambda: machine.session().outcome is not None)
        other.happen(EVENTS[30], EVENTS[31])
        wait_until(lambda: len(machine.bench.sessions) == 2)
        other.happen(*EVENTS[32:])
        wait_until(lambda: machine.is_told(1))


def test_leaving_a_server_amid_a_turn(machine: Machine, fake: FakeServer) -> None:
    """Whoever ended it has stopped the turn."""
    machine.start()
    machine.found = [Found(fake.server, 7)]
    wait_until(lambda: len(fake.streams) == 1)
    fake.happen(*EVENTS[:20])
    wait_until(lambda: len(machine.bench.sessions) == 1)
    wait_until(lambda: view_of(machine.session().produced, ended=False).state == "running")
    machine.found = []
    wait_until(lambda: machine.session().outcome is not None)
    view = view_of(machine.session().produced)
    assert "error" not in {row.kind for row in view.entries}
    assert "interrupted" in {row.name for row in view.entries}


def test_servers_of_run_are_left_to_it(machine: Machine, fake: FakeServer) -> None:
    """Nothing is asked of them."""
    machine.start()
    with FakeServer() as other:
        machine.found = [Found(fake.server, 7, is_ours=True), Found(other.server, 8)]
        wait_until(lambda: len(other.streams) == 1)
    assert fake.asked == []


def test_a_server_with_a_password(machine: Machine) -> None:
    """One sentence, that says what to do."""
    machine.start()
    with FakeServer(password="word") as fake:
        refused = Found(FakeServer.server.fget(fake), 7)  # type: ignore[attr-defined]
        fake.password = "other"
        machine.found = [refused]
        wait_until(lambda: bool(machine.bench.warnings))
        (sentence,) = machine.bench.warnings
        assert "OPENCODE_SERVER_PASSWORD" in sentence
        assert "word " not in sentence.replace("password ", "")


def test_a_session_that_another_program_publishes(
    machine: Machine, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked for again, and then told from its beginning."""
    monkeypatch.setattr(opencode, "ASK_AGAIN", 0.01)
    place = Place(machine.bench.discovery, machine.bench.warnings.append)
    key = Key("opencode", SESSION)
    assert place.open(key, Known()) is not None
    machine.start()
    machine.found = [Found(fake.server, 7)]
    wait_until(lambda: len(fake.streams) == 1)
    fake.happen(*EVENTS[:40])
    wait_until(lambda: not fake.streams[0].waiting)
    place.free(key)

    def is_told() -> bool:
        again = {"type": "session.status", "properties": {"sessionID": SESSION, "status": {}}}
        fake.send(b"data: " + json.dumps(again).encode() + b"\n\n")
        return len(machine.bench.sessions) == 2

    wait_until(is_told)
    fake.happen(*EVENTS[40:])
    wait_until(lambda: machine.is_told(1))


def test_a_beginning_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much was on its way: the second answer, which is passed over, would have what
    happened in between, and that comes no more."""
    forgotten: list[str] = []

    class Silent(reader.Reader):
        def start(self) -> None:
            said.append(self.said)

        def join(self, timeout: float) -> None:
            """Nothing was started."""

        def forget(self, session: str) -> None:
            forgotten.append(session)

    said: list[queue.Queue[Told]] = []
    monkeypatch.setattr(opencode, "Reader", Silent)
    bench = Bench(tmp_path)
    place = Place(bench.discovery, bench.warnings.append)
    stop = threading.Event()
    source = OpencodeServers({}, lambda: [Found(Server("127.0.0.1", 4096), 7)])
    thread = threading.Thread(target=source.run, args=(place, stop))
    thread.start()
    try:
        wait_until(lambda: said)
        about = About("ses_1")
        for _ in range(3):
            said[0].put(Told(about, b"", 4096))
        said[0].put(Told(about, b"", 4096, is_start=True))
        wait_until(lambda: bench.sessions)
        assert forgotten == ["ses_1"]
    finally:
        stop.set()
        thread.join()
