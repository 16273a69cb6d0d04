"""The real program in a terminal, on a session whose every field is hostile: byte by byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import (
    Error,
    QueueChanged,
    SessionQueueEventKind,
    Waiting,
)
from lashd.publish.publisher import Publisher
from tests.hostile import hostile, read_terminal
from tests.tui.daemons import PATIENCE, publisher

from .hostile_session import NAME, OTHER, publish, without_bidi
from .pseudo_terminal import Pty, in_pty
from .terminal import Place

pytestmark = pytest.mark.timeout(180)

COLUMNS, ROWS = 200, 50
ENTER, ESCAPE, HOME, END, PAGE_DOWN, UP = (
    b"\r",
    b"\x1b",
    b"\x1b[H",
    b"\x1b[F",
    b"\x1b[6~",
    b"\x1b[A",
)
CTRL_P = b"\x10"
FIELDS = """
    agent-words args-deep args-key args-value asks-now code-error code-output code-words
    diagnostic-kind diagnostic-words directory-words edit-path error-second error-words fails-now
    fenced_words frame-words last-words other-asks output-words plain-words plan-now plan-text
    plan-words process-nameless process-words prose-bold prose-cell prose-heading prose-html
    prose-image prose-item prose-quote prose-words queue-nameless queue-words reasoning-words
    retry-words signal-name split-words submitted-key submitted-words title-words tool-name
    unknown-key user-second user-words value-name value-words
"""
"""Each field's word must have been on the screen, or nothing is proven of the field."""
NOTIFY = '[app.notify]\nwhen = "always"\nhow = ["bell", "osc9", "osc777"]\n'


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[tuple[Publisher, Place]]:
    """The session, one beside it, and a home whose user wants all notifications."""
    with ExitStack() as stack:
        home = tmp_path / "home"
        home.mkdir()
        place = Place(home)
        (home / "config" / "lashtui").mkdir(parents=True)
        (home / "config" / "lashtui" / "config.toml").write_text(NOTIFY)
        daemon = stack.enter_context(EmbeddedDaemon())
        place.env["LASHTUI_SOCKET"] = daemon.socket_path
        words = {key: hostile(f"{key}-words") for key in ("title", "agent", "directory")}
        opened = stack.enter_context(publisher(daemon.socket_path, NAME, **words))
        other = stack.enter_context(publisher(daemon.socket_path, OTHER, **words))
        publish(opened)
        other.publish(Waiting(hostile("other-asks")))
        assert other.flush(PATIENCE)
        yield opened, place


def app_on(place: Place) -> list[str]:
    """The command, run where it may leave files."""
    return ["sh", "-c", f'cd {place.root} && exec lashtui attach "$0"', NAME]


def page_through(app: Pty, last: str) -> None:
    """From the first line to the one with `last`, a page at a time."""

    def page() -> list[str]:
        """The transcript, without panels and clocks."""
        return [line[:150] for line in app.screen[1 : ROWS - 2]]

    app.press(HOME, "user-words")
    while last not in "".join(shown := page()):
        app.press(PAGE_DOWN)
        app.until(lambda: page() != shown, "another page")


def search(app: Pty, query: bytes, *texts: str) -> None:
    """Search as one who looks before they type."""
    app.press(b"/", "esc Cancel")
    app.press(query, *texts)


def look_into_entries(app: Pty) -> None:
    """Search, copy, and entries on a screen of their own."""
    search(app, b"output-words", "1 of 1")
    app.press(ENTER, "esc End search")
    app.press(ENTER, "Esc Back", "arguments", "args-value", "output-words")
    app.press(b"c", "sent the output")
    app.press(b"c", "sent the call")
    app.press(ESCAPE)
    app.see_gone("1 of 1")
    app.press(ESCAPE)
    app.see_gone("Esc Back")
    app.press(ESCAPE)
    app.see_gone("esc End search")
    search(app, b"fenced_words", "1 of 1")
    app.press(ENTER, "esc End search")
    app.press(b"C", "sent the code block")
    app.press(b"Y", "sent to the clipboard: lashtui")
    app.press(ESCAPE)
    app.see_gone("esc End search")
    # A clipboard may hold an agent's words as well.
    pasted = "pasted-words\x9b31m\x9d0;LEAK\x9c\x07\x08\u202e".encode()
    search(app, b"\x1b[200~" + pasted + b"\x1b[201~", "pasted-words")
    app.press(ESCAPE)
    app.see_gone("esc Cancel")
    app.press(END, "last-words", "● connected")


def look_into_dialogs(app: Pty, name: str, other: str) -> None:
    """Filter, help, palette, fleet, and a tab beside the other."""
    app.press(b"f", "esc close")
    app.press(ESCAPE)
    app.see_gone("esc close")
    app.press(b"?", "Keys")
    app.press(b"?")
    app.see_gone("Keys")
    app.press(CTRL_P, "Search the transcript")
    # Textual's palette forgets a key that comes while it is still filling.
    app.press_until(UP, f"Open session {other}")
    app.press(ESCAPE)
    app.see_gone(f"Open session {other}")
    app.press(b"s", "STATE▾", other, "other-asks", name)
    app.press(b"/other")
    app.see_gone(name)
    app.press(ENTER, "Open")
    app.press(ENTER, "‼ waiting for you", "other-asks", f"1 ● {name}")
    app.press(b"1", "last-words", f"2 ‼ {other} waiting")


def see_what_comes(app: Pty, opened: Publisher) -> None:
    """What arrives while one watches, and rings."""
    opened.publish(QueueChanged(SessionQueueEventKind.DELIVERED, [hostile("queue-id")]))
    assert opened.flush(PATIENCE)
    app.see("delivered")
    opened.publish(Error(hostile("fails-now")))
    assert opened.flush(PATIENCE)
    app.see("fails-now")
    opened.publish(Waiting(hostile("asks-now")))
    assert opened.flush(PATIENCE)
    app.see("waiting for you", "asks-now")
    # The list says it a little later than the session does, rings, and counts.
    app.see("‼ 2 need you")


def test_nothing_of_an_agents_reaches_the_terminal_but_text(
    agent: tuple[Publisher, Place],
) -> None:
    """All of the app is walked through; each byte that it wrote is one of its own, or text."""
    opened, place = agent
    name, other = without_bidi(NAME), without_bidi(OTHER)
    with in_pty(app_on(place), place.env, COLUMNS, ROWS) as app:
        app.see("last-words", "● connected", name, "title-words", "agent-words", "directory-words")
        app.see("plan-words", "plan-now", "plan-text", "queue-words", "queue-nameless", "delivery")
        app.see("process-words", "process-nameless", "signal-name")
        app.press(b"z", "everything unfolded")
        page_through(app, "last-words")
        look_into_entries(app)
        look_into_dialogs(app, name, other)
        see_what_comes(app, opened)
        app.press(b"w", "exported to")
        app.press(b"q", "detached from")
        assert app.wait(reading=True) == 0
    written = read_terminal(app.output, COLUMNS, ROWS)
    shown = set(re.findall(r"[a-z]+[-_][a-z]+", written.text))
    assert set(FIELDS.split()) - shown == set()
    assert len(written.copied) == 4
    assert written.bells == len(written.notices) // 2 > 0
    assert any("asks-now" in notice for notice in written.notices)
    assert {f"{name}" in title for title in written.titles} == {True, False}
    assert {urlsplit(link).hostname for link in written.links if link} == {
        "example.org",
        "leak.example",  # of what claims to be a command's text, where links are links
    }
    assert written.modes["?1049h"] == written.modes["?1049l"] == 1
