"""The connection is kept, and left when asked to."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lashtui.ingest.live.codex import follower as module
from lashtui.ingest.live.codex.follower import Follower
from tests.tui.ingest.live.codex.server import FakeSessions
from tests.tui.ingest.live.codex.test_socket import serving
from tests.tui.ingest.live.codex.test_source import Served
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 0.02)


def test_it_knows_whether_a_server_answers(private_dir: Path) -> None:
    """As long as one does."""
    served = Served(private_dir)
    follower = Follower(str(private_dir), FakeSessions())
    stop = threading.Event()
    thread = threading.Thread(target=follower.run, args=(stop,))
    thread.start()
    assert not follower.is_connected
    with serving(served.socket, served.handle):
        wait_until(lambda: follower.is_connected)
        for client in served.clients:
            client.socket.close()
    wait_until(lambda: not follower.is_connected)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_refusal_is_said_once(private_dir: Path) -> None:
    """However often it is tried."""
    served = Served(private_dir)
    served.fake.refuses.add("initialize")
    sessions = FakeSessions()
    follower = Follower(str(private_dir), sessions)
    stop = threading.Event()
    thread = threading.Thread(target=follower.run, args=(stop,))
    with serving(served.socket, served.handle):
        thread.start()
        wait_until(lambda: len(served.clients) > 2)
        stop.set()
        thread.join(5)
    assert sessions.warnings == ["it is not followed: it refused us: no rollout found"]


def test_whatever_goes_wrong_is_said_and_tried_again(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written into a screen that is watched."""
    served = Served(private_dir)
    sessions = FakeSessions()
    tries: list[str] = []

    def broken(home: str) -> str:
        tries.append(home)
        raise ValueError("a\nb")

    monkeypatch.setattr(module, "find_socket", broken)
    stop = threading.Event()
    thread = threading.Thread(target=Follower(str(private_dir), sessions).run, args=(stop,))
    thread.start()
    wait_until(lambda: len(tries) > 1)
    stop.set()
    thread.join(5)
    assert sessions.warnings == ["it is not followed: ValueError: a b"]
    assert served.clients == []
