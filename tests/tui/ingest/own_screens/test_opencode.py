"""opencode's own screen: a port of ours, or the user's; its sessions apart."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from lashtui.ingest.launch import launch
from lashtui.ingest.own_screens.opencode import free_port
from lashtui.ingest.own_screens.screen import OwnScreen, open_screen

VERSIONS = {"1.18.33": True, "2.0.19": False, "": False}


def install(folder: Path, version: str) -> dict[str, str]:
    """An opencode as npm installs it; the environment that finds it."""
    package = folder / "node_modules" / "opencode-ai"
    (package / "bin").mkdir(parents=True)
    program = package / "bin" / "opencode.exe"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    (package / "package.json").write_text(json.dumps({"name": "opencode-ai", "version": version}))
    (folder / "opencode").symlink_to(program)
    return {"PATH": str(folder), "HOME": str(folder)}


def screen_of(command: str, environment: dict[str, str]) -> OwnScreen | None:
    """What is read beside the screen that a command opens."""
    return open_screen(launch(shlex.split(command)), environment)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where version 1 is installed."""
    return install(tmp_path, "1.18.33")


def test_a_port_on_loopback_and_a_password(environment: dict[str, str]) -> None:
    """Nobody else of this machine may use the server, which does what it is told."""
    screen = screen_of("opencode . -c", environment)
    assert screen is not None
    port, number, hostname, host = screen.added
    assert (port, hostname, host) == ("--port", "--hostname", "127.0.0.1")
    assert int(number) > 1023
    assert screen.command == ["opencode", *screen.added, ".", "-c"]
    other = screen_of("opencode", environment)
    assert other is not None
    words = [each.environment["OPENCODE_SERVER_PASSWORD"] for each in (screen, other)]
    assert len(set(words)) == 2
    assert min(map(len, words)) >= 32
    assert not any(word in str(screen.command) for word in words)


def test_the_users_password_stays(environment: dict[str, str]) -> None:
    """It is used, and set nowhere."""
    screen = screen_of("opencode", {**environment, "OPENCODE_SERVER_PASSWORD": "word"})
    assert screen is not None
    assert screen.environment == {}


@pytest.mark.parametrize(
    "words", ["--port 4444", "--port=4444 --hostname 0.0.0.0", "x --port 4444"]
)
def test_the_users_port_stays(words: str, environment: dict[str, str]) -> None:
    """It is read as it is."""
    screen = screen_of(f"opencode {words}", environment)
    assert screen is not None
    assert (screen.added, screen.environment) == ((), {})
    assert screen.command == ["opencode", *shlex.split(words)]


@pytest.mark.parametrize(
    "words",
    ["attach http://x", "--port 0", "--port x", "--hostname 192.0.2.1", "--mdns", "serve", "run x"],
)
def test_what_can_not_be_read(words: str, environment: dict[str, str]) -> None:
    """It runs as it is."""
    assert screen_of(f"opencode {words}", environment) is None


@pytest.mark.parametrize("has_package", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
def test_version_2_has_no_such_option(tmp_path: Path, version: str, has_package: bool) -> None:
    """Nor is one guessed at; a program without a package says its version itself."""
    environment = install(tmp_path, version)
    if not has_package:
        (tmp_path / "node_modules" / "opencode-ai" / "package.json").unlink()
    screen = screen_of("opencode", environment)
    assert (screen is not None) is VERSIONS[version]


def test_a_free_port() -> None:
    """Of this machine."""
    assert 1023 < free_port() < 65536
