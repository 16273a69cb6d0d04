"""A command of ours that goes on in the background: started, heard until it is ready, logged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from lashd.errors import LifecycleError
from lashd.paths import make_private_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_LOG: Final = 1024 * 1024
"""Bytes of a log; what is older is left out then. A quiet program fills it in years."""
MAX_REPORT: Final = 256 * 1024
"""Bytes that are heard of one that starts."""

_STOPS: Final = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
"""What a terminal stops its jobs with."""


def start(words: Sequence[str], log: str, heard: Callable[[str], None]) -> int | None:
    """Run `lashtui` with these words in the background; its exit code if it ended at once.

    It gets `--report-to DESCRIPTOR`, writes lines for the user there, and closes it when it is
    ready; `heard` gets each line. All else that it prints goes to the log.

    Raises:
        LifecycleError: it can't be started; the message says why.
    """
    make_private_dir(os.path.dirname(log))
    try:
        out = open_log(log)
    except OSError as error:
        raise LifecycleError(f"can't write the log {log}: {error.strerror}") from None
    reading, writing = os.pipe()
    try:
        # Ctrl-Z in the moment before it leaves our process group must not stop it there.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "lashtui", *words, "--report-to", str(writing)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                pass_fds=[writing],
                start_new_session=True,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    except OSError as error:
        os.close(reading)
        raise LifecycleError(f"can't run {sys.executable}: {error.strerror}") from None
    finally:
        os.close(writing)
        os.close(out)
    is_ready = False
    with open(reading, encoding="utf-8", errors="replace") as report:
        while line := report.readline(MAX_REPORT):
            is_ready = is_ready or line == f"{READY}\n"
            if not is_ready:
                heard(line.rstrip("\n"))
    if is_ready:
        process.returncode = 0  # it goes on, and nobody here waits for it
        return None
    return process.wait()


READY: Final = "\x00ready"
"""The last line of a report."""


def open_log(path: str) -> int:
    """A log, which is the user's alone, to append to.

    Raises:
        OSError: it can't be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    bound_log(descriptor)
    return descriptor


def bound_log(descriptor: int) -> None:
    """Begin a log that has become too long again."""
    if os.fstat(descriptor).st_size > MAX_LOG:
        os.ftruncate(descriptor, 0)
