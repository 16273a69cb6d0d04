"""A mirror, filled by a real relay through a real engine."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lashd.client.blocking import Client
from lashd.errors import RequestRefused
from lashd.relay.engine import Engine, Entry
from lashd.relay.home import RelayOptions
from lashd.relay.keys import Keys
from lashd.relay.mirror import MirrorOptions
from tests.daemon.relay.watched import SESSION, Watched
from tests.daemon.relay.world import HOME, EmbeddedMirror, EmbeddedRelay, World, needs_redis
from tests.waiting import wait_until

pytestmark = [needs_redis, pytest.mark.usefixtures("quick")]

BY_THE_PLACE = ("viewers", "oldest_at_age_s", "mirror", "events", "bytes")


def test_readers_of_a_mirror_get_what_those_of_the_home_get(private_dir: Path) -> None:
    """The same events under the same cursors, each once, whenever they came; the same snapshot."""
    with World(private_dir) as world:
        watched = Watched(world.home.socket_path)
        live = watched.read(world.mirror.socket_path)
        watched.say(10)
        watched.settle()
        watched.say(1500)
        for start in ("start", "snapshot"):
            watched.read(world.mirror.socket_path, start=start)
        watched.say(300)
        watched.settle()
        assert watched.gaps(live) == []
        with Client(world.home.socket_path) as home, Client(world.mirror.socket_path) as mirror:
            assert mirror.show(SESSION) == home.show(SESSION)
        assert watched.close() == []


def test_a_cursor_of_the_home_is_good_at_a_mirror_and_the_other_way_round(
    private_dir: Path,
) -> None:
    """A reader may go on elsewhere from where it was."""
    with World(private_dir) as world:
        watched = Watched(world.home.socket_path)
        watched.say(20)
        watched.read(world.mirror.socket_path)
        watched.settle()
        cursor = watched.near.cursor
        assert cursor is not None
        watched.say(5)
        watched.settle()
        for path in (world.home.socket_path, world.mirror.socket_path):
            with Client(path) as client:
                report = client.inspect_cursor(cursor)
                assert (report["resumable"], report["events_after"]) == (True, 5)
        assert watched.close() == []


def test_a_mirrors_list_says_what_the_homes_says(private_dir: Path) -> None:
    """And which home it is, that is at work."""
    with World(private_dir) as world:
        watched = Watched(world.home.socket_path)
        watched.read(world.mirror.socket_path)
        watched.say(5)
        watched.settle()
        with Client(world.home.socket_path) as home, Client(world.mirror.socket_path) as mirror:

            def rows(client: Client) -> list[dict[str, Any]]:
                return [
                    {key: row[key] for key in row if key not in BY_THE_PLACE}
                    for row in client.list()
                ]

            wait_until(lambda: rows(home) == rows(mirror), lambda: f"{rows(home)} {rows(mirror)}")
            (row,) = mirror.list()
            assert row["mirror"] == {"home": HOME, "last_seen_at": None, "foreign_at": None}
            assert mirror.status()["mirror"]["problem"] is None
            assert mirror.status()["incarnation"] == home.status()["incarnation"]
        assert watched.close() == []


def test_a_mirror_without_a_home_does_not_say_that_there_are_no_sessions(
    private_dir: Path,
) -> None:
    """It says why it knows of none; whoever waits for a session, waits; `status` is there."""
    with World(private_dir) as world:
        lost = world.started(EmbeddedMirror(MirrorOptions(world.url, "nowhere")))
        wait_until(
            lambda: "no home" in (status(lost.socket_path)["mirror"]["problem"] or ""), "it is said"
        )
        with Client(lost.socket_path) as mirror:
            for ask in (
                {"type": "list"},
                {"type": "follow"},
                {"type": "show", "session_id": SESSION},
                {"type": "cursor", "cursor": f"lashsc1:0:1:{SESSION}"},
                {"type": "attach", "session_id": SESSION},
            ):
                with pytest.raises(RequestRefused, match="knows no home `nowhere`") as caught:
                    mirror.request(ask)
                assert caught.value.code == "no_home"
            with mirror.attach(SESSION, wait=True) as waiting:
                assert waiting.read(timeout=0.2) == []


def status(path: str) -> dict[str, Any]:
    """What a mirror says of itself."""
    with Client(path) as client:
        found: dict[str, Any] = client.status()
        return found


def test_a_mirror_takes_nothing(private_dir: Path) -> None:
    """It refuses to publish and to remove, and goes on."""
    with World(private_dir) as world:
        watched = Watched(world.home.socket_path)
        watched.read(world.mirror.socket_path)
        watched.say(1)
        watched.settle()
        with Client(world.mirror.socket_path) as mirror:
            message = {"type": "open", "session_id": "mine", "publisher_id": "a" * 32}
            for refused in (message, {"type": "remove", "session_id": SESSION, "force": True}):
                with pytest.raises(RequestRefused) as caught:
                    mirror.request(refused)
                assert caught.value.code == "read_only"
                assert HOME in caught.value.message
            assert [row["session_id"] for row in mirror.list()] == [SESSION]
        assert watched.close() == []


def test_a_removed_session_is_gone_and_its_namesake_is_another(private_dir: Path) -> None:
    """Readers get `end`, and whoever comes back with an old cursor is told that it is of no use."""
    with World(private_dir) as world:
        watched = Watched(world.home.socket_path)
        far = watched.read(world.mirror.socket_path)
        watched.say(3)
        watched.settle()
        old = far.cursor
        with Client(world.home.socket_path) as home:
            home.remove(SESSION, force=True)
        watched.until(lambda: far.end, "the reader's end")
        assert far.end == "forgotten"
        assert watched.close() == []
        again = Watched(world.home.socket_path)
        again.read(world.mirror.socket_path)
        again.say(2)
        again.settle()
        with Client(world.mirror.socket_path) as mirror:
            assert old is not None
            assert mirror.inspect_cursor(old)["reason"] == "unavailable"
        assert again.close() == []


def test_what_was_removed_while_a_mirror_was_away_is_gone(private_dir: Path) -> None:
    """Also the last session that there was."""
    with World(private_dir) as world:
        way = private_dir / "way"
        way.symlink_to(world.redis.path)
        said: list[str] = []
        mirror = world.started(
            EmbeddedMirror(MirrorOptions(f"unix://{way}", HOME, say=said.append))
        )
        watched = Watched(world.home.socket_path)
        watched.read(mirror.socket_path)
        watched.say(1)
        watched.settle()
        way.unlink()
        world.redis.say("CLIENT", "KILL", "TYPE", "normal")
        wait_until(lambda: any("not mirroring" in each for each in said), "it is away")
        assert watched.close() == []
        with Client(world.home.socket_path) as home:
            home.remove(SESSION, force=True)
        wait_until(lambda: world.redis.say("HKEYS", Keys(HOME).rows) == "", "the row is gone")
        way.symlink_to(world.redis.path)
        with Client(mirror.socket_path) as client:
            wait_until(lambda: client.list() == [], "it is gone at the mirror, too")


def test_a_mirror_that_starts_later_has_what_the_home_has_dropped_in_its_view(
    private_dir: Path,
) -> None:
    """The snapshot is whole, whatever the replay holds."""
    with World(private_dir) as world:
        watched = Watched(world.home.socket_path)
        watched.read(world.mirror.socket_path)
        watched.say(3000)
        watched.settle()
        late = world.started(world.new_mirror())
        watched.read(late.socket_path, start="snapshot")
        watched.settle()
        assert watched.close() == []


def test_a_mirror_can_be_relayed_on(private_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mirrors of mirrors: the same cursors, and whose home is gone is said at the end, too."""
    monkeypatch.setattr("lashd.relay.mirror.GONE_AFTER_MS", 3000)
    with World(private_dir) as world:
        watched = Watched(world.home.socket_path)
        watched.read(world.mirror.socket_path)
        watched.say(3)
        watched.settle()
        on = EmbeddedRelay(RelayOptions(world.url, "on", world.mirror.socket_path))
        far = EmbeddedMirror(MirrorOptions(world.url, "on"))
        for part in (on, far):
            world.started(part)
        watched.read(far.socket_path)
        watched.say(300)
        watched.settle()
        world.relay.stop()
        with Client(far.socket_path) as client:
            wait_until(lambda: client.list()[0]["mirror"]["last_seen_at"], "it is said")
            assert client.list()[0]["mirror"]["home"] == "on"
        assert watched.close() == []


def test_a_mirror_with_much_to_read_takes_turns(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is new of the sessions that it has does not wait for all others."""
    turns: list[str] = []

    def noted(name: str) -> None:
        ask = getattr(Engine, name)

        async def note(*args: Any) -> Any:
            turns.append(name)
            return await ask(*args)

        monkeypatch.setattr(Engine, name, note)

    with World(private_dir) as world:
        every = [Watched(world.home.socket_path, f"session{n}") for n in range(4)]
        for watched in every:
            watched.read(world.mirror.socket_path)
            watched.say(1)
            watched.settle()
            assert watched.close() == []
        world.mirror.stop()
        noted("whole")
        noted("read")
        monkeypatch.setattr("lashd.relay.mirror.WHOLE_FOR", 0.0)
        world.mirror.start()
        wait_until(lambda: turns.count("whole") >= 4, "all of them are read")
        assert turns[:7] == ["whole", "read"] * 3 + ["whole"]


def test_no_session_waits_for_one_that_always_has_more(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has been served is asked for last the next time."""
    monkeypatch.setattr("lashd.relay.engine.READ_BYTES", 1)
    turns: list[tuple[set[str], list[str]]] = []
    read = Engine.read

    async def note(engine: Engine, after: dict[str, str], wait_ms: int) -> dict[str, list[Entry]]:
        found = await read(engine, after, wait_ms)
        turns.append(({key for key in found if ":e:" in key}, list(after)))
        return found

    monkeypatch.setattr(Engine, "read", note)
    with World(private_dir) as world:
        every = [Watched(world.home.socket_path, f"session{n}") for n in range(3)]
        for watched in every:
            watched.read(world.mirror.socket_path)
            watched.say(1)
            watched.settle()
        turns.clear()
        for _ in range(5):
            for watched in every:
                watched.say(3)
        for watched in every:
            watched.settle()
            assert watched.gaps(watched.readers[1]) == []
            assert watched.close() == []
        served = [(found, after) for (found, _), (_, after) in pairwise(turns) if found]
        assert len(served) > 1
        assert all(set(after[-len(found) :]) == found for found, after in served)


def test_a_login_is_taken_from_the_url(private_dir: Path) -> None:
    """And whoever has none is told, without the password of anybody."""
    with World(private_dir, "--requirepass", "secret of the engine") as world:
        wait_until(lambda: world.said, "what is wrong is said")
        assert any("refuses the login" in said for said in world.said), world.said
        url = f"unix://:secret%20of%20the%20engine@{world.redis.path}"
        relay, mirror = world.new_relay(url), EmbeddedMirror(MirrorOptions(url, HOME))
        for part in (relay, mirror):
            world.started(part)
        watched = Watched(world.home.socket_path)
        watched.read(mirror.socket_path)
        watched.say(3)
        watched.settle()
        with Client(mirror.socket_path) as client:
            assert "secret" not in str(client.status())
        assert "secret" not in "".join(world.said)
        assert watched.close() == []
