"""A process is there, or none can be."""

from __future__ import annotations

import os
import subprocess

import pytest

from lashtui.process.alive import is_alive


def test_a_process_until_it_has_ended() -> None:
    """This one is there; one that was waited for is not."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert is_alive(os.getpid())
    assert not is_alive(ended.pid)


@pytest.mark.parametrize("number", [0, -1, -7, 2**40, 10**30])
def test_a_number_that_no_process_has(number: int) -> None:
    """Those of groups are none, and too large ones raise nothing."""
    assert not is_alive(number)
