"""The session that was watched last."""

from __future__ import annotations

import stat
from pathlib import Path

from lashtui.saved.last_session import LastSession


def test_a_name_is_remembered_privately(tmp_path: Path) -> None:
    """Slashes, colons and any script; the file is the user's alone."""
    recent = LastSession(tmp_path / "state" / "last")
    assert recent.get() is None

    recent.put("a/b:ü")
    recent.put("日本")

    assert recent.get() == "日本"
    assert stat.S_IMODE(recent.path.stat().st_mode) == 0o600
    assert [path.name for path in recent.path.parent.iterdir()] == ["last"]


def test_a_foreign_file_is_ignored(tmp_path: Path) -> None:
    """A damaged or huge file, a directory, a place that can't be written: no name, no error."""
    path = tmp_path / "last"
    path.write_bytes(b"\xff\xfe")
    assert LastSession(path).get() is None
    path.write_bytes(b"x" * 5000)
    assert LastSession(path).get() is None
    (tmp_path / "dir").mkdir()
    assert LastSession(tmp_path / "dir").get() is None
    LastSession(path / "below" / "last").put("x")
