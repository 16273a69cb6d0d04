"""One session of a mirror: what goes to the hub of what the engine says."""

from __future__ import annotations

import pytest

from lashd.hub.dirty import DirtySet
from lashd.hub.mirrored import MirroredSessions
from lashd.hub.sessions import Sessions
from lashd.limits import DaemonLimits
from lashd.relay.arriving import Reading
from lashd.relay.engine import Whole
from lashd.relay.keys import Keys
from lashd.relay.mirrored_session import MirroredSession
from lashd.relay.seal import Sealer
from lashd.relay.sealed import SessionSealer
from lashd.session.row import Mirrored, SessionRow
from lashd.session.view import ReadView, encode_view

INCARNATION = 9
SEALER = SessionSealer(Sealer("box"), INCARNATION, "s")
MIRROR = Mirrored("box")


def whole(view: bytes, seal: bytes | None = None) -> Whole:
    """A view of the home's that stands at the session's beginning."""
    return Whole(b"0", b"0", view, SEALER.view(0, 0, view) if seal is None else seal, [])


def test_what_cant_be_shown_is_told_once_and_waited_out(caplog: pytest.LogCaptureFixture) -> None:
    """A view of a later version, say; the others of the mirror don't stop for it."""
    sessions = Sessions(
        limits=DaemonLimits(),
        clock=lambda: 0.0,
        now_ms=lambda: 1000,
        incarnation=INCARNATION,
        dirty=DirtySet(),
    )
    hub, row = MirroredSessions(sessions), SessionRow(session_id="s")
    session = MirroredSession(
        hub, Reading(SEALER, "s", INCARNATION), Keys("box").session(INCARNATION, "s"), row
    )
    for bad in (whole(b"no view"), whole(b"no view"), whole(b"no view", b"0" * 16)):
        session.read_whole(bad, MIRROR, 1000)
        assert (session.needs_whole, session.is_refused, session.session) == (True, True, None)
    assert [record.message.partition("'s'")[2][:16] for record in caplog.records] == [
        " can't be mirror",
        ": the engine has",
    ]
    session.read_whole(whole(encode_view(ReadView("s"))), MIRROR, 1000)
    assert (session.needs_whole, session.is_refused) == (False, False)
    assert session.session is not None
    assert session.session.mirror == Mirrored("box", foreign_at=1000)
