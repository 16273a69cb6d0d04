"""What an agent's hook was told gets to who reads, and nobody else notices."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from lashtui.hooks.spool import MAX_CALLS, Spool, readers, script

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A place whose name a shell would take apart."""
    return tmp_path / "it's $HOME `here`"


def call(place: Path, told: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the hook as an agent does."""
    program = place.parent / "hook"
    program.write_text(script("An agent", str(place)))
    program.chmod(0o700)
    return subprocess.run(
        [str(program), *arguments], input=told, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", [("line",), ("all",), ()])
def test_a_call_gets_to_the_reader(place: Path, arguments: tuple[str, ...]) -> None:
    """As it was told, whatever is in it."""
    told = {"delta": "Grüße \\n 'x' $(touch no) \u2028 %s \\", "index": 3}
    with Spool(str(place)) as spool:
        done = call(place, json.dumps(told), *arguments)

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert spool.read() == [told]
        assert spool.read() == []


def test_a_long_call_in_lines_gets_there(place: Path) -> None:
    """A tool's arguments may be a large file."""
    told = {"tool_input": {"content": "line\n" * 60_000}}
    with Spool(str(place)) as spool:
        call(place, json.dumps(told, indent=1), "all")

        assert spool.read() == [told]


def test_calls_come_in_their_order(place: Path) -> None:
    """Each is a process of its own; the order is that of their ends."""
    with Spool(str(place)) as spool:
        for index in range(5):
            call(place, json.dumps({"index": index}), "line")

        assert [each["index"] for each in spool.read()] == [0, 1, 2, 3, 4]


def test_without_a_reader_nothing_is_left(place: Path) -> None:
    """Nor where the last reader was killed: its directory is still there."""
    place.mkdir()
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = place / str(dead.pid)
    left.mkdir()

    done = call(place, "{}", "line")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(left.iterdir()) == []
    with Spool(str(place)):
        assert not left.exists()
        assert readers(str(place)) == [os.getpid()]
    assert readers(str(place)) == []


def test_a_place_that_is_full_or_closed_is_no_failure(place: Path) -> None:
    """The agent would show that its hook failed."""
    with Spool(str(place)) as spool:
        for number in range(MAX_CALLS):
            os.mkdir(os.path.join(spool.folder, str(number)))
        done = call(place, "{}", "line")

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        before = len(os.listdir("/proc/self/fd"))
        assert spool.read() == []
        assert len(os.listdir("/proc/self/fd")) == before
        assert os.listdir(spool.folder) == []  # what is no call leaves room for those that are


def test_only_this_user_can_read_what_was_said(place: Path) -> None:
    """Neither the directory nor what is in it is open to others."""
    with Spool(str(place)) as spool:
        call(place, "{}", "line")

        assert os.stat(place).st_mode & 0o077 == 0
        assert os.stat(spool.folder).st_mode & 0o077 == 0
        (name,) = os.listdir(spool.folder)
        assert os.stat(os.path.join(spool.folder, name)).st_mode & 0o077 == 0


def test_what_is_not_whole_waits_and_what_is_no_call_goes(place: Path) -> None:
    """A file may be read while it is written."""
    with Spool(str(place)) as spool:
        file = os.path.join(spool.folder, "1")
        with open(file, "w") as half:
            half.write('{"a"')
            half.flush()
            assert spool.read() == []
            half.write(": 1}\n")
        os.symlink("/etc/passwd", os.path.join(spool.folder, "2"))
        with open(os.path.join(spool.folder, "3"), "w") as damaged:
            damaged.write("no\n")
        with open(os.path.join(spool.folder, "4"), "w") as deep:
            deep.write("[" * 100_000 + "\n")

        assert spool.read() == [{"a": 1}]
        assert spool.read() == []


def test_what_is_no_file_costs_nothing(place: Path) -> None:
    """Neither the agent, which a pipe would hold up, nor the reader, whose files are counted."""
    with Spool(str(place)) as spool:
        for number in range(0, MAX_CALLS, 2):
            os.mkfifo(os.path.join(spool.folder, str(number)))
            os.mkdir(os.path.join(spool.folder, str(number + 1)))
        assert call(place, "{}", "line").returncode == 0
        before = len(os.listdir("/proc/self/fd"))
        assert spool.read() == []
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_number_that_no_process_has_is_no_reader(place: Path) -> None:
    """Nor is that of a group of processes."""
    for name in ("0", "9" * 30):
        (place / name).mkdir(parents=True)
    assert readers(str(place)) == []
    with Spool(str(place)):
        assert os.listdir(place) == [str(os.getpid())]
