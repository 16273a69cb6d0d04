"""Runs a desktop's small programs: without a shell, for a limited time, apart from our terminal."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from lashtui.process.tmux import end_process, run_tmux
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from lashtui.process.clipboards import Ways

LIMIT = 2.0
"""Seconds: they answer in milliseconds, or what they need (a display) does not answer."""


async def run_tool(argv: Sequence[str], data: bytes = b"", limit: float = LIMIT) -> str:
    """Run it with `data` as its input; empty if that went well, else what went wrong.

    In a session of its own: one that goes on to serve the clipboard must not be stopped, or end,
    with us. Its output goes nowhere: such a one would keep a pipe open.
    """
    devnull = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE if data else devnull,
            stdout=devnull,
            stderr=devnull,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return _not_started(argv, error)
    try:
        async with asyncio.timeout(limit):
            if process.stdin is not None:
                await _give(process.stdin, data)
            code = await process.wait()
    except TimeoutError:
        await end_process(process)
        return f"{_name(argv)} has not answered for {limit:g} s"
    except asyncio.CancelledError:
        await end_process(process)
        raise
    return "" if code == 0 else f"{_name(argv)} failed (exit {code})"


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
    return f"{_name(argv)} failed (exit {code})" if code else ""


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
    taken = bool(ways.tmux) and not await run_tmux(ways.tmux, data=data)
    for command in ways.desktop:
        if not await run_tool(command, data):
            return True
    return taken


async def _give(stdin: asyncio.StreamWriter, data: bytes) -> None:
    with suppress(ConnectionError):  # it has ended, and its exit code says how
        stdin.write(data)
        await stdin.drain()
    stdin.close()


def _started(argv: Sequence[str]) -> subprocess.Popen[bytes]:
    # Not asyncio's: it would end a program that still runs when the loop does.
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        argv, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )


def _name(argv: Sequence[str]) -> str:
    return safe_line(os.path.basename(argv[0]), 60)


def _not_started(argv: Sequence[str], error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return f"{_name(argv)}: {safe_line(said, 200)}"
