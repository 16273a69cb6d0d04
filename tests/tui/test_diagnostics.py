"""Stderr: one line each, neutralised, and never a reason to fail."""

from __future__ import annotations

import errno
import io
import os
import sys

import pytest

from lashtui.diagnostics import error, failure_of, say, warn


def test_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Newlines and sequences in what others wrote don't break it up or drive the terminal."""
    error("no session\n`\x1b[2Jx`")
    warn("careful")
    say("-- note")
    assert capsys.readouterr().err == (
        "lashtui: no session `x`\nlashtui: warning: careful\n-- note\n"
    )


def test_a_stderr_that_is_gone_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed, or absent altogether as under some supervisors."""
    closed = io.StringIO()
    closed.close()
    for stream in (closed, None):
        monkeypatch.setattr(sys, "stderr", stream)
        say("unheard")


def test_an_error_of_the_system_names_the_file() -> None:
    """What happened and where, without a number."""
    failure = failure_of(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/x/y"))
    assert failure is not None
    assert failure.message == "No such file or directory: /x/y"
