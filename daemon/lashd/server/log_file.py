"""The daemon's own log: two files of bounded size, whatever is written to them."""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler

from lashd.wire_limits import MIB

MAX_LOG_BYTES = 4 * MIB
"""Of one file; there are two, the older one with `.1` after its name. A quiet daemon fills one in
years, one in trouble keeps the last hours of it."""

_STANDARD = (1, 2)


class LogFile(RotatingFileHandler):
    """Log records in `path`; what else the process prints goes there too."""

    def __init__(self, path: str, max_bytes: int = MAX_LOG_BYTES) -> None:
        """Append to `path`, which is the user's alone.

        Raises:
            OSError: it can't be written.
        """
        super().__init__(
            path, maxBytes=max_bytes, backupCount=1, encoding="utf-8", errors="replace"
        )

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.baseFilename, flags, 0o600)
        os.fchmod(descriptor, 0o600)
        for standard in _STANDARD:
            os.dup2(descriptor, standard)
        return open(descriptor, "a", encoding=self.encoding, errors=self.errors)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (its base's name)
        """A full disk must not stop the daemon, nor print into what may be the same disk."""
