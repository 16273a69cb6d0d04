"""What starts the app, and what doesn't."""

from __future__ import annotations

import argparse
import os

import pytest

from lashtui.cli.app import has_terminal, open_fleet
from lashtui.diagnostics import CommandError


def test_the_app_needs_a_terminal_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    """One to draw on, one to read keys from."""
    for stdin, stdout in ((True, False), (False, True)):
        monkeypatch.setattr(os, "isatty", lambda number, ends=(stdin, stdout): ends[number])
        assert not has_terminal()
    monkeypatch.setattr(os, "isatty", lambda number: True)
    assert has_terminal()


def test_without_a_terminal_the_message_names_the_alternatives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A script learns what to run instead."""
    monkeypatch.setattr(os, "isatty", lambda number: False)
    with pytest.raises(CommandError, match="lashtui ls") as caught:
        open_fleet(argparse.Namespace(socket=None))
    assert caught.value.code == 2
