"""Where to answer an agent, in words."""

from __future__ import annotations

import pytest

from lashd.view import Tmux, Where
from lashtui.text.place import answer_words, short_home

PANE = Where(host="box", pid=4711, tty="/dev/pts/7", tmux=Tmux("/tmp/tmux-1/default", "%12"))


def words(where: Where | None, directory: str | None = None) -> str:
    """On host `box`, at home in /home/me."""
    return answer_words(where, directory, host="box", home="/home/me")


@pytest.mark.parametrize(
    ("where", "directory", "said"),
    [
        (PANE, "/home/me/src/api", "answer in tmux %12 · pts/7 · pid 4711 · ~/src/api"),
        (Where(tty="/dev/pts/7"), None, "answer in pts/7"),
        (Where(pid=4711), "/srv", "answer where it runs: pid 4711 · /srv"),
        (Where(host="far", pid=1), "/home/me/x", "answer on far · pid 1 · /home/me/x"),
        (None, "/home/me", "answer in ~"),
        (None, None, ""),
        (Where(host="box"), "", ""),
    ],
)
def test_what_is_known_is_said(where: Where | None, directory: str | None, said: str) -> None:
    """Pane, terminal, process, directory; the host only if it is another."""
    assert words(where, directory) == said


def test_a_home_is_a_whole_directory() -> None:
    """A name that only begins like it is another."""
    assert short_home("/home/meg/x", "/home/me") == "/home/meg/x"
    assert short_home("/x", "") == "/x"


def test_hostile_places_are_neutralised() -> None:
    """Host, terminal, pane and directory come from whoever publishes."""
    bad = "\x1b]0;x\x07a\nb"
    where = Where(host=bad, tty=bad, tmux=Tmux(bad, bad))
    said = words(where, bad + "\x9b")
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in said)
