"""One process of a kind: the lock, who holds it, and how it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from lashtui.process.only_one import OnlyOne, end_holder, holder_of
from tests.waiting import wait_until

HOLD = """
import sys, time
from lashtui.process.only_one import OnlyOne
lock = OnlyOne.take(sys.argv[1])
print(lock is not None, flush=True)
time.sleep(60)
"""


def hold(path: Path) -> subprocess.Popen[bytes]:
    """Another process that is the one."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"True\n"
    return process


def test_one_at_a_time(tmp_path: Path) -> None:
    """The second is refused, and knows who the first is; nothing is left when it ends."""
    path = str(tmp_path / "lock")
    assert holder_of(path) is None
    first = OnlyOne.take(path)
    assert first is not None
    assert OnlyOne.take(path) is None
    assert holder_of(path) == os.getpid()
    with first:
        pass
    first.close()
    assert os.listdir(tmp_path) == []
    again = OnlyOne.take(path)
    assert again is not None
    again.close()


def test_a_crash_releases_it(tmp_path: Path) -> None:
    """What it leaves is a file that means nothing."""
    path = tmp_path / "lock"
    process = hold(path)
    assert holder_of(str(path)) == process.pid
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert path.exists()
    assert holder_of(str(path)) is None
    again = OnlyOne.take(str(path))
    assert again is not None
    assert holder_of(str(path)) == os.getpid()
    again.close()


def test_the_holder_is_ended(tmp_path: Path) -> None:
    """By a signal, and waited for."""
    path = tmp_path / "lock"
    assert end_holder(str(path), 5) is None
    process = hold(path)
    assert end_holder(str(path), 40) is True
    wait_until(lambda: process.poll() == -signal.SIGTERM)
    process.communicate()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Nobody else chooses which file is written."""
    (tmp_path / "file").write_text("precious")
    os.symlink(tmp_path / "file", tmp_path / "lock")
    try:
        OnlyOne.take(str(tmp_path / "lock"))
    except OSError:
        pass
    else:
        raise AssertionError("taken")
    assert (tmp_path / "file").read_text() == "precious"
    assert holder_of(str(tmp_path / "lock")) is None
