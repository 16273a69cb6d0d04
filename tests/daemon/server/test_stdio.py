"""A command that was started with closed standard descriptors."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT = """
import errno, os, sys
from lashd.server.stdio import hold_standard_descriptors
hold_standard_descriptors()
problems = []
for number in map(int, sys.argv[2:]):
    try:
        os.read(0, 1) if number == 0 else os.write(number, b"x")
    except OSError as error:
        problems.append(error.errno == errno.EBADF)
    problems.append(not os.get_inheritable(number))
inside = os.pipe()
open(sys.argv[1], "w").write(f"{min(inside) > 2} {problems}")
"""


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)])
def test_closed_descriptors_stay_unusable_and_are_given_to_nobody(
    closed: tuple[int, ...], tmp_path: Path
) -> None:
    """They are bad descriptors for us and for children, and no pipe of ours gets their number."""
    report = tmp_path / "report"
    shut = " ".join(f"{number}>&-" for number in closed)
    words = [sys.executable, "-c", _SCRIPT, str(report), *map(str, closed)]
    command = ["sh", "-c", f'exec "$@" {shut}', "sh", *words]
    assert subprocess.run(command, env=os.environ, timeout=60, check=False).returncode == 0
    assert report.read_text() == f"True {[True, True] * len(closed)}"


def test_a_daemon_without_standard_descriptors_ends_orderly(tmp_path: Path) -> None:
    """libuv aborts the process when it closes a descriptor below 3 (an epoll, a socket)."""
    os.chmod(tmp_path, 0o700)
    words = [sys.executable, "-m", "lashd", "--socket", "s", "--idle-exit", "0.1"]
    command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *words]
    assert subprocess.run(command, cwd=tmp_path, timeout=60, check=False).returncode == 0
