"""Where an agent runs, as the system shows it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lashtui.process.where import (
    MAX_ENVIRONMENT,
    environment,
    real_directory,
    where_of_process,
)


def stat_of(device: int, name: str = "a) (b") -> bytes:
    """A process's `stat` with this terminal."""
    return f"12 ({name}) S 1 12 12 {device} 12 4194560 1 2".encode()


def test_another_process_is_looked_at_in_bounds(tmp_path: Path) -> None:
    """One that is not there, or of another user, tells nothing."""
    folder = tmp_path / "12"
    folder.mkdir()
    padding = b"X=" + b"x" * MAX_ENVIRONMENT + b"\0"
    (folder / "environ").write_bytes(b"TMUX=/t/d,1,0\0TMUX_PANE=%3\0odd\0" + padding + b"TMUX=/u\0")
    (folder / "stat").write_bytes(stat_of(os.makedev(136, 5)))
    found = where_of_process(12, str(tmp_path))
    assert found is not None
    assert (found["pid"], found["tty"]) == (12, "/dev/pts/5")
    assert found["tmux"] == {"socket": "/t/d", "pane": "%3"}
    assert where_of_process(13, str(tmp_path)) is None
    assert environment(b"a=b=c\0\xff=x\0") == {"a": "b=c", "\ufffd": "x"}


def test_a_process_of_another_user_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its environment is its own, even where root could read it."""
    (tmp_path / "12").mkdir()
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    assert where_of_process(12, str(tmp_path)) is None


def test_a_directory_that_no_system_can_have_is_no_other(tmp_path: Path) -> None:
    """An agent's file may name any; one that is there is known by its true name."""
    (tmp_path / "link").symlink_to(tmp_path)
    assert real_directory(str(tmp_path / "link")) == os.path.realpath(tmp_path)
    for name in ("/a\0b", "/a\ud800b"):
        assert real_directory(name) == name
