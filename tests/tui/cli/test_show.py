"""A session's snapshot: text for people, one record for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lashtui.cli.main import main
from tests.tui.daemons import publisher, say

if TYPE_CHECKING:
    import pytest

    from lashd.daemon import EmbeddedDaemon


def test_the_only_session_is_shown(
    daemon: EmbeddedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    """As text, or as the record that a stream would begin with."""
    with publisher(daemon.socket_path, "one") as opened:
        say(opened, "hello", "a")
        assert main(["--socket", daemon.socket_path, "show"]) == 0
        assert "hello" in capsys.readouterr().out
        assert main(["--socket", daemon.socket_path, "show", "--format", "json"]) == 0
        record = json.loads(capsys.readouterr().out)
        assert record["type"] == "observation"
        assert record["read_view"]["entries"][0]["text"] == "hello"


def test_a_mistyped_name_gets_a_suggestion(
    daemon: EmbeddedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 4, and the name that was probably meant."""
    with publisher(daemon.socket_path, "build") as opened:
        say(opened, "hello", "a")
        assert main(["--socket", daemon.socket_path, "show", "biuld"]) == 4
        assert "did you mean `build`?" in capsys.readouterr().err
