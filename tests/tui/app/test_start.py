"""Starting the app, or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lashd.errors import ConfigError
from lashtui.app import start
from lashtui.app.app import LashApp
from lashtui.settings import AppSettings


@pytest.mark.parametrize(
    ("stdin", "stdout", "term", "words"),
    [
        (False, True, "xterm-256color", "stdin is not one"),
        (True, False, "xterm-256color", "stdout is not one"),
        (True, True, "dumb", "TERM=dumb"),
        (True, True, "", "TERM=unset"),
    ],
)
def test_no_terminal_is_said_with_the_way_out(
    stdin: bool, stdout: bool, term: str, words: str
) -> None:
    """What is wrong, and the command that works without a terminal."""
    problem = start.why_not({"TERM": term}, stdin, stdout)
    assert words in problem
    assert "lashtui attach SESSION --format text" in problem
    assert "lashtui demo" in start.why_not({"TERM": term}, stdin, stdout, "lashtui demo")


def test_a_good_terminal_is_none_of_these() -> None:
    """Nothing to complain about."""
    assert start.why_not({"TERM": "xterm-256color"}, True, True) == ""


def test_without_a_terminal_textual_is_not_even_imported() -> None:
    """One line, exit code 2, at once: a spinning input thread is never started."""
    code = (
        "import sys\n"
        "from lashtui.app.start import run_app\n"
        "code = run_app(socket_path='/tmp/none.sock', session='x')\n"
        "assert 'textual' not in sys.modules\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "the app needs a terminal" in done.stderr


def test_environment_that_textual_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR means the terminal's own two colours; iTerm gets no kitty keyboard."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM_PROGRAM", "iTerm.app")
    monkeypatch.setenv("TEXTUAL_THEME", "nord")
    monkeypatch.setenv("TEXTUAL_DISABLE_KITTY_KEY", "")
    monkeypatch.delenv("TEXTUAL_DISABLE_KITTY_KEY")
    start.prepare_environment()
    assert os.environ["TEXTUAL_THEME"] == "ansi-dark"
    assert os.environ["TEXTUAL_DISABLE_KITTY_KEY"] == "1"


def test_socket_is_told_only_where_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """How to come back has `--socket` if the default would not find the daemon."""
    monkeypatch.setenv("LASHTUI_SOCKET", "/tmp/mine.sock")
    assert start._socket_option("/tmp/mine.sock") is None
    assert start._socket_option("/tmp/other.sock") == "/tmp/other.sock"


def config(tmp_path: Path, text: str) -> str:
    """A config.toml of this test's own."""
    path = tmp_path / "lashtui" / "config.toml"
    path.parent.mkdir()
    path.write_text(text)
    return str(path)


def test_settings_come_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The `[app]` table; without a file the defaults."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert start.configured() == AppSettings()
    file = config(tmp_path, '[app]\ntheme = "nord"\nmouse = false\n')
    assert start.configured() == AppSettings(theme="nord", mouse=False, file=file)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[app]\nmouse = 1", ["mouse = 1 in [app]"]),
        ('[app]\ntheme = "nrd"', ["theme = 'nrd'", "did you mean 'nord'?"]),
        ('[app.keys]\n"app.hlep" = "h"', ["app.hlep", "did you mean app.help?"]),
        ('[app.keys]\n"app.help" = "q"', ["'q'", "app.detach", "app.help"]),
    ],
)
def test_wrong_settings_are_said_before_the_app_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, parts: list[str]
) -> None:
    """With file, key and value."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = config(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        LashApp("/tmp/none.sock", settings=start.configured())
    assert str(caught.value).startswith(f"{file}: ")
    for part in parts:
        assert part in str(caught.value)
