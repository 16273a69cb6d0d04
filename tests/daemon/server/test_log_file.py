"""The daemon's own log."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lashd.server.log_file import LogFile

SCRIPT = """
import logging, os, sys
from lashd.server.log_file import LogFile
handler = LogFile(sys.argv[1], max_bytes=1000)
log = logging.getLogger()
log.addHandler(handler)
for number in range(500):
    log.warning("a line of the log, number %d", number)
    os.write(2, b"a stray line\\n")
os.write(2, b"the end\\n")
"""


def test_two_files_of_bounded_size(tmp_path: Path) -> None:
    """Whatever else is printed goes there, and counts."""
    path = tmp_path / "log"
    subprocess.run([sys.executable, "-c", SCRIPT, str(path)], check=True)
    assert sorted(os.listdir(tmp_path)) == ["log", "log.1"]
    for name in ("log", "log.1"):
        found = (tmp_path / name).stat()
        assert found.st_size <= 1100
        assert stat.S_IMODE(found.st_mode) == 0o600
    assert path.read_text().endswith("the end\n")
    assert "number 499" in path.read_text() + (tmp_path / "log.1").read_text()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Its target may be anything."""
    (tmp_path / "log").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic"):
        LogFile(str(tmp_path / "log"))
    assert not (tmp_path / "victim").exists()
