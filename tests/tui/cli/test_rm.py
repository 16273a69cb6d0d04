"""Removing sessions: all of them are tried, and the first failure is the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.client.blocking import Client
from lashtui.cli.main import main
from tests.tui.daemons import publisher, say

if TYPE_CHECKING:
    import pytest

    from lashd.daemon import EmbeddedDaemon


def test_a_missing_session_does_not_keep_the_others(
    daemon: EmbeddedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each problem takes a line."""
    with publisher(daemon.socket_path, "gone") as opened:
        say(opened, "hello", "a")
        opened.end()
    assert main(["--socket", daemon.socket_path, "rm", "nobody", "gone"]) == 4
    assert "nobody" in capsys.readouterr().err
    with Client(daemon.socket_path) as client:
        assert client.list() == []


def test_a_live_session_needs_force(
    daemon: EmbeddedDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the option, once."""
    with publisher(daemon.socket_path, "live") as opened:
        say(opened, "hello", "a")
        assert main(["--socket", daemon.socket_path, "rm", "live"]) == 1
        said = capsys.readouterr().err
        assert "`live` is still being published to; use --force to remove it anyway\n" in said
        assert main(["--socket", daemon.socket_path, "rm", "--force", "live"]) == 0
