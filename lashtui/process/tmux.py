"""Runs tmux: a command, without a shell, for a limited time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from lashtui.text.sanitize import safe_line

LIMIT = 2.0
"""Seconds: tmux answers in milliseconds, or its server hangs."""


async def run_tmux(argv: Sequence[str], limit: float = LIMIT, *, data: bytes = b"") -> str:
    """Run it, `data` as its input; empty if that went well, else what went wrong: a safe line."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE if data else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        return f"tmux: {safe_line(error.strerror or str(error))}"
    try:
        _, said = await asyncio.wait_for(process.communicate(data or None), limit)
    except asyncio.CancelledError:
        await end_process(process)
        raise
    except TimeoutError:
        await end_process(process)
        return f"tmux has not answered for {limit:g} s"
    if process.returncode == 0:
        return ""
    words = safe_line(said[:400].decode("utf-8", "replace").strip(), 200)
    return f"tmux: {words}" if words else f"tmux failed (exit {process.returncode})"


async def end_process(process: asyncio.subprocess.Process) -> None:
    """End it at once."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
