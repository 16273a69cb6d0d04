"""The saved cursors: atomic, private, forward only, and never in the way."""

from __future__ import annotations

import errno
import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

import lashtui.saved.cursors as saved_module
from lashd.cursor import SessionCursor, join_position
from lashd.errors import SessionCursorError
from lashtui.saved.cursors import SavedCursors
from lashtui.saved.place import OpenEntry, Place

if TYPE_CHECKING:
    from pathlib import Path


def cursor(n: int, incarnation: int = 7, session: str = "build") -> str:
    """The text of a cursor at event `n`."""
    return SessionCursor.new(session, 0, join_position(incarnation, n)).as_str()


def test_what_was_put_is_what_another_process_gets(tmp_path: Path) -> None:
    """A cursor outlives the object that saved it."""
    SavedCursors(tmp_path / "deep" / "er").put("build", cursor(3))
    assert SavedCursors(tmp_path / "deep" / "er").get("build") == cursor(3)


def test_a_session_never_left_has_no_cursor(tmp_path: Path) -> None:
    """Neither a missing directory nor a missing file is worth a warning."""
    saved = SavedCursors(tmp_path / "none")
    assert saved.get("build") is None
    assert saved.warnings == []


def test_forward_only_within_an_incarnation(tmp_path: Path) -> None:
    """An older position of the same daemon doesn't replace a newer one; another daemon's does."""
    saved = SavedCursors(tmp_path)
    saved.put("build", cursor(9))
    saved.put("build", cursor(4))
    assert saved.get("build") == cursor(9)
    saved.put("build", cursor(1, incarnation=8))
    assert saved.get("build") == cursor(1, incarnation=8)


def test_two_daemons_sessions_of_one_name_are_two(tmp_path: Path) -> None:
    """Each is left where it was left."""
    here, there = (SavedCursors(tmp_path, daemon=f"/run/{name}.sock") for name in "ab")
    here.put("build", cursor(5, 7))
    there.put("build", cursor(2, 8))
    assert here.get("build") == cursor(5, 7)
    assert there.get("build") == cursor(2, 8)


def test_another_machine_is_the_same_wherever_lashtui_is_there(tmp_path: Path) -> None:
    """Its command is how it is reached, not what it is."""
    SavedCursors(tmp_path, daemon="ssh://box").put("build", cursor(5))
    assert SavedCursors(tmp_path, daemon="ssh://box?~/bin/lashtui").get("build") == cursor(5)
    assert SavedCursors(tmp_path, daemon="ssh://attic").get("build") is None


def test_files_are_private(tmp_path: Path) -> None:
    """Mode 0600 in a directory 0700, whatever the umask."""
    old = os.umask(0)
    try:
        SavedCursors(tmp_path / "state").put("build", cursor(1))
    finally:
        os.umask(old)
    (file,) = (tmp_path / "state").glob("*.cursor")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


@pytest.mark.parametrize("session", ["a/b", "..", "x" * 256, "naïve: café", "lashsc1:1:2:x"])
def test_any_session_name_is_its_own_file(tmp_path: Path, session: str) -> None:
    """Names with slashes, dots, colons or the full length never leave the directory or collide."""
    saved = SavedCursors(tmp_path)
    saved.put(session, cursor(5, session=session))
    saved.put("other", cursor(6, session="other"))
    assert saved.get(session) == cursor(5, session=session)
    assert sorted(path.parent for path in tmp_path.rglob("*.cursor")) == [tmp_path, tmp_path]


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", b"lashsc1:1:2:other\n", b"\xff\xfe", b"lashsc1:1:2:build" + b"x" * 9999],
)
def test_a_damaged_file_is_named_and_ignored(tmp_path: Path, content: bytes) -> None:
    """Damage costs the place, once a warning, and is healed by the next save."""
    saved = SavedCursors(tmp_path)
    saved.put("build", cursor(9))
    (file,) = tmp_path.glob("*.cursor")
    file.write_bytes(content)
    assert saved.get("build") is None
    assert saved.get("build") is None
    assert len(saved.warnings) == 1
    assert str(file) in saved.warnings[0]
    saved.put("build", cursor(2))
    assert saved.get("build") == cursor(2)


def test_a_directory_that_cannot_be_made_costs_a_warning(tmp_path: Path) -> None:
    """Nothing is raised where the state can't be kept."""
    (tmp_path / "file").write_text("")
    saved = SavedCursors(tmp_path / "file" / "state")
    saved.put("build", cursor(1))
    assert len(saved.warnings) == 1
    assert "can't be saved" in saved.warnings[0]


def test_a_cursor_of_another_session_is_refused(tmp_path: Path) -> None:
    """A mix-up of sessions is the caller's error and is never stored."""
    saved = SavedCursors(tmp_path)
    with pytest.raises(SessionCursorError):
        saved.put("build", cursor(1, session="other"))
    assert saved.get("build") is None


def test_racing_writers_leave_the_furthest(tmp_path: Path) -> None:
    """Two apps on one session: whichever writes last, the furthest position stays."""
    threads = [
        threading.Thread(target=SavedCursors(tmp_path).put, args=("build", cursor(n)))
        for n in range(1, 31)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SavedCursors(tmp_path).get("build") == cursor(30)
    assert [path.suffix for path in tmp_path.iterdir()].count(".tmp") == 0


def test_the_oldest_files_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory doesn't grow without end; the newest stay."""
    monkeypatch.setattr(saved_module, "MAX_FILES", 3)
    saved = SavedCursors(tmp_path)
    for n in range(6):
        saved.put(f"s{n}", cursor(n + 1, session=f"s{n}"))
        (newest,) = (path for path in tmp_path.glob("*.cursor") if f":s{n}" in path.read_text())
        os.utime(newest, (n, n))
    assert [saved.get(f"s{n}") is not None for n in range(6)] == [False] * 3 + [True] * 3


PLACE = Place(5, "a" * 16, (OpenEntry("b" * 16, 300), OpenEntry("c" * 16)), 1.5)


def test_what_was_there_is_saved_with_the_cursor(tmp_path: Path) -> None:
    """The first line is the cursor, as before; a file without a second one is read too."""
    saved = SavedCursors(tmp_path)
    saved.put("build", cursor(9), PLACE)
    assert SavedCursors(tmp_path).place("build") == (cursor(9), PLACE)
    assert saved.get("build") == cursor(9)
    (file,) = tmp_path.glob("*.cursor")
    assert file.read_text().splitlines()[0] == cursor(9)
    saved.put("build", cursor(10))
    assert saved.place("build") == (cursor(10), None)


def test_a_place_at_the_same_cursor_is_renewed(tmp_path: Path) -> None:
    """Whoever leaves again without anything new leaves later; a bare cursor takes nothing away."""
    saved = SavedCursors(tmp_path)
    later = Place(6, PLACE.last, PLACE.open)
    saved.put("build", cursor(9), PLACE)
    saved.put("build", cursor(9), later)
    saved.put("build", cursor(9))
    saved.put("build", cursor(8), PLACE)
    assert saved.place("build") == (cursor(9), later)


@pytest.mark.parametrize("place", [b"junk", b"{}\n{}", b'{"open": 3}', b"\xff", b"[" * 5000])
def test_a_damaged_place_costs_the_place_alone(tmp_path: Path, place: bytes) -> None:
    """The cursor is there all the same, and nobody is bothered."""
    saved = SavedCursors(tmp_path)
    saved.put("build", cursor(9))
    (file,) = tmp_path.glob("*.cursor")
    file.write_bytes(cursor(9).encode() + b"\n" + place + b"\n")
    assert saved.place("build") == (cursor(9), None)
    assert saved.warnings == []


def test_a_filesystem_without_locks_costs_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app goes on; it can't come back to where it was, and says so once."""

    def no_locks(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    saved = SavedCursors(tmp_path)
    saved.put("build", cursor(3))
    saved.put("build", cursor(4))
    assert len(saved.warnings) == 1
    assert "No locks available" in saved.warnings[0]
