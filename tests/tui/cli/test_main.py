"""The entry point: what becomes of errors, and the version."""

from __future__ import annotations

import pytest

from lashtui import __version__
from lashtui.cli import dispatch as dispatch_module
from lashtui.cli.main import main


@pytest.mark.parametrize(
    "words", [["--version"], ["ls", "--version"], ["--socket", "x", "--version"]]
)
def test_the_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Alone it is printed without the parser; the line is the same."""
    assert main(words) == 0
    assert capsys.readouterr().out == f"lashtui {__version__}\n"


def test_an_unexpected_error_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug shows its traceback; it never turns into one of our exit codes."""

    def fail(arguments: list[str]) -> int:
        raise KeyError(arguments[0])

    monkeypatch.setattr(dispatch_module, "dispatch", fail)
    with pytest.raises(KeyError):
        main(["ls"])


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a traceback."""

    def interrupt(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(dispatch_module, "dispatch", interrupt)
    assert main(["ls"]) == 130
