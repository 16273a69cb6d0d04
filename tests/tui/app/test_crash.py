"""The crash log."""

from __future__ import annotations

import stat
from pathlib import Path

from lashtui.app.crash import MAX_BYTES, write_crash_log


def crash(depth: int = 0) -> Exception:
    """An error with a traceback."""
    try:
        if depth:
            raise ValueError("x" * depth)
        raise ValueError("what went wrong")
    except ValueError as error:
        return error


def test_log_is_private_and_replaced(tmp_path: Path) -> None:
    """Mode 0600 in a directory made 0700; the last crash only."""
    directory = tmp_path / "state"
    first = write_crash_log(crash(), directory)
    assert first is not None
    assert "what went wrong" in first.read_text()
    first.chmod(0o644)
    second = write_crash_log(crash(5), directory)
    assert second == first
    assert "what went wrong" not in first.read_text()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_log_is_bounded(tmp_path: Path) -> None:
    """An error with a megabyte of message keeps its end."""
    path = write_crash_log(crash(4 * MAX_BYTES), tmp_path)
    assert path is not None
    assert path.stat().st_size == MAX_BYTES


def test_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    """A link that lies where the log goes is replaced; what it points to stays."""
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / "crash.log").symlink_to(target)
    assert write_crash_log(crash(), tmp_path) is not None
    assert target.read_text() == "precious"


def test_no_place_for_the_log(tmp_path: Path) -> None:
    """A directory that can't be made costs the log, not a second crash."""
    file = tmp_path / "file"
    file.write_text("")
    assert write_crash_log(crash(), file / "below") is None
