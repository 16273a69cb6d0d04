"""The terminal driver: Textual's, but at ease with a terminal that goes away.

Textual's writer thread dies of the first failed write; then its queue fills and the whole program
waits for ever. Here what can't be written is dropped, so that a hang-up ends like any detach. And
where stderr is redirected the picture still goes to the terminal.
"""

from __future__ import annotations

import sys
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class ForgivingFile:
    """A terminal's file whose writes fail in silence once it is gone."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write, if there is still somebody to read."""
        try:
            self._file.write(text)
        except (OSError, ValueError):
            pass

    def flush(self) -> None:
        """Flush, likewise."""
        try:
            self._file.flush()
        except (OSError, ValueError):
            pass

    def fileno(self) -> int:
        """The terminal's."""
        return self._file.fileno()


class LashDriver(LinuxDriver):
    """Writes to the terminal, whichever of our files that is; outlives it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        terminal = sys.__stderr__
        if (terminal is None or not terminal.isatty()) and sys.__stdout__ is not None:
            terminal = sys.__stdout__
        assert terminal is not None
        self._file: Any = ForgivingFile(terminal)

    def _run_input_thread(self) -> None:
        """Read keys until the end; a terminal that is gone has none, and the hang-up is on its way.

        Any other error is a bug, and is left to the app's own handling of crashes.
        """
        try:
            self.run_input_thread()
        except OSError:
            pass
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)  # noqa: SLF001
