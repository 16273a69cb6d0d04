"""Starting a command: the descriptors it gets, and the error when it can't be started."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lashtui.diagnostics import CommandError
from lashtui.process.spawn import close_quietly, spawn
from tests.waiting import children

pytestmark = pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")


def test_it_gets_its_descriptors() -> None:
    """Ours are closed; what it prints goes into the pipe that it was given."""
    reading, writing = os.pipe()
    pid = spawn(["sh", "-c", "echo out"], {1: writing}, ())
    with open(reading, "rb") as output:
        shown = output.read()  # ends only because no copy of `writing` is left here
    assert os.waitpid(pid, 0)[1] == 0
    assert shown == b"out\n"


@pytest.mark.parametrize(("name", "code"), [("no-such-command-anywhere", 127), ("plain", 126)])
def test_a_command_that_cannot_be_started(tmp_path: Path, name: str, code: int) -> None:
    """One sentence, the shells' exit codes, and no child."""
    (tmp_path / "plain").write_text("")
    command = str(tmp_path / name) if name == "plain" else name
    children_before = children()
    with pytest.raises(CommandError) as caught:
        spawn([command], {}, ())
    assert caught.value.code == code
    assert command in caught.value.message
    assert children() <= children_before


def test_closing_quietly() -> None:
    """Closed and negative descriptors are ignored."""
    reading, writing = os.pipe()
    os.close(writing)
    for descriptor in (reading, reading, -1):
        close_quietly(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)
