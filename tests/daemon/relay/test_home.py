"""A relay and a daemon with more sessions than it may read at a time, or with many at rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lashd.client.blocking import Client
from lashd.limits import DaemonLimits
from lashd.relay.keys import Keys
from lashd.testing.drive import Drive
from lashd.testing.scripted import ScriptedPublisher
from tests.daemon.relay.watched import SESSION, Watched
from tests.daemon.relay.world import HOME, World, needs_redis
from tests.waiting import PATIENCE, wait_until

pytestmark = [needs_redis, pytest.mark.usefixtures("quick")]

SESSIONS = 12
LIMITS = DaemonLimits(max_connections=24)
"""A quarter of which is less than there are sessions."""


def status(path: str) -> dict[str, Any]:
    """What a daemon says of itself."""
    with Client(path) as client:
        return client.status()


def shown(path: str) -> dict[str, str]:
    """Where each session is there, by its cursor."""
    with Client(path) as client:
        return {row["session_id"]: row["cursor"] for row in client.list()}


def test_more_sessions_than_may_be_read_at_a_time_are_all_shown(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them work, none ends, and none waits for ever; agents find room at the daemon."""
    monkeypatch.setattr("lashd.relay.session_push.TURN", 0.05)
    publishers = [ScriptedPublisher(f"p{n}", f"s{n}") for n in range(SESSIONS)]
    with World(private_dir, limits=LIMITS) as world:
        home, mirror = world.home.socket_path, world.mirror.socket_path
        # Until a mirror knows its home, it closes its connections.
        wait_until(
            lambda: any(said.startswith("mirroring") for said in world.said),
            "the mirror is at work",
        )
        with Drive(home, *publishers) as drive:
            for publisher in publishers:
                publisher.say("hello")
            drive.until(lambda: len(shown(mirror)) == SESSIONS, PATIENCE)
            said = 0

            def all_are_there() -> bool:
                nonlocal said
                if said < 100:  # nobody is ever silent
                    said += 1
                    for publisher in publishers:
                        publisher.say("and more")
                return said == 100 and shown(mirror) == shown(home)

            drive.until(all_are_there, PATIENCE)
            assert status(home)["viewers"] <= LIMITS.max_connections // 4


def test_sessions_at_rest_take_no_connection(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And go on as soon as there is something new."""
    monkeypatch.setattr("lashd.relay.session_push.LOOK_EVERY", 0.05)
    with World(private_dir) as world:
        watched = Watched(world.home.socket_path)
        far = watched.read(world.mirror.socket_path)
        watched.say(10)
        watched.settle()
        watched.until(lambda: status(world.home.socket_path)["viewers"] == 1, "given back")
        watched.say(10)
        watched.settle()
        assert watched.gaps(far) == []
        assert watched.close() == []


@pytest.mark.parametrize("lost", ["e", "v"])
def test_what_the_engine_loses_of_a_session_at_rest_is_pushed_again(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """By the same relay, which goes on with the others."""
    monkeypatch.setattr("lashd.relay.session_push.LOOK_EVERY", 0.05)
    with World(private_dir) as world:
        home = world.home.socket_path
        watched = Watched(home)
        watched.read(world.mirror.socket_path)
        watched.say(10)
        watched.settle()
        watched.until(lambda: status(home)["viewers"] == 1, "it is at rest")
        said = list(world.said)
        key = Keys(HOME).session(status(home)["incarnation"], SESSION).events
        key = key.replace(":e:", f":{lost}:")
        world.redis.say("DEL", key)
        wait_until(lambda: world.redis.say("EXISTS", key) == "1", "it is there again")
        watched.say(10)
        watched.settle()
        assert watched.close() == []
        assert world.said == said
