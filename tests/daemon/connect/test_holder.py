"""Whose a socket's lock is."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from lashd.connect.holder import lock_holder
from lashd.paths import lock_path
from lashd.server.listen import bind


def test_a_daemons_lock_names_it_also_without_its_socket(private_dir: Path) -> None:
    """Asking takes nothing away from it."""
    path = str(private_dir / "s")
    assert lock_holder(path) is None
    with bind(path):
        os.unlink(path)
        assert lock_holder(path) == os.getpid()
        assert lock_holder(path) == os.getpid()
    assert lock_holder(path) is None


@pytest.mark.parametrize("text", ["", "junk\n", "-5\n"])
def test_a_lock_that_names_nobody(private_dir: Path, text: str) -> None:
    """It is being written, or is something else."""
    path = str(private_dir / "s")
    Path(lock_path(path)).write_text(text)
    with open(lock_path(path), encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert lock_holder(path) is None


def test_a_lock_that_was_left_is_nobodys(private_dir: Path) -> None:
    """Its daemon was killed; nothing is followed that is a link."""
    path = str(private_dir / "s")
    Path(lock_path(path)).write_text("4711\n")
    assert lock_holder(path) is None
    os.unlink(lock_path(path))
    os.symlink("/etc/passwd", lock_path(path))
    assert lock_holder(path) is None
