"""Runs a desktop's small programs: without a shell, for a limited time, apart from our terminal."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
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
    name = safe_line(os.path.basename(argv[0]), 60)
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
        return f"{name}: {safe_line(getattr(error, 'strerror', None) or str(error), 200)}"
    try:
        async with asyncio.timeout(limit):
            if process.stdin is not None:
                await _give(process.stdin, data)
            code = await process.wait()
    except TimeoutError:
        await end_process(process)
        return f"{name} has not answered for {limit:g} s"
    except asyncio.CancelledError:
        await end_process(process)
        raise
    return "" if code == 0 else f"{name} failed (exit {code})"


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
