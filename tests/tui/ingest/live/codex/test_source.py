"""The app server's sessions beside those of files, over a real socket."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from lashd.events import SessionOutcome
from lashtui.ingest.discovery import Discovery, Root
from lashtui.ingest.live.codex import follower as module
from lashtui.ingest.live.codex.source import CodexServer
from lashtui.ingest.live.place import Place
from lashtui.ingest.live.source import Running
from lashtui.ingest.transcripts import About
from tests.tui.ingest.live.codex.server import FakeServer, turn_of_recording
from tests.tui.ingest.live.codex.test_socket import serving
from tests.tui.ingest.test_discovery import FakeSession
from tests.waiting import wait_until

THREAD, TURN = turn_of_recording()
ID = THREAD["id"]


class Served:
    """A fake server on a socket, and a discovery with the source."""

    def __init__(self, home: Path) -> None:
        self.socket = home / "app-server-control" / "app-server-control.sock"
        self.socket.parent.mkdir(mode=0o700)
        self.fake = FakeServer()
        self.fake.add({**THREAD, "path": str(home / "sessions" / f"rollout-x-{ID}.jsonl")})
        (home / "sessions").mkdir()
        self.clients: list[ServerConnection] = []
        self.sessions: list[FakeSession] = []
        self.warnings: list[str] = []
        self.discovery = Discovery(
            [Root(os.path.realpath(home / "sessions"), False)],
            self._open,
            since=3600,
            warn=self.warnings.append,
        )
        self.running = Running(
            [CodexServer(str(home))], Place(self.discovery, self.warnings.append)
        )

    def _open(self, about: About, path: str) -> FakeSession:
        self.sessions.append(FakeSession(about, path))
        return self.sessions[-1]

    def handle(self, client: ServerConnection) -> None:
        """Serve one client."""
        self.clients.append(client)
        try:
            for message in client:
                for answer in self.fake.take(str(message).encode()):
                    client.send(json.dumps(answer))
        except ConnectionClosed:
            pass

    def say(self, words: list[dict[str, Any]]) -> None:
        """The thread says this."""
        for word in words:
            if word["method"] == "turn/started":
                wait_until(lambda: ID in self.fake.joined)
            if self.fake.note(word):
                self.clients[-1].send(json.dumps(word))


@pytest.fixture
def served(private_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """One that is tried again at once."""
    monkeypatch.setattr(module, "LOOK_EVERY", 0.02)
    served = Served(private_dir)
    served.running.start()
    yield served
    served.running.stop(5)


def test_it_waits_for_a_server_and_leaves_without_a_trace(served: Served) -> None:
    """What is told is what the screen shows; nothing is left subscribed or answered."""
    with serving(served.socket, served.handle):
        wait_until(lambda: bool(served.sessions))
        served.say(TURN)
        wait_until(lambda: served.sessions[0].prose == ["It needs leave.", "It was allowed."])
        assert served.sessions[0].about.session == "codex-cf6e0ae8"[:6] + ID[-8:]
        served.running.stop(5)
        assert served.fake.answers == []
    served.discovery.end()
    assert len(served.sessions) == 1
    assert served.sessions[0].outcome is not None
    assert served.warnings == []


def test_a_server_that_starts_again_is_joined_again(served: Served) -> None:
    """The session goes on where it was: nothing comes twice."""
    with serving(served.socket, served.handle):
        wait_until(lambda: bool(served.sessions))
        served.say(TURN[:8])
        for client in served.clients:
            client.socket.close()
    os.unlink(served.socket)
    served.fake.joined.clear()
    with serving(served.socket, served.handle):
        wait_until(lambda: ID in served.fake.joined)
        served.say(TURN[8:])
        wait_until(
            lambda: (
                served.sessions[-1].prose != []
                and served.sessions[-1].prose[-1] == "It was allowed."
            )
        )
    assert served.sessions[-1].prose == ["It needs leave.", "It was allowed."]


def test_a_socket_that_must_not_be_used_is_said_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is tried."""
    served.socket.parent.chmod(0o777)
    served.socket.write_text("")
    wait_until(lambda: bool(served.warnings))
    served.running.stop(5)
    assert len(served.warnings) == 1
    assert "other users may write to" in served.warnings[0]
    assert "\n" not in served.warnings[0]


def test_it_stops_soon_beside_a_server_that_says_nothing(served: Served) -> None:
    """Whatever it waits for."""
    served.fake.is_silent = True
    came = threading.Event()

    def handle(client: ServerConnection) -> None:
        came.set()
        served.handle(client)

    with serving(served.socket, handle):
        assert came.wait(5)
        served.running.stop(5)
        assert all(not each.is_alive() for each in served.running._threads)


def test_a_closed_thread_ends_and_stays_ended(served: Served) -> None:
    """Its file is followed again only if it grows."""
    with serving(served.socket, served.handle):
        wait_until(lambda: bool(served.sessions))
        served.say(TURN)
        served.fake.threads.clear()
        served.clients[-1].send(json.dumps({"method": "thread/closed", "params": {"threadId": ID}}))
        wait_until(lambda: served.sessions[0].outcome is SessionOutcome.SUCCESS)
    assert len(served.sessions) == 1
