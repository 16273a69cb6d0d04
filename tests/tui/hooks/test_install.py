"""`install` and `uninstall` change one file, and give it back."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from lashtui.hooks.agents import CLAUDE, GEMINI
from lashtui.hooks.install import HooksError, install, look, uninstall

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home of its own."""
    (tmp_path / ".claude").mkdir()
    return {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


def settings(tmp_path: Path) -> Path:
    """Where they are."""
    return tmp_path / ".claude" / "settings.json"


@pytest.mark.parametrize("text", ['{"a":1}', '{\n  "hooks": { },\n\n  "b": []}\n', "{ }"])
def test_they_come_and_go_without_a_trace(
    tmp_path: Path, environment: dict[str, str], text: str
) -> None:
    """Byte by byte, and with the mode that the user gave the file."""
    file = settings(tmp_path)
    file.write_text(text)
    file.chmod(0o640)

    install(CLAUDE, environment)
    assert look(CLAUDE, environment).is_complete
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    uninstall(CLAUDE, environment)

    assert file.read_text() == text
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert look(CLAUDE, environment).events == ()


def test_a_file_that_was_not_there_goes_again(tmp_path: Path, environment: dict[str, str]) -> None:
    """Unless something else came into it."""
    install(CLAUDE, environment)
    assert stat.S_IMODE(settings(tmp_path).stat().st_mode) == 0o600
    uninstall(CLAUDE, environment)
    assert not settings(tmp_path).exists()

    install(CLAUDE, environment)
    file = settings(tmp_path)
    file.write_text(file.read_text().replace("{", '{"mine": 1,', 1))
    uninstall(CLAUDE, environment)
    assert '"mine": 1' in file.read_text()
    assert "lashtui" not in file.read_text()


def test_what_changed_meanwhile_stays(tmp_path: Path, environment: dict[str, str]) -> None:
    """The copy from before is not put over what the user or the agent wrote since."""
    file = settings(tmp_path)
    file.write_text('{"a": 1}\n')
    install(CLAUDE, environment)
    file.write_text(file.read_text().replace('"a": 1', '"a": 2'))

    uninstall(CLAUDE, environment)

    assert file.read_text() == '{"a": 2}\n'


def test_twice_and_an_older_one_are_one(tmp_path: Path, environment: dict[str, str]) -> None:
    """What an earlier version added is brought up to date; what was before it is kept."""
    file = settings(tmp_path)
    file.write_text('{ "hooks": {} }\n')
    install(CLAUDE._replace(events={"Stop": CLAUDE.events["Stop"]}), environment)
    assert not look(CLAUDE, environment).is_complete

    install(CLAUDE, environment)
    install(CLAUDE, environment)

    assert look(CLAUDE, environment).is_complete
    uninstall(CLAUDE, environment)
    assert file.read_text() == '{ "hooks": {} }\n'


def test_a_link_stays_a_link(tmp_path: Path, environment: dict[str, str]) -> None:
    """People keep their settings in a repository."""
    real = tmp_path / "dotfiles.json"
    real.write_text("{}\n")
    settings(tmp_path).symlink_to(real)

    install(CLAUDE, environment)

    assert settings(tmp_path).is_symlink()
    assert "claude-hook" in real.read_text()


@pytest.mark.parametrize("text", ["{", "[]", '{"hooks": []}', "\udcff"])
def test_what_is_not_understood_is_left_alone(
    tmp_path: Path, environment: dict[str, str], text: str
) -> None:
    """With a sentence that names the file."""
    file = settings(tmp_path)
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = file.read_bytes()

    with pytest.raises(HooksError, match=r"settings\.json"):
        install(CLAUDE, environment)

    assert file.read_bytes() == before
    assert not os.path.exists(CLAUDE.program(environment))


def test_the_program_stays_for_sessions_that_run(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """An agent shows a hook whose program is gone; a second time removes that too."""
    install(CLAUDE, environment)
    uninstall(CLAUDE, environment)
    assert os.access(CLAUDE.program(environment), os.X_OK)

    uninstall(CLAUDE, environment)
    assert not (tmp_path / "state" / "lashtui" / "hooks").exists()


def test_a_path_that_a_shell_takes_apart(tmp_path: Path) -> None:
    """An agent that has a shell run its hooks would fail at each of them."""
    home = tmp_path / "my home"
    environment = {"HOME": str(home)}

    with pytest.raises(HooksError, match="shell"):
        install(GEMINI, environment)

    assert not home.exists()


def test_geminis_hooks_come_and_go(tmp_path: Path) -> None:
    """Never for its model's pieces: it waits for each call."""
    environment = {"HOME": str(tmp_path)}
    file = tmp_path / ".gemini" / "settings.json"
    file.parent.mkdir()
    file.write_text('{"security": {"auth": {"selectedType": "x"}}}')
    before = file.read_text()

    install(GEMINI, environment)
    hooks = json.loads(file.read_text())["hooks"]
    assert set(hooks) == {"Notification", "AfterAgent", "SessionEnd"}
    assert look(GEMINI, environment).is_complete
    uninstall(GEMINI, environment)

    assert file.read_text() == before
