"""Running a desktop's small programs for a limited time."""

from __future__ import annotations

import os
import pty
import signal
import sys
from functools import partial
from pathlib import Path

import anyio

from lashtui.process.clipboards import Ways
from lashtui.process.tools import copy_by, run_on_terminal, run_tool, start_tool
from tests.waiting import wait_until_async

HANGS = "import signal; signal.pause()"


def python(code: str, *args: str) -> tuple[str, ...]:
    """A program that does this."""
    return (sys.executable, "-c", code, *args)


def takes(file: Path) -> tuple[str, ...]:
    """A program that puts its input into `file`."""
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"
    return python(code, str(file))


def is_there(pid: int) -> bool:
    """Whether the process has not ended, or nobody has waited for it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_it_gets_all_of_its_input(tmp_path: Path) -> None:
    """More than a pipe holds, to the character."""
    text = "é\t中\n" * 100_000
    assert await run_tool(takes(tmp_path / "got"), text.encode(), 30.0) == ""
    assert (tmp_path / "got").read_text() == text


async def test_what_went_wrong_is_said_in_one_line() -> None:
    """It failed, it is not there, it took nothing."""
    name = Path(sys.executable).name
    assert await run_tool(python("raise SystemExit(4)")) == f"{name} failed (exit 4)"
    assert (await run_tool(["/nowhere/\x07xclip"])) == "xclip: No such file or directory"
    assert (await run_tool(["a\0b"])).startswith("ab: ")
    assert await run_tool(python("raise SystemExit(1)"), b"x" * 10**6) == f"{name} failed (exit 1)"


async def test_its_own_words_are_heard_where_it_leaves_nothing_behind() -> None:
    """Nothing if all went well; else what it says, made safe."""
    say = "import sys; sys.stderr.write('can\\'t find pane: %9\\x1b[31m\\n'); sys.exit(1)"
    name = Path(sys.executable).name
    assert await run_tool(python("pass"), hears=True) == ""
    assert await run_tool(python(say), hears=True) == f"{name}: can't find pane: %9"
    failed = await run_tool(python("raise SystemExit(3)"), hears=True)
    assert failed == f"{name} failed (exit 3)"


async def test_one_that_serves_the_clipboard_from_behind_is_done() -> None:
    """As xclip does: the child that stays keeps our pipes from closing, if it has any."""
    code = "import os, signal, sys\nif os.fork() == 0:\n signal.alarm(20); signal.pause()"
    assert await run_tool(python(code), b"text", 10.0) == ""


async def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    """No process is left, and the app waits no longer than the limit; nor if it is not wanted."""
    pid = tmp_path / "pid"
    code = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid())); " + HANGS
    said = await run_tool(python(code, str(pid)), limit=1.0)
    assert said == f"{Path(sys.executable).name} has not answered for 1 s"
    assert not is_there(int(pid.read_text()))
    other = tmp_path / "other"
    async with anyio.create_task_group() as group:
        group.start_soon(partial(run_tool, python(code, str(other)), limit=60.0))
        await wait_until_async(lambda: other.exists() and other.read_text())
        group.cancel_scope.cancel()
    await wait_until_async(lambda: not is_there(int(other.read_text())))


async def test_one_that_runs_on_is_left_alone(tmp_path: Path) -> None:
    """A browser's first window runs as long as it is open; one that fails at once says so."""
    pid = tmp_path / "pid"
    code = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid())); " + HANGS
    assert await start_tool(python(code, str(pid)), 0.5) == ""
    await wait_until_async(lambda: pid.exists() and pid.read_text())
    assert is_there(int(pid.read_text()))
    os.kill(int(pid.read_text()), signal.SIGKILL)
    name = Path(sys.executable).name
    assert await start_tool(python("raise SystemExit(3)"), 20.0) == f"{name} failed (exit 3)"
    assert await start_tool(python("pass"), 20.0) == ""
    assert await start_tool(["/nowhere/open"]) == "open: No such file or directory"


async def test_a_program_on_the_terminal(tmp_path: Path) -> None:
    """It has it to itself until it ends, whatever it ends with."""
    ours, theirs = pty.openpty()
    code = "import sys; assert sys.stdin.isatty(); open(sys.argv[1], 'w').write('x'); sys.exit(3)"
    terminal = os.ttyname(theirs)
    assert await run_on_terminal(python(code, str(tmp_path / "ran")), terminal) == ""
    assert (tmp_path / "ran").exists()
    assert await run_on_terminal(["/nowhere/ed"], terminal) == "ed: No such file or directory"
    assert (await run_on_terminal(["x"], "/nowhere/tty")).startswith("no terminal: ")
    os.close(ours)
    os.close(theirs)


async def test_a_copy_arrives_by_the_first_way_that_works(tmp_path: Path) -> None:
    """tmux and the desktop both get it; of the desktop's programs one is enough."""
    got, other, third = (tmp_path / name for name in ("a", "b", "c"))
    fails = python("raise SystemExit(1)")
    assert await copy_by(Ways(takes(got), (fails, takes(other), takes(third))), "x\n")
    assert got.read_text() == other.read_text() == "x\n"
    assert not third.exists()
    assert await copy_by(Ways(takes(got), (fails,)), "y")
    assert await copy_by(Ways(fails, (takes(other),)), "y")
    assert not await copy_by(Ways(fails, (fails,)), "y")
    assert not await copy_by(Ways(), "y")
