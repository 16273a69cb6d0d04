"""How old is what is shown?"""

from __future__ import annotations

from lashd.view import Mirrored, SessionRow
from lashtui.feed.connection import ConnectionStatus
from lashtui.feed.fleet.heard import Heard
from lashtui.saved.session_key import SessionKey

NOW = 1_000_000
HERE, FAR = SessionKey("", "s"), SessionKey("box", "s")
ROW = SessionRow(session_id="s")


class Two:
    """This machine and `box`, both connected at first."""

    def __init__(self) -> None:
        self.now = 0.0
        self.connection, self.box = (ConnectionStatus(name, lambda: self.now) for name in ("", "b"))
        for each in (self.connection, self.box):
            each.synced()

    @property
    def unseen(self) -> frozenset[str]:
        """Whether the other one is."""
        return frozenset() if self.box.is_seen else frozenset({"box"})

    def connection_of(self, host: str) -> ConnectionStatus:
        """The one to `host`."""
        return self.box if host == "box" else self.connection


def test_another_host_is_unseen_and_this_machine_is_old() -> None:
    """What its daemon said last stays as it was then; of the other nobody knows what it does."""
    two = Two()
    heard = Heard(two, lambda: NOW)
    assert heard.unseen_since(FAR, ROW) is None
    assert heard.as_of(FAR, ROW) == heard.as_of(HERE, ROW) == NOW
    two.connection.lost("cut", 1.0)
    two.now = 3.0
    assert heard.as_of(HERE, ROW) == NOW - 3000
    assert heard.as_of(FAR, ROW) == NOW
    assert heard.unseen_since(HERE, ROW) is None
    two.connection.synced()
    two.box.lost("cut", 1.0)
    two.now = 5.0
    assert heard.unseen_hosts == {"box"}
    assert heard.unseen_since(FAR, ROW) == heard.as_of(FAR, ROW) == NOW - 2000
    assert heard.as_of(HERE, ROW) == NOW


def test_a_home_that_is_gone_is_as_a_host_that_is() -> None:
    """Its mirror says since when, here or on the other host."""
    heard = Heard(Two(), lambda: NOW)
    row = SessionRow(session_id="s", mirror=Mirrored("home", last_seen_at=NOW - 9000))
    for key in (HERE, FAR):
        assert heard.unseen_since(key, row) == heard.as_of(key, row) == NOW - 9000
    seen = SessionRow(session_id="s", mirror=Mirrored("home"))
    assert heard.unseen_since(HERE, seen) is None
