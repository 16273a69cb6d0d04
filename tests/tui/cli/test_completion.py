"""Completion: a script for each shell."""

from __future__ import annotations

import pytest

from lashtui.cli.main import main


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_registers_the_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It names the command that it completes."""
    assert main(["completion", shell]) == 0
    assert "lashtui" in capsys.readouterr().out
