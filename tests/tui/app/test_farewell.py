"""How to come back."""

from __future__ import annotations

from lashtui.app.farewell import detached


def test_line_can_be_pasted() -> None:
    """Names and paths are quoted for the shell; nothing in them drives the terminal."""
    assert detached("build", None) == "detached from build - come back: lashtui attach build"
    assert detached("my job", "/tmp/a b") == (
        "detached from my job - come back: lashtui --socket '/tmp/a b' attach 'my job'"
    )
    assert "\u202e" not in detached("x\u202ey", None)
