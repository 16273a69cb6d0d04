"""The driver of a terminal that may go away."""

from __future__ import annotations

import os
import pty

from lashtui.app.driver import ForgivingFile


def test_writing_to_a_terminal_that_is_gone_is_no_error() -> None:
    """Before it hangs up everything arrives, after it nothing is raised."""
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as terminal:
        file = ForgivingFile(terminal)
        file.write("hello")
        file.flush()
        assert os.read(ours, 100) == b"hello"
        assert file.fileno() == theirs
        os.close(ours)
        file.write("anybody?" * 10_000)
        file.flush()
        file.flush()
        # The file itself would try once more when it is closed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), theirs)
