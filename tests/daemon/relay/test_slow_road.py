"""A mirror whose road to the engine is slow: it gets there, whatever there is to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lashd.client.blocking import Client
from lashd.relay.mirror import MirrorOptions
from lashd.testing.faults import Delay, Stall
from lashd.testing.proxy import FaultProxy
from tests.daemon.relay.watched import Watched
from tests.daemon.relay.world import HOME, EmbeddedMirror, World, needs_redis
from tests.waiting import wait_until

pytestmark = [needs_redis, pytest.mark.usefixtures("quick")]

EVENTS, CHARACTERS = 80, 50_000
"""Of a session of 4 MB."""


@pytest.fixture(autouse=True)
def _soon_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine has 2 s to say something; waiting for news ends well before."""
    monkeypatch.setattr("lashd.relay.engine.ANSWER_WITHIN", 2)
    monkeypatch.setattr("lashd.relay.mirror.READ_FOR_MS", 200)
    monkeypatch.setattr("lashd.relay.mirror.LOOK_EVERY", 0.2)
    # A sign comes every 2 s.
    monkeypatch.setattr("lashd.relay.mirror.GONE_AFTER_MS", 4000)


@contextmanager
def big_session(world: World) -> Iterator[Watched]:
    """A session that the engine has, view and all: a mirror with a good road shows it."""
    watched = Watched(world.home.socket_path)
    for _ in range(EVENTS):
        watched.publisher.say("x" * CHARACTERS)
    watched.until(lambda: watched.publisher.settled, "the home takes what is published")
    watched.read(world.mirror.socket_path)
    watched.settle()
    yield watched
    assert watched.close() == []


def is_gone(path: str) -> bool:
    """What a mirror says of its home."""
    with Client(path) as client:
        found: bool = client.status()["mirror"]["is_gone"]
        return found


def test_what_takes_longer_than_an_answer_may_gets_through(private_dir: Path) -> None:
    """As long as it keeps coming; its home is not gone meanwhile."""
    slow = [Delay(0.05, "client")]  # 64 KiB at a time
    with (
        World(private_dir) as world,
        big_session(world) as watched,
        FaultProxy(world.redis.path, [slow] * 50) as proxy,
    ):
        said: list[str] = []
        mirror = world.started(
            EmbeddedMirror(MirrorOptions(f"unix://{proxy.path}", HOME, say=said.append))
        )
        far = watched.read(mirror.socket_path)
        wait_until(lambda: said, "the home is found")

        def has_all() -> bool:
            assert not is_gone(mirror.socket_path)
            return far.cursor == watched.near.cursor

        watched.until(has_all, "all of it comes")
        assert said == [f"mirroring 1 sessions of {HOME}"]


def test_what_stops_coming_is_given_up(private_dir: Path) -> None:
    """In the middle of an answer, too."""
    with (
        World(private_dir) as world,
        big_session(world) as watched,
        FaultProxy(world.redis.path, [[Stall(1_000_000, "client")]]) as proxy,
    ):
        said: list[str] = []
        mirror = world.started(
            EmbeddedMirror(MirrorOptions(f"unix://{proxy.path}", HOME, say=said.append))
        )
        wait_until(lambda: any("does not answer" in each for each in said), "it is given up")
        watched.read(mirror.socket_path)
        watched.settle()
