"""`lashtui hooks` asks first, and starts nothing."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with settings."""
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "settings.json").write_text('{"a": 1}\n')
    return tmp_path


def hooks(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "lashtui", "hooks", *words],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def environment(home: Path) -> dict[str, str]:
    """Nothing of the user's own."""
    given = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    given.pop("CLAUDE_CONFIG_DIR", None)
    return {**given, "HOME": str(home)}


def test_without_a_terminal_it_needs_yes(home: Path) -> None:
    """A script can't be asked."""
    refused = hooks(home, "install", "claude")

    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert (home / ".claude" / "settings.json").read_text() == '{"a": 1}\n'


def test_it_comes_and_goes(home: Path) -> None:
    """The status says what is there, also by its exit code."""
    assert hooks(home, "status", "claude").returncode == 1
    assert hooks(home, "install", "claude", "--yes").returncode == 0
    there = hooks(home, "status", "claude")
    assert there.returncode == 0
    assert "installed for 5 of its events" in there.stdout
    assert "nobody" in there.stdout
    assert hooks(home, "uninstall", "claude", "--yes").returncode == 0
    assert (home / ".claude" / "settings.json").read_text() == '{"a": 1}\n'
    assert hooks(home, "uninstall", "claude").returncode == 0


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"\n", 1), (b"y\n", 0)])
def test_on_a_terminal_it_asks(home: Path, answer: bytes, code: int) -> None:
    """Only a yes is a yes."""
    control, terminal = pty.openpty()
    words = [sys.executable, "-m", "lashtui", "hooks", "install", "claude"]
    asked = subprocess.Popen(
        words, env=environment(home), stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(control, 4096)
    os.write(control, answer)

    assert asked.wait(20) == code
    os.close(control)
    assert ("claude-hook" in (home / ".claude" / "settings.json").read_text()) == (code == 0)


def test_damaged_settings_are_a_sentence(home: Path) -> None:
    """Which file, and what to do."""
    (home / ".claude" / "settings.json").write_text("{")

    failed = hooks(home, "install", "claude", "--yes")

    assert failed.returncode == 1
    assert "settings.json: line 1 is not valid JSON" in failed.stderr


def test_an_agent_that_is_too_old_is_left_alone(home: Path) -> None:
    """It would complain about the hooks at each start."""
    (home / "bin").mkdir()
    program = home / "bin" / "claude"
    program.write_text("#!/bin/sh\necho 2.1.150\n")
    program.chmod(0o755)
    given = {**environment(home), "PATH": f"{home}/bin:{os.environ['PATH']}"}
    words = [sys.executable, "-m", "lashtui", "hooks", "install", "claude", "--yes"]
    refused = subprocess.run(words, env=given, capture_output=True, text=True, check=False)

    assert refused.returncode == 1
    assert "2.1.150; 2.1.152 or newer is needed" in refused.stderr
    assert (home / ".claude" / "settings.json").read_text() == '{"a": 1}\n'


def test_another_machines_settings_are_not_changed_from_here(home: Path) -> None:
    """Nor this one's, where another is named."""
    refused = hooks(home, "install", "claude", "--yes", "--host", "ssh://box")

    assert refused.returncode == 2
    assert "run it there" in refused.stderr
    assert (home / ".claude" / "settings.json").read_text() == '{"a": 1}\n'
