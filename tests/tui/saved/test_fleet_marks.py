"""Pins, mutes and names on disk."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lashtui.saved.fleet_marks import MAX_BYTES, MAX_NAME, MAX_SESSIONS, FleetMarks
from lashtui.saved.session_key import SessionKey

ONE, OTHER = SessionKey("", "web-13"), SessionKey("laptop", "web-13")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where they are kept."""
    return tmp_path / "state" / "fleet.json"


def test_marks_are_kept_by_host_and_session(path: Path) -> None:
    """The same name on another host is another session; what is taken back is gone."""
    marks = FleetMarks(path)
    assert (marks.pinned, marks.muted, dict(marks.names)) == (frozenset(), frozenset(), {})
    assert not path.exists()
    assert marks.set_pinned(ONE, True)
    assert marks.set_muted(OTHER, True)
    assert marks.set_name(OTHER, "  my\n deploy ")
    again = FleetMarks(path)
    assert again.pinned == {ONE}
    assert again.muted == {OTHER}
    assert dict(again.names) == {OTHER: "my deploy"}
    again.set_pinned(ONE, False)
    again.set_name(OTHER, " ")
    again.set_muted(OTHER, False)
    assert json.loads(path.read_text())["sessions"] == []
    assert marks.read()
    assert not marks.read()
    assert marks.pinned == frozenset()


def test_the_file_is_private(path: Path) -> None:
    """Names of sessions are nobody else's business."""
    FleetMarks(path).set_pinned(ONE, True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_two_apps_keep_each_others_marks(path: Path) -> None:
    """A change is made to what the file says then."""
    first, second = FleetMarks(path), FleetMarks(path)
    first.set_pinned(ONE, True)
    second.set_muted(ONE, True)
    second.set_name(OTHER, "mine")
    first.set_pinned(OTHER, True)
    for marks in (first, FleetMarks(path)):
        assert marks.pinned == {ONE, OTHER}
        assert marks.muted == {ONE}
        assert dict(marks.names) == {OTHER: "mine"}


PIN_MANY = """
import sys
from pathlib import Path
from lashtui.saved.fleet_marks import FleetMarks
from lashtui.saved.session_key import SessionKey

path, start = sys.argv[1:]
marks = FleetMarks(Path(path))
for number in range(int(start), int(start) + 30):
    marks.set_pinned(SessionKey("", f"s{number}"), True)
"""


def test_two_processes_at_once_lose_nothing(path: Path) -> None:
    """Neither overwrites what the other has just written."""
    both = [subprocess.Popen([sys.executable, "-c", PIN_MANY, path, str(n)]) for n in (0, 100)]
    assert [each.wait(30) for each in both] == [0, 0]
    assert len(FleetMarks(path).pinned) == 60


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1]", b'{"sessions": [1]}', b'{"sessions": 3}', b"\xff\xfe", b"[" * 99_999],
    ids=range(7),
)
def test_a_damaged_file_is_said_and_kept(path: Path, data: bytes) -> None:
    """It is neither fatal nor overwritten."""
    path.parent.mkdir()
    path.write_bytes(data)
    marks = FleetMarks(path)
    assert "is damaged" in marks.warnings[0]
    assert path.read_bytes() == data
    assert marks.set_pinned(ONE, True)
    aside = path.with_name("fleet.json.damaged")
    assert aside.read_bytes() == data
    assert str(aside) in marks.warnings[-1]
    assert FleetMarks(path).pinned == {ONE}


def test_marks_of_a_later_version_survive(path: Path) -> None:
    """What this one doesn't know is written back."""
    path.parent.mkdir()
    session = {"host": "", "session": "a", "colour": "red"}
    path.write_text(json.dumps({"version": 1, "sessions": [session]}))
    FleetMarks(path).set_pinned(ONE, True)
    assert session in json.loads(path.read_text())["sessions"]


def test_what_cannot_be_saved_holds_for_this_app(tmp_path: Path) -> None:
    """With a warning; the same one is not repeated."""
    (tmp_path / "state").write_text("a file where a directory should be")
    marks = FleetMarks(tmp_path / "state" / "fleet.json")
    assert not marks.set_pinned(ONE, True)
    assert not marks.set_pinned(OTHER, True)
    assert marks.pinned == {ONE, OTHER}
    assert len([text for text in marks.warnings if "can't be saved" in text]) == 1


def test_bounds(path: Path) -> None:
    """Sessions marked longest ago are forgotten, long names cut; the file stays in its bound."""
    marks = FleetMarks(path)
    marks.set_name(ONE, "x" * 1000)
    assert len(marks.names[ONE]) == MAX_NAME
    longest = [{"host": "h" * 60, "session": f"{n}{'s' * 252}"} for n in range(MAX_SESSIONS)]
    sessions = [{**each, "name": "\u4e2d" * MAX_NAME, "pinned": True} for each in longest]
    path.write_text(json.dumps({"version": 1, "sessions": sessions}, indent=1))
    marks.set_pinned(ONE, True)
    assert len(marks.pinned) == MAX_SESSIONS
    assert ONE in marks.pinned
    assert path.stat().st_size < MAX_BYTES
