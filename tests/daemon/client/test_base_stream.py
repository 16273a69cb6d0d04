"""What a stream does about a lost connection, whichever way it waits."""

from __future__ import annotations

import pytest

from lashd.client.base_stream import BaseStream
from lashd.errors import ConnectionFailed, LashdError, RequestRefused, VersionMismatch
from lashd.protocol.client import unpack
from lashd.protocol.reconnect import Backoff, ResumableReader
from tests.daemon.scripted_daemon import kinds, prose


def attachment(*, reconnect: bool = True) -> BaseStream:
    """One whose first connection is up."""
    reader = ResumableReader("s", backoff=Backoff(lambda: 0.5))
    made = BaseStream("/s", reader, timeout=1.0, reconnect=reconnect, decode=unpack)
    made._connected()
    return made


@pytest.mark.parametrize("error", [ConnectionFailed("gone"), RequestRefused("limit", "full")])
def test_a_loss_and_a_full_daemon_are_tried_again(error: ConnectionFailed | RequestRefused) -> None:
    """The reader learns of it with a record."""
    made = attachment()
    made._disconnected(error)

    assert [(each["type"], each["reason"]) for each in made._ready] == [
        ("disconnected", str(error))
    ]
    assert made._failure is None
    assert made.state == "lost"


def test_a_daemon_that_greets_and_is_full_is_tried_again() -> None:
    """What came before it is handed over."""
    made = attachment()
    made._disconnected(ConnectionFailed("gone"))
    made._connected()
    full = {"type": "error", "code": "limit", "message": "full"}
    with pytest.raises(ConnectionFailed, match="full"):
        made._queue([prose(1), full], None)

    assert kinds(made._ready) == ["disconnected", prose(1)["type"]]
    assert made._failure is None


@pytest.mark.parametrize(
    ("reconnect", "error"),
    [(False, ConnectionFailed("gone")), (True, VersionMismatch("too old"))],
)
def test_without_reconnect_and_with_another_version_it_fails(
    reconnect: bool, error: ConnectionFailed
) -> None:
    """Trying again would not help, or is not wanted."""
    made = attachment(reconnect=reconnect)
    made._disconnected(error)

    assert made._failure is error
    assert made._ready == []


def test_a_refused_attach_fails_after_the_records_before_it() -> None:
    """The daemon said no to this reader, not to the connection."""
    made = attachment()
    made._queue(
        [{"type": "error", "code": "no_session", "message": "there is no session `s`"}], None
    )

    failure: LashdError | None = made._failure
    assert isinstance(failure, RequestRefused)
    assert failure.code == "no_session"
