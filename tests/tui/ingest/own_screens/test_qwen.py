"""qwen's own screen: the file of its events."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

import pytest

from lashtui.ingest.launch import launch
from lashtui.ingest.own_screens.screen import OwnScreen, open_screen


def screen_of(command: str, home: Path) -> OwnScreen | None:
    """What is read beside the screen that a command opens."""
    return open_screen(launch(shlex.split(command)), {"HOME": str(home)})


def test_the_file_is_private_and_goes(tmp_path: Path) -> None:
    """Only its user can read it; nothing is left of it."""
    screen = screen_of("qwen -i hi", tmp_path)
    assert screen is not None
    option, path = screen.added
    assert screen.command == ["qwen", option, path, "-i", "hi"]
    assert option == "--json-file"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    screen.close()
    screen.close()
    assert not os.path.exists(os.path.dirname(path))


@pytest.mark.parametrize(
    "command", ["qwen --json-file x", "qwen --json-file=x hi", "qwen --json-fd 3", "qwen mcp list"]
)
def test_the_users_own_choice_stays(command: str, tmp_path: Path) -> None:
    """Whoever reads the events already goes on to; other commands have none."""
    assert screen_of(command, tmp_path) is None


def test_a_prompt_is_no_option(tmp_path: Path) -> None:
    """What stands after `--` is said to the agent."""
    screen = screen_of("npx -y @qwen-code/qwen-code -- --json-file x", tmp_path)
    assert screen is not None
    assert screen.command[:4] == ["npx", "-y", "@qwen-code/qwen-code", "--json-file"]
    screen.close()
