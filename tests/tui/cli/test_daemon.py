"""The status of the daemon, for people and for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lashtui.cli.main import main

if TYPE_CHECKING:
    import pytest

    from lashd.daemon import EmbeddedDaemon


def test_the_status_is_a_table_or_one_json_object(
    daemon: EmbeddedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    """People read times and thousands; scripts get the numbers."""
    words = ["--socket", daemon.socket_path, "daemon", "status"]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("uptime") and line.endswith(" s") for line in lines)
    assert main([*words, "--format", "json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert isinstance(status["uptime_s"], int | float)


def test_no_daemon_is_code_5(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    """For each verb that needs one."""
    assert main(["--socket", f"{tmp_path}/s", "daemon", "status"]) == 5
    assert "daemon" in capsys.readouterr().err


def test_only_this_machines_daemon_is_dialled(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the far side of a connection, whose login may set the variable."""
    monkeypatch.setenv("LASHTUI_HOST", "ssh://box")
    assert main(["daemon", "dial"]) == 2
    assert (
        "is for this machine: leave --host out, and unset LASHTUI_HOST" in capsys.readouterr().err
    )
