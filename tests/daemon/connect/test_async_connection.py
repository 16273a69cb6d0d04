"""An async connection: what can be wrong with it."""

from __future__ import annotations

import pytest

from lashd.client.aio import Client
from lashd.errors import ConnectionFailed, VersionMismatch
from tests.daemon.scripted_daemon import (
    Peer,
    ScriptedDaemon,
    socket_dir,
)


async def test_no_answer_in_time_is_said() -> None:
    """For the hello and for a reply."""

    def mute(peer: Peer) -> None:
        peer.hello()
        peer.hold()

    with ScriptedDaemon(Peer.hold, mute) as daemon:
        async with Client(daemon.path, timeout=0.05) as client:
            for _ in range(2):
                with pytest.raises(ConnectionFailed, match=r"0\.05 s"):
                    await client.list()


async def test_no_daemon_and_another_protocol_are_told_apart() -> None:
    """By class and by sentence."""

    def newer(peer: Peer) -> None:
        peer.hello(2)

    with socket_dir() as path, pytest.raises(ConnectionFailed, match="no daemon is running"):
        await Client(f"{path}/none").list()
    with ScriptedDaemon(newer) as daemon, pytest.raises(VersionMismatch, match="upgrade"):
        await Client(daemon.path).list()
