"""`lashtui up` is for the machine that it runs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lashtui.cli.main import main


@pytest.mark.parametrize("words", [("up", "--once"), ("up", "--stop")])
def test_another_machine_is_refused(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before anything is made; its address is no path."""
    monkeypatch.chdir(tmp_path)
    assert main(["--host", "ssh://box", *words]) == 2
    assert "run it there" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
