"""What the options of `attach` mean together."""

from __future__ import annotations

import argparse
import os

import pytest

from lashd.errors import MalformedCursor, WrongSession
from lashtui.cli.attach import _form, _names, configure
from lashtui.diagnostics import CommandError


def parse(*words: str) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser()
    configure(parser)
    return parser.parse_args(list(words))


def test_a_cursor_names_the_session() -> None:
    """And must not contradict it; the words that are no cursors name nothing."""
    assert _names(None, "lashsc1:1:2:a:b") == ("a:b", "lashsc1:1:2:a:b")
    assert _names("s", "now") == ("s", "now")
    assert _names(None, None) == (None, None)
    with pytest.raises(WrongSession):
        _names("s", "lashsc1:1:2:t")
    with pytest.raises(MalformedCursor):
        _names("s", "later")


@pytest.mark.parametrize("terminal", [True, False])
def test_the_app_is_a_terminals_default(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """A pipe, a format or an option of streams makes it a stream."""
    monkeypatch.setattr(os, "isatty", lambda _: terminal)
    assert _form(parse("s")) == ("tui" if terminal else "text")
    assert _form(parse("s", "--cursor", "start")) == ("tui" if terminal else "text")
    assert _form(parse("s", "--format", "json")) == "json"
    assert _form(parse("s", "--until", "end")) == "text"
    assert _form(parse("s", "-n", "0")) == "text"


def test_what_contradicts_is_refused() -> None:
    """With the option's name."""
    with pytest.raises(CommandError, match="--until"):
        _form(parse("s", "--format", "tui", "--no-follow"))
    with pytest.raises(CommandError, match="-n"):
        _form(parse("s", "-n", "3", "--cursor", "now"))


def test_only_takes_kinds() -> None:
    """Several with commas; an unknown one is named."""
    assert parse("s", "--only", "prose, tools").only == {"prose", "tools"}
    with pytest.raises(SystemExit):
        parse("s", "--only", "prose,poetry")
