"""Runs the user's command for notices, beside the app: nothing that it does reaches the app."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from lashtui.app.notices.notice import Notice
from lashtui.app.notices.queue import NotifyQueue
from lashtui.text.sanitize import safe_line

LONGEST = 10.0
"""Seconds until a command that has not ended is killed: it says something and goes."""


class NotifyCommand:
    """The command, run for notices. To be used in the event loop only.

    Args:
        command: the program and its arguments.
        on_problem: called in the loop with why it doesn't work, the first time.
    """

    def __init__(self, command: Sequence[str], on_problem: Callable[[str], None]) -> None:
        self._command = list(command)
        self._on_problem: Callable[[str], None] | None = on_problem
        self._queue = NotifyQueue()
        self._timer: asyncio.TimerHandle | None = None

    def offer(self, notices: Sequence[Notice]) -> None:
        """Tell these, now or soon."""
        self._queue.offer(notices)
        self._go_on()

    def _go_on(self) -> None:
        loop, now = asyncio.get_running_loop(), time.monotonic()
        wait = self._queue.wait(now)
        if wait is None or (wait > 0 and self._timer is not None):
            return
        if wait > 0:
            self._timer = loop.call_later(wait, self._timer_rang)
            return
        environment = {**os.environ, **self._queue.begin(now)}
        # A thread that the app's end does not wait for: even to start a program may take long.
        threading.Thread(
            target=self._run, args=(loop, environment), name="notify", daemon=True
        ).start()

    def _timer_rang(self) -> None:
        self._timer = None
        self._go_on()

    def _run(self, loop: asyncio.AbstractEventLoop, environment: Mapping[str, str]) -> None:
        problem = run_command(self._command, environment, LONGEST)
        with suppress(RuntimeError):  # the app has ended
            loop.call_soon_threadsafe(self._ended, problem)

    def _ended(self, problem: str) -> None:
        self._queue.end()
        if problem and self._on_problem is not None:
            on_problem, self._on_problem = self._on_problem, None
            on_problem(f"the command of [app.notify] doesn't work: {problem}")
        self._go_on()


def run_command(command: Sequence[str], environment: Mapping[str, str], longest: float) -> str:
    """Run it to its end, without a terminal; why it can't be, or was killed, or "".

    It gets a session of its own, which is killed as a whole.
    """
    try:
        child = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return safe_line(f"{command[0]}: {why}")
    try:
        child.wait(longest)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return safe_line(f"{command[0]}: killed after {longest:g} s")
    return ""
