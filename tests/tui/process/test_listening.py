"""Ports that processes of a name listen on."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from lashtui.process.listening import LOOKS, Listener, Listening

TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout
   0: 0100007F:1000 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 71 1
   1: 00000000:1001 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 72 1
   2: 0100007F:1002 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 73 1
   3: 0A00000A:1003 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 74 1
 junk
"""
TCP6 = """  sl  local_address remote_address
   0: 00000000000000000000000001000000:1004 0:0 0A 0:0 00:0 0 0 0 75 1
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system with an agent, and a program that isn't one."""
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(TCP)
    (tmp_path / "net" / "tcp6").write_text(TCP6)
    for number, name in ((10, "opencode"), (11, "other"), (12, "opencode")):
        folder = tmp_path / str(number)
        (folder / "fd").mkdir(parents=True)
        (folder / "comm").write_text(name + "\n")
    for number, inodes in ((10, (71, 73, 74, 75)), (11, (72,))):
        for descriptor, inode in enumerate(inodes):
            (tmp_path / str(number) / "fd" / str(descriptor)).symlink_to(f"socket:[{inode}]")
    return tmp_path


def test_where_an_agent_listens(root: Path) -> None:
    """At addresses of this machine, and nowhere else."""
    found = Listening(lambda name: name == "opencode", str(root)).look()
    assert sorted(found) == [Listener(10, "127.0.0.1", 0x1000), Listener(10, "::1", 0x1004)]
    found = Listening(lambda name: name == "other", str(root)).look()
    assert found == [Listener(11, "127.0.0.1", 0x1001)]


def test_a_process_that_becomes_an_agent(root: Path) -> None:
    """It is found soon after it began; later only now and then, which costs less."""
    listening = Listening(lambda name: name == "opencode", str(root))
    assert {each.pid for each in listening.look()} == {10}
    (root / "11" / "comm").write_text("opencode\n")
    assert {each.pid for each in listening.look()} == {10, 11}
    (root / "11" / "comm").write_text("other\n")
    for _ in range(LOOKS):
        assert {each.pid for each in listening.look()} == {10}
    (root / "11" / "comm").write_text("opencode\n")
    seen = [{each.pid for each in listening.look()} for _ in range(60)]
    assert seen[0] == {10}
    assert seen[-1] == {10, 11}


def test_a_socket_that_listens_a_moment_later(root: Path) -> None:
    """It was made just before; what listens no more is gone."""
    listening = Listening(lambda name: name == "opencode", str(root))
    before = listening.look()
    (root / "10" / "fd" / "9").symlink_to("socket:[99]")
    assert listening.look() == before
    line = "   9: 0100007F:1009 00000000:0000 0A 0:0 00:0 0 0 0 99 1\n"
    (root / "net" / "tcp").write_text(TCP + line)
    assert Listener(10, "127.0.0.1", 0x1009) in listening.look()
    (root / "net" / "tcp").write_text("")
    assert Listener(10, "127.0.0.1", 0x1009) in listening.look()
    (root / "10" / "fd" / "9").unlink()
    assert sorted(listening.look()) == sorted(before)


def test_a_system_that_shows_nothing(tmp_path: Path) -> None:
    """Nobody is found."""
    assert Listening(lambda name: True, str(tmp_path / "none")).look() == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_on_this_machine() -> None:
    """This process, while it listens."""
    own = Path(f"/proc/{os.getpid()}/comm").read_text().strip()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert (
            Listener(os.getpid(), "127.0.0.1", port) in Listening(lambda name: name == own).look()
        )
    assert (
        Listener(os.getpid(), "127.0.0.1", port) not in Listening(lambda name: name == own).look()
    )
