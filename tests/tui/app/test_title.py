"""The terminal's title."""

from __future__ import annotations

from lashtui.app.title import POP_TITLE, PUSH_TITLE, TerminalTitle, title_of, title_of_fleet


def test_title_names_session_and_state() -> None:
    """Sanitised and bounded, as it goes to the terminal."""
    assert title_of("build", ("‼", "waiting")) == "\x1b]2;‼ build · waiting · lashtui\x1b\\"
    assert title_of("build", ("●", "running"), 2) == "\x1b]2;‼2 · ● build · running · lashtui\x1b\\"
    assert title_of_fleet(2) == "\x1b]2;lashtui · ‼ 2 need you\x1b\\"
    assert title_of_fleet(0) == "\x1b]2;lashtui\x1b\\"
    evil = title_of("a\x1b\\\x07b" * 100, None)
    assert evil.startswith("\x1b]2;")
    assert not any(ord(c) < 32 for c in evil[1:-2])
    assert len(evil) < 120


def test_it_is_written_when_it_changes_and_given_back_once() -> None:
    """The terminal keeps its own meanwhile; without the setting nothing is written."""
    written: list[str] = []
    title = TerminalTitle(written.append, wanted=True)
    title.restore()
    for needing in (0, 0, 1):
        title.show(None, {"needs you": needing})
    title.restore()
    title.restore()
    assert written == [PUSH_TITLE + title_of_fleet(0), title_of_fleet(1), POP_TITLE]
    quiet = TerminalTitle(written.append, wanted=False)
    quiet.show(None, {})
    quiet.restore()
    assert len(written) == 3
