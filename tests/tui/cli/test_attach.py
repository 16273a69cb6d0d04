"""What the options of `attach` mean together."""

from __future__ import annotations

import argparse
import os

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.errors import MalformedCursor, WrongSession
from lashtui.cli.attach import configure, output_format, resolve_session, session_to_open, start_at
from lashtui.diagnostics import CommandError
from tests.tui.daemons import publisher, say


def parse(*words: str) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser()
    configure(parser)
    return parser.parse_args(list(words))


def test_a_cursor_names_the_session() -> None:
    """And must not contradict it; the words that are no cursors name nothing."""
    assert resolve_session(None, "lashsc1:1:2:a:b") == ("a:b", "lashsc1:1:2:a:b")
    assert resolve_session("s", "now") == ("s", "now")
    assert resolve_session(None, None) == (None, None)
    with pytest.raises(WrongSession):
        resolve_session("s", "lashsc1:1:2:t")
    with pytest.raises(MalformedCursor):
        resolve_session("s", "later")


@pytest.mark.parametrize("terminal", [True, False])
def test_the_app_is_a_terminals_default(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """A pipe, a format or an option of streams makes it a stream."""
    monkeypatch.setattr(os, "isatty", lambda _: terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert output_format(parse("s")) == ("tui" if terminal else "text")
    assert output_format(parse("s", "--cursor", "start")) == ("tui" if terminal else "text")
    assert output_format(parse("s", "--format", "json")) == "json"
    assert output_format(parse("s", "--until", "end")) == "text"
    assert output_format(parse("s", "-n", "0")) == "text"


def test_what_contradicts_is_refused() -> None:
    """With the option's name."""
    with pytest.raises(CommandError, match="--until"):
        output_format(parse("s", "--format", "tui", "--no-follow"))
    with pytest.raises(CommandError, match="-n"):
        output_format(parse("s", "-n", "3", "--cursor", "now"))


def test_only_takes_kinds() -> None:
    """Several with commas; an unknown one is named."""
    assert parse("s", "--only", "prose, tools").only == {"prose", "tools"}
    with pytest.raises(SystemExit):
        parse("s", "--only", "prose,poetry")


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_gets_the_text(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    """Where the app can't draw, and for readers of screens that say so, the stream is read."""
    monkeypatch.setattr(os, "isatty", lambda _: True)
    monkeypatch.setenv("TERM", term)
    assert output_format(parse("s")) == "text"
    assert output_format(parse("s", "--format", "tui")) == "tui"


def test_the_app_opens_the_only_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """One: that one. Several: the fleet. None: a sentence and exit code 4."""
    with EmbeddedDaemon() as daemon:
        args = argparse.Namespace(socket=daemon.socket_path, wait=False)
        with pytest.raises(CommandError) as caught:
            session_to_open(args)
        assert caught.value.code == 4
        with publisher(daemon.socket_path, "one") as opened:
            say(opened, "hello", "a")
            assert session_to_open(args) == "one"
            with publisher(daemon.socket_path, "two") as other:
                say(other, "hello", "a")
                assert session_to_open(args) is None


def test_where_a_stream_starts() -> None:
    """`-n 0` is `now`; a count starts at the oldest event held; no option means a snapshot."""
    assert start_at(None, None) == {}
    assert start_at("now", None) == {"start": "now"}
    assert start_at("lashsc1:1:2:s", None) == {"cursor": "lashsc1:1:2:s"}
    assert start_at(None, 0) == {"start": "now"}
    assert start_at("start", 5) == {"start": "start", "last": 5}
