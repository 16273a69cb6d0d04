"""Stopping without a shell. What a shell sees of it is tested in a real one."""

from __future__ import annotations

import os
import subprocess
import sys

from lashtui.app import jobs


def test_what_is_no_terminal_is_nobody_elses() -> None:
    """A terminal that is gone holds nobody up."""
    reader, writer = os.pipe()
    assert jobs.is_foreground(reader)
    os.close(reader)
    os.close(writer)
    assert jobs.is_foreground(reader)


def test_where_no_shell_could_bring_it_back_it_goes_on() -> None:
    """As the only program of a terminal's window: stopped, it would be lost."""
    program = "from lashtui.app.jobs import stop_until_foreground as stop; stop(0, lambda: False)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0
