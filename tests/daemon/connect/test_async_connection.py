"""An async connection: what can be wrong with it."""

from __future__ import annotations

import pytest

from lashd.client.aio import Client
from lashd.errors import ConnectionFailed, RequestRefused, VersionMismatch
from lashd.limits import DaemonLimits
from lashd.server.embedded import EmbeddedDaemon
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


async def test_what_a_full_daemon_says_along_with_its_hello_is_not_lost() -> None:
    """It closes the connection after it."""
    with EmbeddedDaemon(limits=DaemonLimits(max_connections=1)) as daemon:
        async with Client(daemon.socket_path) as first, Client(daemon.socket_path) as second:
            await first.status()
            with pytest.raises(RequestRefused, match="as many as it takes"):
                await second.status()


async def test_no_daemon_and_another_protocol_are_told_apart() -> None:
    """By class and by sentence."""

    def newer(peer: Peer) -> None:
        peer.hello(2)

    with socket_dir() as path, pytest.raises(ConnectionFailed, match="no daemon is running"):
        await Client(f"{path}/none").list()
    with ScriptedDaemon(newer) as daemon, pytest.raises(VersionMismatch, match="upgrade"):
        await Client(daemon.path).list()
