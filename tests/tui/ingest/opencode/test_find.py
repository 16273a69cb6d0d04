"""opencode's servers on this machine; a password goes to its own process alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lashtui.ingest.opencode import find
from lashtui.ingest.opencode.find import registered, servers
from lashtui.process.listening import Listener

PID = os.getpid()
SERVICE = {
    "id": "x",
    "version": "2.0.19",
    "url": "http://127.0.0.1:4000",
    "pid": PID,
    "password": "word",
}


def service(folder: Path, name: str = "service.json", **changes: Any) -> Path:
    """A file of a service."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps({**SERVICE, **changes}))
    path.chmod(0o600)
    return path


def authorization(found: list[find.Found]) -> list[bool]:
    """Whether each is asked with a password."""
    return ["Authorization" in each.server._headers for each in found]


def test_a_service(tmp_path: Path) -> None:
    """With its password; also where the system doesn't show who listens."""
    service(tmp_path)
    service(tmp_path, "service-beta.json", url="http://localhost:4001")
    for seen in ([], [Listener(PID, "127.0.0.1", 4000), Listener(PID, "127.0.0.1", 4001)]):
        found = registered(str(tmp_path), seen)
        assert [each.key for each in found] == [(PID, 4001), (PID, 4000)]
        assert authorization(found) == [True, True]


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://192.0.2.1:4000"},
        {"url": "http://example.com:4000"},
        {"url": 3},
        {"pid": 0},
        {"pid": -1},
        {"pid": "x"},
        {"pid": 2**22 + 5},
        {"pid": 2**40},
    ],
)
def test_what_is_no_service_of_this_machine(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Nothing is asked there."""
    service(tmp_path, **changes)
    assert registered(str(tmp_path), []) == []


def test_a_port_that_another_program_has(tmp_path: Path) -> None:
    """It gets no password."""
    service(tmp_path)
    assert registered(str(tmp_path), [Listener(PID, "127.0.0.1", 5000)]) == []


def test_files_that_others_can_write(tmp_path: Path) -> None:
    """Nor those that lead elsewhere, or hold no service."""
    path = service(tmp_path)
    path.chmod(0o666)
    (tmp_path / "service-link.json").symlink_to(service(tmp_path / "elsewhere"))
    (tmp_path / "service-dir.json").mkdir()
    for number, text in enumerate(["", "{", "[]", "\0" * 100]):
        (tmp_path / f"service-{number}.json").write_text(text)
    os.mkfifo(tmp_path / "service-fifo.json")
    assert registered(str(tmp_path), []) == []
    assert registered(str(tmp_path / "none"), []) == []


def test_what_listens(tmp_path: Path) -> None:
    """Version 1 keeps no file; its password is the one of our own environment."""
    service(tmp_path / "opencode")
    seen = [Listener(PID, "127.0.0.1", 4000), Listener(77, "::1", 4096)]
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    found = servers(environment, seen)
    assert [each.key for each in found] == [(PID, 4000), (77, 4096)]
    assert authorization(found) == [True, False]
    found = servers({**environment, "OPENCODE_SERVER_PASSWORD": "w"}, seen)
    assert authorization(found) == [True, True]


@pytest.mark.parametrize(
    ("name", "is_it"), [("opencode", True), ("opencode2", True), ("node", False)]
)
def test_whose_ports_are_looked_at(name: str, is_it: bool) -> None:
    """Those of programs of that name."""
    assert find.is_opencode(name) is is_it


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_servers_that_run_has_started(tmp_path: Path) -> None:
    """`lashtui run` tells their sessions itself."""
    script = tmp_path / "lashtui"
    script.write_text("#!/bin/sh\nsleep 60 &\necho $!\nwait\n")
    script.chmod(0o755)
    process = subprocess.Popen([str(script), "run", "--", "x"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        assert find.is_ours(child)
        assert not find.is_ours(PID)
    finally:
        os.kill(child, 9)
        process.wait()
        process.stdout.close()
