"""The user's command for notices, run as the app runs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lashtui.app.notices.command import NotifyCommand, run_command
from lashtui.app.notices.notice import Notice
from lashtui.saved.session_key import SessionKey
from tests.waiting import wait_until, wait_until_async

NOTICE = Notice("waiting", "a: asks; $(touch no)", SessionKey("", "a"))
WRITE = "import os,sys; open(sys.argv[1], 'a').write(os.environ['LASHTUI_TEXT'] + chr(10))"
ASKS = """
import os, sys
leads, output = os.getsid(0) == os.getpid(), os.path.realpath("/proc/self/fd/1")
open(sys.argv[1], "w").write(f"{leads} {sys.stdin.read()!r} {output}")
"""


async def test_it_is_run_without_a_shell(tmp_path: Path) -> None:
    """What an agent says stays text."""
    said = tmp_path / "said"
    problems: list[str] = []
    command = NotifyCommand([sys.executable, "-c", WRITE, str(said)], problems.append)
    command.offer([NOTICE])
    await wait_until_async(lambda: said.exists() and bool(said.read_text()))
    assert said.read_text() == "a: asks; $(touch no)\n"
    command.offer([NOTICE])
    await wait_until_async(lambda: command._timer)
    assert command._timer is not None
    command._timer.cancel()
    assert problems == []


async def test_a_program_that_is_missing_is_said_once() -> None:
    """Each time would be no news; the app goes on."""
    problems: list[str] = []
    command = NotifyCommand(["/nowhere/say", "x"], problems.append)
    command._ended("first")
    command.offer([NOTICE])
    await wait_until_async(lambda: not command._queue._is_running)
    assert problems == ["the command of [app.notify] doesn't work: first"]
    assert run_command(["/nowhere/say"], os.environ, 1.0) == (
        "/nowhere/say: No such file or directory"
    )


def test_it_has_no_terminal_and_leaves_no_process(tmp_path: Path) -> None:
    """A session of its own, nothing to read, nowhere to write."""
    out = tmp_path / "out"
    assert run_command([sys.executable, "-c", ASKS, str(out)], os.environ, 10.0) == ""
    assert out.read_text() == "True '' /dev/null"


def test_one_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """The app's notices don't pile up behind it."""
    pids = tmp_path / "pids"
    hang = ["sh", "-c", f"sleep 600 & echo $! $$ > {pids}; wait"]
    assert run_command(hang, os.environ, 0.5) == "sh: killed after 0.5 s"
    for pid in pids.read_text().split():
        wait_until(lambda pid=pid: _has_ended(pid), f"the end of process {pid}")  # type: ignore[misc]


def _has_ended(pid: str) -> bool:
    """Gone, or nobody has asked for its status yet; a signal takes a moment to kill."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
