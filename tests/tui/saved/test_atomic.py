"""Files written as a whole: private or the user's own, and never half of one."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from lashtui.saved.atomic import replace_file, write_new_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """A umask that takes something from files of other modes."""
    old = os.umask(0o027)
    yield
    os.umask(old)


def mode(path: Path) -> int:
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_private_file_is_the_users_alone(tmp_path: Path) -> None:
    """Mode 0600, even if the file was open to others before."""
    path = tmp_path / "state"
    path.write_text("old")
    path.chmod(0o644)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_users_file_keeps_its_mode(tmp_path: Path) -> None:
    """A cursor file that its owner opened to a group, or closed to all, stays so."""
    path = tmp_path / "c.txt"
    replace_file(path, b"1", private=False)
    assert mode(path) == 0o640, "a new file has what the umask leaves"
    for chosen in (0o600, 0o664):
        path.chmod(chosen)
        replace_file(path, b"2", private=False)
        assert mode(path) == chosen


def test_a_failed_replacement_leaves_the_old_file(tmp_path: Path) -> None:
    """What can't be written changes nothing and leaves nothing behind."""
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "taken", b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_a_link_in_place_of_the_temporary_is_not_followed(tmp_path: Path) -> None:
    """In a shared directory somebody else may have put it there."""
    (tmp_path / f".c.txt.{os.getpid()}.tmp").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic"):
        replace_file(tmp_path / "c.txt", b"x")
    assert not (tmp_path / "victim").exists()


def test_a_new_file_never_replaces_another(tmp_path: Path) -> None:
    """The next free number is taken; a symbolic link counts as a file and is not followed."""
    first = write_new_file(tmp_path, "build.md", b"1")
    second = write_new_file(tmp_path, "build.md", b"2")
    assert (first.name, second.name) == ("build.md", "build-2.md")
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")
    assert mode(first) == 0o600
    (tmp_path / "build-3.md").symlink_to(tmp_path / "elsewhere")
    assert write_new_file(tmp_path, "build.md", b"4").name == "build-4.md"
    assert not (tmp_path / "elsewhere").exists()


def test_a_new_file_in_a_missing_directory(tmp_path: Path) -> None:
    """The error of the system is raised."""
    with pytest.raises(OSError, match="No such file"):
        write_new_file(tmp_path / "none", "build.md", b"")
