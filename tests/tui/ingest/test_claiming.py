"""A run claims the sessions that it tells, once their ids are known."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import pytest

from lashd.events import SessionOutcome
from lashtui.ingest.claiming import Claiming
from lashtui.ingest.claims import claims_folder
from lashtui.ingest.launch import Launch
from lashtui.ingest.own_screens.screen import Told
from lashtui.producers import Produced

INIT = b'{"type":"system","subtype":"init","session_id":"a-1"}\n'
EVENTS = Launch(["claude", "-p"], agent="claude", format="claude")
SCREEN = Launch(["claude"], agent="claude")


class Observed:
    """Publishes nothing."""

    is_published = True

    def __init__(self) -> None:
        self.taken = b""

    def take(self, data: bytes, source: str) -> None:
        """What was printed."""
        self.taken += data

    def tick(self) -> float | None:
        """Nothing is due."""
        return 1.5

    def finish(self, exit_code: int, *, interrupted: bool = False) -> bool:
        """All was delivered."""
        return True

    def take_warnings(self) -> list[str]:
        """One."""
        return ["a warning"]


class Session(Told):
    """One that is told."""

    def __init__(self, *names: str) -> None:
        self.names = names

    @property
    def ids(self) -> Collection[str]:
        """By now."""
        return self.names

    def poll(self) -> list[Produced]:
        """Nothing."""
        return []

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """Nothing."""
        return []


def claimed(socket: Path) -> list[str]:
    """What stands in this process's claim, without its time."""
    try:
        path = Path(claims_folder(str(socket))) / str(os.getpid())
        return path.read_text().splitlines()[1:]
    except OSError:
        return []


def test_by_what_is_printed(tmp_path: Path) -> None:
    """Everything is passed on; the end is noted."""
    socket, observed = tmp_path / "s", Observed()
    claiming = Claiming(observed, str(socket), EVENTS, 5, [])
    claiming.take(b"noise\n", "err")
    claiming.take(INIT[:20], "out")
    assert not claimed(socket)
    claiming.take(INIT[20:], "out")
    assert claimed(socket) == ["claude a-1"]
    assert observed.taken == b"noise\n" + INIT
    assert (claiming.tick(), claiming.take_warnings()) == (1.5, ["a warning"])
    assert claiming.finish(0)
    assert claimed(socket)[-1].startswith("= ")


def test_by_its_files(tmp_path: Path) -> None:
    """Further sessions of one screen too; what it draws is no event."""
    socket, first = tmp_path / "s", Session()
    told: list[Told] = [first]
    claiming = Claiming(Observed(), str(socket), SCREEN, 5, told)
    claiming.take(INIT, "out")
    claiming.tick()
    assert not claimed(socket)
    first.names = ("b-1",)
    told.append(Session("b-2"))
    claiming.tick()
    assert claimed(socket) == ["claude b-1", "claude b-2"]
    claiming.finish(0)


def test_what_the_daemon_does_not_take(tmp_path: Path) -> None:
    """Is left to the files."""
    socket, observed = tmp_path / "s", Observed()
    claiming = Claiming(observed, str(socket), EVENTS, 5, [])
    claiming.take(INIT, "out")
    observed.is_published = False
    claiming.tick()
    assert not claimed(socket)
    claiming.finish(0)
    assert not claimed(socket)


@pytest.mark.parametrize(
    ("socket", "start"),
    [("ssh://far", EVENTS), ("s", Launch(["make"])), ("\0", EVENTS)],
)
def test_where_nothing_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, socket: str, start: Launch
) -> None:
    """Another machine's daemon, no agent, no place to write: the run goes on all the same."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    claiming = Claiming(Observed(), socket.replace("\0", "file/s"), start, 5, [Session("c")])
    claiming.take(INIT, "out")
    claiming.tick()
    assert claiming.finish(0)
    assert not any(tmp_path.glob("*.claims"))
