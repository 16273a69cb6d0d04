"""When it rings, and what a terminal is written."""

from __future__ import annotations

import pytest

from lashtui.app.notices.notice import Notice, notice_of, to_terminal, wanted
from lashtui.saved.session_key import SessionKey
from lashtui.settings import NotifySettings


@pytest.mark.parametrize(
    ("when", "focused", "rings"),
    [
        ("unfocused", True, False),
        ("unfocused", False, True),
        ("always", True, True),
        ("never", False, False),
    ],
)
def test_focus_decides(when: str, focused: bool, rings: bool) -> None:
    """By default a terminal that is looked at is left in peace."""
    settings = NotifySettings(when=when)  # type: ignore[arg-type]
    assert bool(wanted([Notice("error", "x")], settings, focused=focused)) is rings


def test_only_wanted_occasions_and_one_bell() -> None:
    """A burst rings once."""
    settings = NotifySettings("always", ("bell",), ("error",))
    notices = [Notice("error", "a"), Notice("error", "b"), Notice("turn-end", "c")]
    assert wanted(notices, settings, focused=True) == notices[:2]
    assert to_terminal(notices[:2], settings.how) == "\a"
    assert to_terminal([], settings.how) == ""


def test_hostile_text_ends_no_sequence() -> None:
    """What an agent says can't close our sequence, add a field to it, or be long."""
    evil = "x\x1b\\\x07\x9c\x1b]52;c;eHg=\x07;y\n" + "z" * 5000
    notice = notice_of("error", SessionKey("", evil), f"error: {evil}")

    written = to_terminal([notice], ("osc9", "osc777"))

    osc9, osc777, rest = written.split("\x1b\\")
    assert rest == ""
    assert osc9.startswith("\x1b]9;lashtui x")
    assert osc777.startswith("\x1b]777;notify;lashtui;x")
    assert osc777.count(";") == 3
    for sequence in (osc9, osc777):
        assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in sequence[1:])
        assert len(sequence) < 220
