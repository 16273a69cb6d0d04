"""The cursor file: one reader's, whole, at most once a second."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from lashtui.diagnostics import CommandError
from lashtui.saved.cursor_file import CursorFile

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO, THREE = (f"lashsc1:0:{n}:s" for n in (1, 2, 3))


def test_a_first_run_has_no_cursor_and_leaves_one(tmp_path: Path) -> None:
    """Nothing but the file stays behind."""
    path = tmp_path / "c.txt"
    file = CursorFile(str(path))
    assert file.read() is None
    file.update(ONE, now=0.0)
    file.close()
    assert path.read_text() == ONE + "\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.txt"]
    again = CursorFile(str(path))
    assert again.read() == ONE
    again.close()


def test_an_empty_file_counts_as_missing(tmp_path: Path) -> None:
    """With a file made by `touch`, or left by a full disk, the stream starts over."""
    path = tmp_path / "c.txt"
    path.write_text("\n")
    file = CursorFile(str(path))
    assert file.read() is None
    file.close()


@pytest.mark.parametrize(
    "content", [b"junk", b"lashsc1:1:2:", b"\xff", b"lashsc1:1:2:" + b"x" * 2000]
)
def test_damage_is_a_usage_error_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    """A stream that began elsewhere than its file says would lose or repeat unnoticed."""
    path = tmp_path / "c.txt"
    path.write_bytes(content)
    file = CursorFile(str(path))
    with pytest.raises(CommandError) as caught:
        file.read()
    file.close()
    assert caught.value.code == 2
    assert str(path) in caught.value.message
    assert path.read_bytes() == content


def test_at_most_once_a_second(tmp_path: Path) -> None:
    """The first is written at once, the next when due; the end writes whatever is pending."""
    path = tmp_path / "c.txt"
    file = CursorFile(str(path))
    file.update(ONE, now=10.0)
    file.update(TWO, now=10.5)
    assert path.read_text().strip() == ONE
    assert file.due() == 11.0
    file.update(THREE, now=11.0)
    assert path.read_text().strip() == THREE
    assert file.due() is None
    file.update(TWO, now=11.1)
    file.write(11.2)
    assert path.read_text().strip() == TWO
    file.close()


def test_what_is_on_disk_is_not_written_again(tmp_path: Path) -> None:
    """A quiet stream leaves the file alone."""
    path = tmp_path / "c.txt"
    path.write_text(ONE)
    before = path.stat().st_ino
    file = CursorFile(str(path))
    file.read()
    file.update(ONE, now=5.0)
    file.write(6.0)
    file.close()
    assert path.stat().st_ino == before


def test_a_second_user_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    """Two readers of one file would move each other back."""
    path = tmp_path / "c.txt"
    first = CursorFile(str(path))
    with pytest.raises(CommandError, match="in use"):
        CursorFile(str(path))
    first.close()
    CursorFile(str(path)).close()


def test_a_lock_left_by_a_crash_does_not_bar_the_next(tmp_path: Path) -> None:
    """A lock dies with its process, although its file stays."""
    (tmp_path / ".c.txt.lock").touch()
    CursorFile(str(tmp_path / "c.txt")).close()
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_followed(tmp_path: Path) -> None:
    """The file behind a link is replaced, not the link; both names share the lock."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real" / "c.txt")
    file = CursorFile(str(link))
    with pytest.raises(CommandError):
        CursorFile(str(tmp_path / "real" / "c.txt"))
    file.update(ONE, now=0.0)
    file.close()
    assert link.is_symlink()
    assert (tmp_path / "real" / "c.txt").read_text().strip() == ONE


def test_a_missing_directory_is_reported(tmp_path: Path) -> None:
    """Before anything is streamed, not at its end."""
    with pytest.raises(CommandError, match="can't use the cursor file") as caught:
        CursorFile(str(tmp_path / "none" / "c.txt"))
    assert caught.value.code == 1


def test_a_directory_that_vanishes_is_reported(tmp_path: Path) -> None:
    """The cursor could not be stored: the command must not end as if it were."""
    folder = tmp_path / "d"
    folder.mkdir()
    file = CursorFile(str(folder / "c.txt"))
    os.unlink(folder / ".c.txt.lock")
    folder.rmdir()
    with pytest.raises(CommandError, match="can't write"):
        file.update(ONE, now=0.0)
    file.close()


def test_the_owner_s_mode_stays(tmp_path: Path) -> None:
    """The file is the user's: replacing it changes neither who may read it nor who may write it."""
    path = tmp_path / "c.txt"
    path.touch()
    path.chmod(0o664)
    file = CursorFile(str(path))
    file.update(ONE, now=0.0)
    file.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o664


def test_a_filesystem_without_locks_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else uses the file: two readers could, and neither would know."""

    def no_locks(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(CommandError, match="No locks available; keep it in"):
        CursorFile(str(tmp_path / "c.txt"))
    assert list(tmp_path.iterdir()) == []
