"""How a run's session is shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lashd.connect.dialled import end_all
from lashtui.cli import run
from lashtui.cli.run import MAX_TITLE, title_of, why_not_delivered

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_title_is_read_by_a_person() -> None:
    """One line, as it was typed, of a bounded length."""
    assert title_of(["sh", "-c", "echo 'a  b'\n\tmake"]) == "sh -c echo 'a b' make"
    assert title_of(["", " "]) == ""
    assert len(title_of(["x" * 1000])) == MAX_TITLE


def test_a_slow_login_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why the machine did not take everything is asked for a moment only."""
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nexec sleep 600\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(run, "FAR_REASON_WITHIN", 0.1)

    assert why_not_delivered("ssh://box") == "ssh://box did not answer within 0.1 s"
    end_all()
