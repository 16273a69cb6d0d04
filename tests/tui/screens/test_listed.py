"""What the list says of one session."""

from __future__ import annotations

import pytest

from lashd.publish.where import this_host
from lashd.view import Mirrored, SessionRow, Tmux, Where
from lashtui.process.panes import GoThere
from lashtui.saved.session_key import SessionKey
from lashtui.screens.listed import Listed
from lashtui.text.awaited import Known

SOCKET = "/tmp/tmux-1000/default"


def listed(**fields: object) -> Listed:
    """After one row."""
    found = Listed(SessionKey("", "build"))
    found.take(SessionRow(session_id="build", **fields))  # type: ignore[arg-type]
    return found


def test_before_the_list_is_heard() -> None:
    """Nothing is claimed, and the session's own directory is where it is answered."""
    nothing = Listed(SessionKey("", "build"))
    assert nothing.known is None
    assert not nothing.elsewhere
    assert nothing.way_there == "where it runs is not known"
    assert nothing.answer_place("/srv/api", "o") == "answer in /srv/api"
    assert listed().known == Known(None)


def test_what_is_shown_of_a_row_is_news_once() -> None:
    """A row changes with every event; most of that the transcript says itself."""
    found = listed()
    assert not found.take(SessionRow(session_id="build", last_line="more"))
    assert found.take(SessionRow(session_id="build", quiet_since=7))
    assert found.known == Known(7)
    assert found.take(None)


def test_where_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key goes to a pane of our own tmux alone; another machine is named."""
    monkeypatch.setenv("TMUX", f"{SOCKET},1,0")
    near = listed(where=Where(host=this_host(), tmux=Tmux(SOCKET, "%12")))
    assert isinstance(near.way_there, GoThere)
    assert near.answer_place(None, "o") == "answer in tmux %12 · o goes there"
    assert not near.elsewhere
    far = listed(where=Where(host="far", tmux=Tmux(SOCKET, "%12")))
    assert far.elsewhere == "far"
    assert far.answer_place(None, "o") == "answer on far · tmux %12"


def test_another_host_is_another_machine_though_nobody_says_so() -> None:
    """An agent need not say where it runs; its files are not here, and it is not answered here."""
    far = Listed(SessionKey("box", "build"))
    assert far.elsewhere == "box"
    far.take(SessionRow(session_id="build", directory="/srv/api", where=Where(pid=7)))
    assert far.elsewhere == "box"
    assert far.answer_place(None, "o") == "answer on box · pid 7 · /srv/api"
    far.take(SessionRow(session_id="build", where=Where(host=this_host())))
    assert not far.elsewhere
    mirrored = listed(mirror=Mirrored("home"))
    assert mirrored.elsewhere == "home"
