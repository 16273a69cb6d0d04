"""Where a crash goes: a private file, with the traceback and without the values of variables.

Textual would print thousands of lines with locals, which hold the session's transcript.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path

MAX_BYTES = 256 * 1024
"""A longer traceback is cut; its end, which says most, is kept."""


def write_crash_log(error: BaseException, directory: Path) -> Path | None:
    """Write the traceback of `error` (mode 0600) over the last crash's; None if that fails."""
    path = directory / "crash.log"
    text = "".join(traceback.format_exception(error)).encode("utf-8", "replace")[-MAX_BYTES:]
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A new file each time: one that another program has open or has linked is left alone.
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(text)
    except OSError:
        return None
    return path


def crash_message(error: BaseException | None, directory: Path) -> str:
    """The one line that the person is shown; writes the log."""
    message = "lashtui: internal error"
    if error is None:
        return message
    path = write_crash_log(error, directory)
    where = f"details are in {path}" if path else "its log could not be written"
    return f"{message} ({type(error).__name__}); {where}"
