"""Which processes run, and what they have open."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lashtui.process.others import Command, commands_above, processes


def test_open_files_are_read(tmp_path: Path) -> None:
    """What is no file is left out, and so is a process that ended; those that hide are named."""
    open_file = tmp_path / "rollout.jsonl"
    for number, name in (("12", "codex"), ("13", "sh"), ("15", "ended"), ("self", "x")):
        (tmp_path / "proc" / number).mkdir(parents=True)
        (tmp_path / "proc" / number / "comm").write_text(f"{name}\n")
    (tmp_path / "proc" / "12" / "fd").mkdir()
    (tmp_path / "proc" / "13" / "fd").write_text("not for us")
    (tmp_path / "proc" / "14").mkdir()
    os.symlink(open_file, tmp_path / "proc" / "12" / "fd" / "3")
    os.symlink("socket:[5]", tmp_path / "proc" / "12" / "fd" / "4")
    (tmp_path / "proc" / "12" / "cmdline").write_bytes(b"node\0/bin/codex\0\xff\0")
    os.symlink("/home/dev", tmp_path / "proc" / "12" / "cwd")
    found = processes(str(tmp_path / "proc"))
    assert found is not None
    assert (set(found.hidden), set(found.files)) == ({"sh"}, {str(open_file)})
    assert sorted(found.commands) == [
        Command(("codex", "node", "/bin/codex", "\ufffd"), "/home/dev", 12),
        Command(("ended",), "", 15),
        Command(("sh",), "", 13),
    ]
    assert found.holders == {str(open_file): 12}
    assert found.numbers == {12, 13, 14, 15}


def test_a_system_without_such_a_list_is_not_judged(tmp_path: Path) -> None:
    """Nothing is known, and so nothing counts as gone."""
    assert processes(str(tmp_path / "none")) is None
    assert processes(str(tmp_path)) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only there")
def test_this_machine_shows_something() -> None:
    """This process at least."""
    found = processes()
    assert found is not None


def test_what_has_started_a_process(tmp_path: Path) -> None:
    """The nearest first; a name may hold anything; a circle ends."""
    for number, above, command in ((5, 4, "a"), (4, 3, "leader"), (3, 5, "lashtui\0run\0--\0a")):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "stat").write_text(f"{number} (a) b) 7) S {above} 1 1")
        (tmp_path / str(number) / "cmdline").write_text(command + "\0")
    found = list(commands_above(5, str(tmp_path)))
    assert found[:2] == [["leader"], ["lashtui", "run", "--", "a"]]
    assert len(found) < 20
    assert list(commands_above(99, str(tmp_path))) == []
