"""A daemon whose socket, lock or directory is deleted or replaced while it serves."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from lashd.client.blocking import Client
from lashd.errors import LashdError, LifecycleError
from lashd.events import UserMessage
from lashd.paths import lock_path
from lashd.publish.publisher import Publisher
from lashd.server import door as door_module
from lashd.server.embedded import EmbeddedDaemon
from lashd.server.listen import bind
from tests.waiting import wait_until


@pytest.fixture(name="door", autouse=True)
def _door(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks often."""
    monkeypatch.setattr(door_module, "LOOK_EVERY", 0.02)


@pytest.fixture(name="place")
def _place(private_dir: Path) -> Path:
    """A socket's path in a directory that may be deleted."""
    return private_dir / "run" / "s"


def reached(path: Path) -> int | None:
    """The pid of the daemon that answers there."""
    try:
        with Client(path) as client:
            return int(client.status()["pid"])
    except LashdError:
        return None


def delete_socket(path: Path) -> None:
    path.unlink()


def delete_lock(path: Path) -> None:
    os.unlink(lock_path(str(path)))


def delete_directory(path: Path) -> None:
    shutil.rmtree(path.parent)


def replace_with_stale_socket(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))


def move_directory(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


@pytest.mark.parametrize(
    "break_it",
    [delete_socket, delete_lock, delete_directory, replace_with_stale_socket, move_directory],
)
def test_it_is_found_again(place: Path, break_it: object) -> None:
    """Whoever is connected stays so, and what was there is still there."""
    assert callable(break_it)
    with (
        EmbeddedDaemon(socket_path=place) as daemon,
        Publisher("a", socket_path=place, start_daemon=False) as publisher,
    ):
        publisher.publish(UserMessage("before"))
        assert publisher.flush(20)
        break_it(place)
        wait_until(lambda: reached(place) and os.path.exists(lock_path(str(place))))
        publisher.publish(UserMessage("after"))
        assert publisher.flush(20)
        with Client(place) as client:
            texts = [entry["text"] for entry in client.show("a")["read_view"]["entries"]]
        assert texts == ["before", "after"]
        with pytest.raises(LifecycleError, match="already running"):
            bind(place)
        daemon.stop()
        assert list(place.parent.iterdir()) == []


def test_one_whose_place_was_taken_ends_and_leaves_the_other_alone(place: Path) -> None:
    """Its publishers go over to the new one with all they have: there are never two."""
    first = EmbeddedDaemon(socket_path=place)
    first.start()
    with Publisher("a", socket_path=place, start_daemon=False) as publisher:
        publisher.publish(UserMessage("before"))
        assert publisher.flush(20)
        place.parent.rename(place.parent.with_name("elsewhere"))
        with EmbeddedDaemon(socket_path=place):
            assert first.wait(20)
            publisher.publish(UserMessage("after"))
            assert publisher.flush(20)
            with Client(place) as client:
                texts = [entry["text"] for entry in client.show("a")["read_view"]["entries"]]
            assert texts == ["before", "after"]
            assert os.path.exists(lock_path(str(place)))
    with pytest.raises(LifecycleError, match="already running"):
        first.stop()


def test_one_that_cant_listen_any_more_says_why_and_ends(place: Path) -> None:
    """Something else stands there now; it is left alone."""
    daemon = EmbeddedDaemon(socket_path=place)
    daemon.start()
    place.unlink()
    place.write_text("mine")
    assert daemon.wait(20)
    with pytest.raises(LifecycleError, match="exists and is not a socket"):
        daemon.stop()
    assert place.read_text() == "mine"
