"""Runs tmux and a desktop's small programs: without a shell, for a limited time, apart from us."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from lashtui.process.clipboards import Ways

LIMIT = 2.0
"""Seconds: they answer in milliseconds, or what they need (a display, tmux's server) hangs."""


async def run_tool(
    argv: Sequence[str], data: bytes = b"", limit: float = LIMIT, *, hears: bool = False
) -> str:
    """Run it with `data` as its input; empty if that went well, else what went wrong: a safe line.

    In a session of its own: one that goes on to serve the clipboard must not be stopped, or end,
    with us. Its output goes nowhere: such a one would keep a pipe open. With `hears`, for one that
    leaves nothing behind, its errors are what went wrong.
    """
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=pipe if data else nothing,
            stdout=nothing,
            stderr=pipe if hears else nothing,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return _not_started(argv, error)
    try:
        async with asyncio.timeout(limit):
            _, said = await process.communicate(data or None)
    except TimeoutError:
        await _end(process)
        return f"{_name(argv)} has not answered for {limit:g} s"
    except asyncio.CancelledError:
        await _end(process)
        raise
    if process.returncode == 0:
        return ""
    words = safe_line((said or b"")[:400].decode("utf-8", "replace").strip(), 200)
    return f"{_name(argv)}: {words}" if words else _failed(argv, process.returncode)


async def start_tool(argv: Sequence[str], limit: float = LIMIT) -> str:
    """Start a program that may run on; empty unless it fails within `limit` seconds.

    It is neither stopped nor ended with us, and no shell sees it.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def told(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    def wait() -> None:
        code = process.wait()
        with suppress(RuntimeError):  # the app has ended before it
            loop.call_soon_threadsafe(told, code)

    try:
        process = _started(argv)
    except (OSError, ValueError) as error:
        return _not_started(argv, error)
    # Of its own, because nobody waits for a daemon's thread at the end.
    Thread(target=wait, daemon=True).start()
    done, _ = await asyncio.wait([ended], timeout=limit)
    code = ended.result() if done else 0
    return _failed(argv, code) if code else ""


async def run_on_terminal(argv: Sequence[str], terminal: str = "/dev/tty") -> str:
    """Run a program that has our terminal to itself; empty, or why it could not be started."""
    try:
        descriptor = os.open(terminal, os.O_RDWR)
    except OSError as error:
        return f"no terminal: {error.strerror}"
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=descriptor, stdout=descriptor, stderr=descriptor
        )
    except (OSError, ValueError) as error:
        return _not_started(argv, error)
    finally:
        os.close(descriptor)
    await process.wait()
    return ""


async def copy_by(ways: Ways, text: str) -> bool:
    """Whether some program took `text`: tmux, the desktop's clipboard, or both."""
    data = text.encode("utf-8", "replace")
    taken = bool(ways.tmux) and not await run_tool(ways.tmux, data)
    for command in ways.desktop:
        if not await run_tool(command, data):
            return True
    return taken


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _started(argv: Sequence[str]) -> subprocess.Popen[bytes]:
    # Not asyncio's: it would end a program that still runs when the loop does.
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        argv, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )


def _name(argv: Sequence[str]) -> str:
    return safe_line(os.path.basename(argv[0]), 60)


def _failed(argv: Sequence[str], code: int | None) -> str:
    return f"{_name(argv)} failed (exit {code})"


def _not_started(argv: Sequence[str], error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return f"{_name(argv)}: {safe_line(said, 200)}"
