"""Values are checked where they come in, and the message names the value."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashtui.cli.parsing import (
    Parser,
    complete_host,
    complete_session,
    count,
    positive_seconds,
    session_id,
)
from tests.tui.daemons import publisher


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "", "x"])
def test_seconds_are_above_zero_and_finite(text: str) -> None:
    """Anything else is refused with the value."""
    with pytest.raises(argparse.ArgumentTypeError, match="seconds"):
        positive_seconds(text)
    assert positive_seconds("0.5") == 0.5


@pytest.mark.parametrize("text", ["-1", "1.5", "", "٣", "1" * 20])
def test_counts_are_plain_numbers(text: str) -> None:
    """No signs, fractions, other scripts' digits."""
    with pytest.raises(argparse.ArgumentTypeError):
        count(text)
    assert count("0") == 0


@pytest.mark.parametrize("text", ["", "x" * 257, "a\nb", "\ud800"])
def test_a_session_id_is_what_a_session_can_have(text: str) -> None:
    """Checked before any daemon is asked."""
    with pytest.raises(argparse.ArgumentTypeError):
        session_id(text)
    assert session_id("a:b c") == "a:b c"


def test_an_error_is_one_line_that_says_where_help_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, no usage wall."""
    with pytest.raises(SystemExit) as caught:
        Parser(prog="lashtui ls").parse_args(["--nonsense"])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "lashtui ls --help" in err


def test_no_daemon_completes_nothing() -> None:
    """A shell's prompt isn't the place for errors."""
    arguments = argparse.Namespace(socket="/nonexistent/socket")
    assert complete_session("", parsed_args=arguments) == []


def test_hosts_and_their_sessions_are_completed(
    daemon: EmbeddedDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configured ones; sessions of the one that the line names."""
    (tmp_path / "lashtui").mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "lashtui" / "config.toml").write_text(
        f'[hosts.box]\ndestination = "unix:{daemon.socket_path}"\n'
        '[hosts.attic]\ndestination = "a"\n'
    )
    assert complete_host("") == ["box", "attic"]
    assert complete_host("b") == ["box"]
    with publisher(daemon.socket_path, "far"):
        arguments = argparse.Namespace(socket=None, host="box")
        assert complete_session("f", parsed_args=arguments) == ["far"]
        assert complete_session("", parsed_args=argparse.Namespace(host="nobody")) == []
    (tmp_path / "lashtui" / "config.toml").write_text("x")
    assert complete_host("") == []
