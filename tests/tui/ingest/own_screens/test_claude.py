"""Claude Code's own screen: hooks for one run, beside the settings that the user gives."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
from pathlib import Path

import pytest

from lashtui.hooks.spool import Spool
from lashtui.ingest.launch import launch
from lashtui.ingest.own_screens.claude import ClaudeScreen, given_settings, read_settings
from lashtui.ingest.own_screens.claude_told import ClaudeTold
from lashtui.ingest.own_screens.screen import OwnScreen, open_screen

OWN = {"env": {"A": "b"}, "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "make"}]}]}}


@pytest.fixture(autouse=True)
def _claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says its version."""
    says(tmp_path, "2.1.332 (Claude Code)")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")


def says(home: Path, version: str) -> None:
    """Let `claude --version` say this."""
    (home / "bin").mkdir(exist_ok=True)
    program = home / "bin" / "claude"
    program.write_text(f'#!/bin/sh\ntest "$*" = --version && echo "{version}"\n')
    program.chmod(0o755)


def screen_of(command: list[str], home: Path) -> OwnScreen:
    """What is read beside the screen that a command opens."""
    screen = open_screen(launch(command), {"HOME": str(home)})
    assert screen is not None
    return screen


@pytest.mark.parametrize(
    ("command", "left", "given"),
    [
        ("claude", "claude", None),
        ("claude --settings a.json -c", "claude -c", "a.json"),
        ("claude --settings=a.json --settings b.json", "claude", "b.json"),
        ("claude -c -- --settings a.json", "claude -c -- --settings a.json", None),
        ("claude --settings", "claude --settings", None),
    ],
)
def test_the_settings_that_count_are_the_last(command: str, left: str, given: str | None) -> None:
    """As Claude Code takes them; a prompt is no option."""
    assert given_settings(shlex.split(command), 1) == (shlex.split(left), given)


def test_the_users_settings_are_kept(tmp_path: Path) -> None:
    """A file or JSON: with ours, in a file that only this user can read, as keys may be in it."""
    (tmp_path / "own.json").write_text(json.dumps(OWN))
    for given in (str(tmp_path / "own.json"), json.dumps(OWN)):
        screen = screen_of(["claude", "--settings", given, "--", "hi"], tmp_path)
        option, path = screen.added
        assert screen.command == ["claude", option, path, "--", "hi"]
        merged = json.loads(Path(path).read_text())
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
        assert merged["env"] == OWN["env"]
        assert merged["hooks"]["Stop"][0] == {"hooks": [{"type": "command", "command": "make"}]}
        assert len(merged["hooks"]["Stop"]) == 2
        assert {"MessageDisplay", "PermissionRequest", "SessionStart"} <= set(merged["hooks"])
        screen.close()
        screen.close()
        assert not os.path.exists(os.path.dirname(path))


@pytest.mark.parametrize("content", [None, "{", "[]", b"\xff"])
def test_settings_that_cant_be_read_are_claudes_business(
    tmp_path: Path, content: str | bytes | None
) -> None:
    """It says what is wrong with them; ours stay away."""
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "own.json").write_bytes(data)
    command = ["claude", "--settings", str(tmp_path / "own.json")]
    screen = screen_of(command, tmp_path)

    assert (screen.command, screen.added) == (command, ())
    screen.close()


def test_json_is_told_from_a_file(tmp_path: Path) -> None:
    """By its first character."""
    assert read_settings(' {"a": 1}') == ' {"a": 1}'
    assert read_settings(str(tmp_path)) is None


def test_the_hooks_reach_this_run(tmp_path: Path) -> None:
    """Each runs the program that hands over what it is told."""
    screen = screen_of(["claude"], tmp_path)
    assert isinstance(screen, ClaudeScreen)
    merged = json.loads(Path(screen.added[1]).read_text())
    for number, groups in enumerate(merged["hooks"].values()):
        (hook,) = groups[0]["hooks"]
        told = json.dumps({"number": number})
        subprocess.run([hook["command"], *hook["args"]], input=told, text=True, check=True)
    spool: Spool | None = screen._spool
    assert spool is not None

    assert [each["number"] for each in spool.read()] == list(range(len(merged["hooks"])))
    screen.close()


def test_where_no_program_may_be_run_the_transcript_alone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of ours is left there."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    screen = screen_of(["claude", "-c"], tmp_path)

    assert (screen.command, screen.added) == (["claude", "-c"], ())
    assert list((tmp_path / "tmp").iterdir()) == []
    assert screen.first.poll() == []


def test_a_directory_that_is_set_for_this_run_counts(tmp_path: Path) -> None:
    """As Claude Code gets it."""
    (tmp_path / "mine" / "sessions").mkdir(parents=True)
    state = {"pid": os.getpid(), "sessionId": "one", "status": "busy"}
    (tmp_path / "mine" / "sessions" / "1.json").write_text(json.dumps(state))
    screen = screen_of(["env", f"CLAUDE_CONFIG_DIR={tmp_path}/mine", "claude"], tmp_path)
    assert isinstance(screen.first, ClaudeTold)
    screen.first.poll()

    assert list(screen.first._states.pids()) == [os.getpid()]
    screen.close()


@pytest.mark.parametrize("version", ["2.1.151 (Claude Code)", "1.0.99", "", "what?"])
def test_a_version_that_is_too_old_gets_no_hooks(tmp_path: Path, version: str) -> None:
    """It would begin with an error on its screen."""
    says(tmp_path, version)
    screen = screen_of(["claude"], tmp_path)

    assert screen.added == ()
    screen.close()


def test_settings_in_a_pipe_are_left_to_a_version_without_hooks(tmp_path: Path) -> None:
    """A pipe can be read once."""
    says(tmp_path, "1.0.99")
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)
    screen_of(["claude", "--settings", f"/dev/fd/{reading}"], tmp_path).close()

    assert os.read(reading, 10) == b"{}"
    os.close(reading)


def test_a_runner_of_packages_is_not_asked(tmp_path: Path) -> None:
    """It may take seconds to say which version it would run."""
    screen = screen_of(["npx", "-y", "@anthropic-ai/claude-code"], tmp_path)

    assert screen.added == ()
    screen.close()
