"""What may happen to an engine, a home or a relay, and what a watcher sees of it."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from lashd.client.blocking import Client
from lashd.clock import now_ms
from lashd.errors import RequestRefused
from lashd.limits import DaemonLimits, StoreLimits
from lashd.relay.keys import Keys
from lashd.testing.audit.marks import Record
from lashd.testing.faults import random_script
from lashd.testing.proxy import FaultProxy
from tests.daemon.relay.watched import SESSION, Watched
from tests.daemon.relay.world import HOME, RedisServer, World, free_port, needs_redis
from tests.waiting import wait_until

pytestmark = [needs_redis, pytest.mark.usefixtures("quick")]
HIGHEST = "18446744073709551615"
"""The last part of an id that there can be."""

SMALL = DaemonLimits(store=StoreLimits(max_events_per_session=64))
"""A ring that is soon too short."""


def stream_of(world: World) -> str:
    """The key of the session's stream."""
    with Client(world.home.socket_path) as home:
        return Keys(HOME).session(home.status()["incarnation"], SESSION).events


def row_at(path: str) -> Record:
    """What a list there says of the session."""
    with Client(path) as client:
        (row,) = client.list()
        return row


def mirror_of(path: str) -> Record:
    """What a mirror says of itself."""
    with Client(path) as client:
        found: Record = client.status()["mirror"]
        return found


def watch(world: World) -> Watched:
    """A session with a reader at the mirror that has everything so far."""
    watched = Watched(world.home.socket_path)
    watched.read(world.mirror.socket_path)
    watched.say(10)
    watched.settle()
    return watched


def test_a_short_cut_costs_nothing(private_dir: Path) -> None:
    """Connections to the engine break anywhere, over and over: all of it comes, once."""
    server = RedisServer(private_dir / "redis")
    with (
        FaultProxy(server.path, random_script(7, 12)) as proxy,
        World(private_dir, engine_url=f"unix://{proxy.path}") as world,
    ):
        watched = watch(world)
        for _ in range(10):
            watched.say(50)
            proxy.release()
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        assert watched.close() == []


def test_an_engine_that_hangs_slows_nobody_at_home(private_dir: Path) -> None:
    """The agent and local readers go on; the mirror has all of it afterwards."""
    with World(private_dir) as world:
        watched = watch(world)
        world.redis.send(signal.SIGSTOP)
        watched.say(500)
        watched.until(lambda: watched.near.events >= 510, "the local reader has everything")
        world.redis.send(signal.SIGCONT)
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        assert watched.close() == []


def test_a_cut_longer_than_the_ring_is_one_exact_gap(private_dir: Path) -> None:
    """With how many are lost, and a snapshot that is whole."""
    with World(private_dir, limits=SMALL) as world:
        watched = watch(world)
        far = watched.readers[1]
        world.relay.stop()
        watched.say(500)
        world.relay.start()
        watched.settle()
        (gap,) = watched.gaps(far)
        assert (gap["reason"], gap["lost"]) == ("trimmed", 500 - 64)
        assert watched.close() == []


def test_a_killed_engine_that_persists_goes_on(private_dir: Path) -> None:
    """Nothing is lost."""
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with World(private_dir, *options) as world:
        watched = watch(world)
        world.redis.kill()
        watched.say(100)
        world.redis.start()
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        assert watched.close() == []


def test_a_killed_engine_without_persistence_is_filled_again(private_dir: Path) -> None:
    """Readers that were there go on; one that comes later has a whole snapshot."""
    with World(private_dir) as world:
        watched = watch(world)
        world.redis.kill()
        watched.say(100)
        world.redis.start()
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        late = world.started(world.new_mirror())
        watched.read(late.socket_path, start="snapshot")
        watched.settle()
        assert watched.close() == []


def test_a_failover_to_a_replica_that_lacks_acknowledged_writes(private_dir: Path) -> None:
    """The positions that it lacks are pushed again: no duplicate, no gap, no new incarnation."""
    primary_link = private_dir / "engine.s"
    with World(private_dir, engine_url=f"unix://{primary_link}") as world:
        # The primary listens at a port, too: a replica follows no Unix socket.
        port = free_port()
        world.redis.say("CONFIG", "SET", "bind", "127.0.0.1")
        world.redis.say("CONFIG", "SET", "port", str(port))
        primary_link.symlink_to(world.redis.path)
        replica = RedisServer(private_dir / "replica", "--replicaof", "127.0.0.1", str(port))
        replica.start()
        world.also(replica.kill)
        watched = watch(world)
        key = stream_of(world)
        wait_until(
            lambda: _last_id(replica, key) == _last_id(world.redis, key), "replication is at work"
        )
        replica.say("REPLICAOF", "NO", "ONE")  # whatever is acknowledged from now on, it lacks
        watched.say(20)
        watched.settle()
        incarnation = _incarnation(world)
        world.redis.kill()
        assert _last_id(replica, key) != f"{watched.near.events}-0"
        primary_link.unlink()
        primary_link.symlink_to(replica.path)
        wait_until(lambda: _last_id(replica, key) == f"{watched.near.events}-0", "pushed again")
        watched.say(20)
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        assert _incarnation(world) == incarnation
        assert replica.say("XLEN", key) == str(watched.near.events)
        assert watched.close() == []


def test_a_wiped_engine_is_filled_again(private_dir: Path) -> None:
    """Whatever was there: rows, views, events. Readers within the replay notice nothing."""
    with World(private_dir) as world:
        watched = watch(world)
        key = stream_of(world)
        world.redis.say("FLUSHALL")
        wait_until(lambda: _last_id(world.redis, key) == f"{watched.near.events}-0", "filled again")
        watched.say(30)
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        late = world.started(world.new_mirror())
        watched.read(late.socket_path)
        watched.settle()
        assert watched.close() == []


def times_read(world: World) -> int:
    """How often all rows were read."""
    said = re.search(r"cmdstat_hgetall:calls=(\d+)", world.redis.say("INFO", "commandstats"))
    return int(said[1]) if said is not None else 0


def test_rows_that_an_engine_loses_are_put_again_and_not_taken_for_removals(
    private_dir: Path,
) -> None:
    """One that evicts takes the rows and leaves the list. Nobody touches a session at rest."""
    with World(private_dir) as world:
        watched = watch(world)
        rows = Keys(HOME).rows
        wait_until(lambda: world.redis.say("HEXISTS", rows, "") == "1", "all rows are there")
        world.relay.stop()
        world.redis.say("DEL", rows)
        # Rows that are not all there, and a change that was missed: they are read again.
        world.redis.say("HSET", rows, "another", "row")
        before = times_read(world)
        world.redis.say("XADD", Keys(HOME).list, f"{9 * 10**15}-0", "i", "another", "r", "")
        wait_until(lambda: times_read(world) >= before + 2, "it reads again")
        assert row_at(world.mirror.socket_path)["session_id"] == SESSION
        world.redis.say("DEL", rows)
        world.relay.start()
        wait_until(lambda: world.redis.say("HLEN", rows) == "2", "the row and the mark")
        world.redis.say("DEL", rows)
        wait_until(lambda: world.redis.say("HLEN", rows) == "2", "the relay notices")
        watched.say(5)
        watched.settle()
        assert watched.close() == []


def test_an_engine_without_memory_slows_nobody(private_dir: Path) -> None:
    """The home goes on; the mirror is behind until there is memory again."""
    with World(private_dir) as world:
        watched = watch(world)
        world.redis.say("CONFIG", "SET", "maxmemory", "1")
        watched.say(300)
        watched.until(lambda: watched.near.events >= 310, "the local reader has everything")
        wait_until(lambda: any("no memory left" in said for said in world.said), "it is said")
        world.redis.say("CONFIG", "SET", "maxmemory", "0")
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        assert watched.close() == []


def test_a_home_that_is_started_again_is_another(private_dir: Path) -> None:
    """Readers at the mirror get `unavailable` and a whole snapshot, as those at the home."""
    with World(private_dir) as world:
        watched = watch(world)
        key = stream_of(world)
        world.home.stop()
        world.home.start()
        watched.say(5)
        watched.settle()
        for reader in watched.readers:
            assert [gap["reason"] for gap in watched.gaps(reader)] == ["unavailable"]
        assert watched.close() == []
        wait_until(lambda: world.redis.say("EXISTS", key) == "0", "the old one's events are gone")


def test_a_home_that_is_gone_was_last_seen_then(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sessions stay as of then, and say so; when it is back, they no longer do."""
    monkeypatch.setattr("lashd.relay.mirror.GONE_AFTER_MS", 3000)
    with World(private_dir) as world:
        watched = watch(world)
        before = row_at(world.mirror.socket_path)
        assert before["mirror"]["last_seen_at"] is None
        world.relay.stop()
        wait_until(
            lambda: row_at(world.mirror.socket_path)["mirror"]["last_seen_at"], "last seen is said"
        )
        assert row_at(world.mirror.socket_path)["state"] == before["state"] == "running"
        with Client(world.mirror.socket_path) as client:
            assert client.status()["mirror"]["is_gone"]
        world.relay.start()
        wait_until(
            lambda: row_at(world.mirror.socket_path)["mirror"]["last_seen_at"] is None, "it is back"
        )
        watched.settle()
        assert watched.close() == []


def test_two_relays_of_one_home_do_no_harm(private_dir: Path) -> None:
    """They push the same; each event is there once."""
    with World(private_dir) as world:
        watched = watch(world)
        world.started(world.new_relay())
        for _ in range(20):
            watched.say(25)
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        assert watched.close() == []


def test_a_foreign_write_is_noticed_and_not_shown(private_dir: Path) -> None:
    """The session says so, none of it is shown, and the home's own events go on."""
    with World(private_dir, key=b"a secret of the home") as world:
        watched = watch(world)
        tail = watched.near.events
        key = stream_of(world)
        world.redis.say("XADD", key, f"{tail + 1}-0", "f", "forged", "s", "0123456789abcdef")
        wait_until(
            lambda: row_at(world.mirror.socket_path)["mirror"]["foreign_at"], "it is noticed"
        )
        watched.say(10)
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        assert row_at(world.mirror.socket_path)["mirror"]["foreign_at"]
        assert watched.close() == []


def test_what_is_no_home_does_not_end_a_mirror(private_dir: Path) -> None:
    """Whatever somebody writes where the list and the home are: it is left out, or waited out."""
    with World(private_dir) as world:
        watched = watch(world)
        keys = Keys(HOME)
        last = int(_last_id(world.redis, keys.list).partition("-")[0])
        world.redis.say("XADD", keys.list, f"{last + 1}-0", "x", "y")
        world.redis.say("HSET", keys.rows, "other", "junk")
        world.redis.say("XADD", keys.list, "*", "i", "other", "r", "junk")
        world.redis.say("HSET", keys.meta, "inc", "junk", "limits", "junk")
        watched.say(20)
        watched.settle()
        with Client(world.mirror.socket_path) as client:
            assert [row["session_id"] for row in client.list()] == [SESSION]
        world.relay.stop()
        world.redis.say("HSET", keys.meta, "token", "junk", "inc", "junk", "beat", "0")
        world.relay.start()
        watched.say(20)
        watched.settle()
        assert watched.close() == []


@pytest.mark.parametrize("at", ["999999", "1e9", "9" * 5000, "junk"])
def test_a_foreign_view_makes_room_for_the_homes(private_dir: Path, at: str) -> None:
    """Wherever it says that it stands."""
    with World(private_dir, limits=SMALL) as world:
        watched = watch(world)
        key = stream_of(world).replace(":e:", ":v:")
        world.redis.say("HSET", key, "at", at, "view", "junk")
        watched.say(200)
        watched.settle()
        late = world.started(world.new_mirror())
        watched.read(late.socket_path, start="snapshot")
        watched.settle()
        assert watched.close() == []


def test_a_mirror_with_another_key_shows_nothing(private_dir: Path) -> None:
    """Whoever has not the home's key can write nothing that passes for the home's."""
    with World(private_dir, key=b"a secret of the home") as world:
        watched = watch(world)
        stranger = world.started(world.new_mirror(key=b"some other secret"))
        wait_until(
            lambda: "--key-file" in (mirror_of(stranger.socket_path)["problem"] or ""), "it is said"
        )
        with Client(stranger.socket_path) as client:
            with pytest.raises(RequestRefused, match="--key-file") as caught:
                client.list()
            assert caught.value.code == "no_home"
        assert watched.close() == []


@pytest.mark.parametrize("name", ["meta", "list", "rows", "events", "view"])
def test_what_is_in_the_way_of_a_home_makes_room(private_dir: Path, name: str) -> None:
    """A key of ours that another program has made something else of."""
    with World(private_dir) as world:
        watched = watch(world)
        stream = stream_of(world)
        keys = Keys(HOME)
        key = {
            "meta": keys.meta,
            "list": keys.list,
            "rows": keys.rows,
            "events": stream,
            "view": stream.replace(":e:", ":v:"),
        }[name]
        world.redis.say("SET", key, "junk")
        watched.say(20)
        wait_until(lambda: world.redis.say("TYPE", key) in ("stream", "hash"), "it is ours again")
        watched.settle()
        late = world.started(world.new_mirror())
        watched.read(late.socket_path, start="snapshot")
        watched.settle()
        assert watched.close() == []


def test_a_clock_that_is_set_back_keeps_no_home_alive(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign that lies in the future counts for as long as any other; then another may come."""
    monkeypatch.setattr("lashd.relay.mirror.GONE_AFTER_MS", 3000)
    monkeypatch.setattr("lashd.relay.home.BEAT_COUNTS_MS", 3000)
    with World(private_dir) as world:
        watched = watch(world)
        world.relay.stop()
        world.redis.say("HSET", Keys(HOME).meta, "beat", str(now_ms() + 3_600_000))
        wait_until(lambda: mirror_of(world.mirror.socket_path)["is_gone"], "it is gone")
        world.home.stop()
        world.home.start()
        world.relay.start()
        watched.settle()
        wait_until(lambda: not mirror_of(world.mirror.socket_path)["is_gone"], "it is back")
        assert watched.close() == []


def test_a_list_that_begins_again_is_another_wherever_it_has_come_to(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror need not see it shorter: what was removed meanwhile goes, and what is new comes."""
    monkeypatch.setattr("lashd.relay.mirror.LOOK_EVERY", 1000.0)
    with World(private_dir) as world:
        watched = watch(world)
        other = Watched(world.home.socket_path, "other")
        other.read(world.mirror.socket_path)
        other.say(1)
        other.settle()
        assert other.close() == []
        world.relay.stop()
        world.redis.say("FLUSHALL")
        with Client(world.home.socket_path) as home:
            home.remove("other", force=True)
        world.relay.start()
        with Client(world.mirror.socket_path) as mirror:

            def shown() -> list[str]:
                watched.say(1)  # which the list counts
                return [row["session_id"] for row in mirror.list()]

            wait_until(lambda: shown() == [SESSION], "it is gone")
        watched.settle()
        assert watched.gaps(watched.readers[1]) == []
        assert watched.close() == []


@pytest.mark.parametrize("last", [f"{HIGHEST}-{HIGHEST}", f"{HIGHEST}-0", "9007199254740993-0"])
@pytest.mark.parametrize("is_list", [True, False])
def test_a_stream_that_can_not_go_on_begins_again(
    private_dir: Path, is_list: bool, last: str
) -> None:
    """Somebody has set its last id to where nothing can follow, or to what no home counts to."""
    with World(private_dir) as world:
        watched = watch(world)
        key = Keys(HOME).list if is_list else stream_of(world)
        world.redis.say("XSETID", key, last)
        watched.say(20)
        watched.settle()
        late = world.started(world.new_mirror())
        watched.read(late.socket_path, start="snapshot")
        watched.settle()
        second = Watched(world.home.socket_path, "second")
        for mirror in (world.mirror, late):
            second.read(mirror.socket_path)
        second.say(3)
        second.settle()
        assert second.close() == []
        assert watched.close() == []


def _last_id(server: RedisServer, key: str) -> str:
    lines = server.say("XINFO", "STREAM", key).splitlines()
    return lines[lines.index("last-generated-id") + 1] if "last-generated-id" in lines else ""


def _incarnation(world: World) -> int:
    with Client(world.mirror.socket_path) as client:
        found: int = client.status()["incarnation"]
        return found
