"""The publisher, against a scripted daemon and the real one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from lashd.errors import LifecycleError
from lashd.io.blocking import Client
from lashd.io.embedded import EmbeddedDaemon
from lashd.io.publisher import Publisher
from lashd.io.start import daemon_status, ensure_daemon, stop_daemon
from lashd.protocol.outbox import Outbox
from lashd.session.events import (
    AssistantProseDelta,
    Committed,
    QueueChanged,
    SessionQueueEventKind,
    UnknownTurnEvent,
    UserMessage,
)
from tests.daemon.io.scripted import Hung, Peer, Script, ScriptedDaemon, socket_dir, until


@pytest.fixture(name="daemon")
def _daemon() -> Iterator[EmbeddedDaemon]:
    """The real daemon."""
    with EmbeddedDaemon() as daemon:
        yield daemon


@pytest.fixture(name="quick", autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnects come at once: their delays are tested where they are decided."""
    monkeypatch.setattr("lashd.io.courier.random.random", lambda: 0.001)


def publisher(path: str, session: str = "s", **options: Any) -> Publisher:
    """A publisher that starts no daemon."""
    return Publisher(session, socket_path=path, **{"start_daemon": False, **options})


def texts(path: str, session: str = "s") -> list[str]:
    """The user messages that the session shows."""
    with Client(path) as client:
        entries = client.show(session)["read_view"]["entries"]
    return [entry["text"] for entry in entries if entry["kind"] == "user"]


def opened(peer: Peer, *, known: bool = False, last: int = 0) -> dict[str, Any]:
    """Shake hands and open; the open message."""
    peer.hello()
    message = peer.read()
    assert message["type"] == "open"
    where = "lashsc1:4:0:s"
    peer.send({"type": "opened", "known": known, "last": last, "cursor": where, "sole": True})
    return message


def ack(last: int) -> dict[str, Any]:
    """An acknowledgement."""
    return {"type": "ack", "last": last, "cursor": f"lashsc1:0:{last}:s", "refused": []}


def take(peer: Peer, seen: list[str]) -> int:
    """Read one append, note its texts; the number of its last event. A goodbye ends the script."""
    message = peer.read()
    if message["type"] == "close":
        peer.send({"type": "closed"})
        raise Hung
    assert message["type"] == "append", message
    seen += [event["activity"]["text"] for event in message["events"]]
    return int(message["first"]) + len(message["events"]) - 1


class TestPublishing:
    """Events get there, in order and once."""

    def test_everything_published_is_in_the_session(self, daemon: EmbeddedDaemon) -> None:
        """Payloads, bare turn events, commits, ends."""
        with publisher(daemon.socket_path, title="T", agent="a", directory="/d") as one:
            assert one.wait_open(20)
            one.publish(UserMessage("do"), id="u", at=5)
            one.publish(AssistantProseDelta("I "))
            one.publish(AssistantProseDelta("do"))
            one.publish(QueueChanged(SessionQueueEventKind.ENQUEUED, ["b"]))
            one.publish(UnknownTurnEvent("novel", {"x": 1}), parent="u")
            one.publish(Committed())
            one.commit(revision=9)
            one.end("failure", 3)
            assert one.flush(20)
            assert one.state == "live"
        with Client(daemon.socket_path) as client:
            view = client.show("s")["read_view"]

        assert (view["title"], view["agent"], view["directory"]) == ("T", "a", "/d")
        assert (view["state"], view["outcome"], view["exit_code"]) == ("ended", "failure", 3)
        assert (view["revision"], view["turn_index"]) == (9, 2)
        assert view["entries"][0]["id"] == "u"
        assert view["entries"][0]["started_at"] == 5
        assert view["entries"][1]["text"] == "I do"
        assert view["entries"][2]["parent"] == "u"

    def test_a_session_is_born_even_if_nothing_is_published(self, daemon: EmbeddedDaemon) -> None:
        """Once it is open it is there."""
        with publisher(daemon.socket_path) as one:
            assert one.wait_open(20)
            assert texts(daemon.socket_path) == []

    def test_two_publishers_share_a_session_and_the_last_one_ends_it(
        self, daemon: EmbeddedDaemon
    ) -> None:
        """Each event of both is there once."""
        with publisher(daemon.socket_path) as one:
            with publisher(daemon.socket_path) as other:
                assert one.wait_open(20)
                assert other.wait_open(20)
                for number in range(50):
                    one.publish(UserMessage(f"a{number}"))
                    other.publish(UserMessage(f"b{number}"))
            with Client(daemon.socket_path) as client:
                assert client.list()[0]["state"] != "ended"
            assert one.flush(20)
            got = texts(daemon.socket_path)
        with Client(daemon.socket_path) as client:
            assert client.list()[0]["state"] == "ended"

        assert [text for text in got if text[0] == "a"] == [f"a{n}" for n in range(50)]
        assert [text for text in got if text[0] == "b"] == [f"b{n}" for n in range(50)]

    def test_threads_may_publish_at_once(self, daemon: EmbeddedDaemon) -> None:
        """Each one's order is kept."""
        with publisher(daemon.socket_path) as one:

            def work(name: str) -> None:
                for number in range(100):
                    one.publish(UserMessage(f"{name}{number}"))

            threads = [threading.Thread(target=work, args=(name,)) for name in "xyz"]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert one.flush(20)
            got = texts(daemon.socket_path)

        assert len(got) == 300
        assert [text for text in got if text[0] == "x"] == [f"x{n}" for n in range(100)]

    def test_what_is_no_event_is_a_programming_error(self, daemon: EmbeddedDaemon) -> None:
        """The only thing that publish raises."""
        with publisher(daemon.socket_path) as one, pytest.raises(TypeError, match="str"):
            one.publish("text")  # type: ignore[arg-type]

    def test_a_bad_event_costs_a_warning_and_nothing_else(self, daemon: EmbeddedDaemon) -> None:
        """Too large, or with a field of a wrong type."""
        warnings: list[str] = []
        with publisher(daemon.socket_path, on_warning=warnings.append) as one:
            one.publish(UserMessage("x" * 2_000_000))
            one.publish(UserMessage(5))  # type: ignore[arg-type]
            one.publish(UserMessage("good"))
            assert one.flush(20)
            assert texts(daemon.socket_path) == ["good"]

        assert len(warnings) == 2
        assert "allowed" in warnings[0]

    def test_an_event_that_only_the_daemon_refuses_is_warned_of(self) -> None:
        """Its number is used up."""
        warnings: list[str] = []

        def script(peer: Peer) -> None:
            opened(peer)
            last = take(peer, [])
            peer.send({**ack(last), "refused": [{"number": 1, "reason": "too odd"}]})
            peer.hold()

        with ScriptedDaemon(script) as daemon:
            one = publisher(daemon.path, on_warning=warnings.append)
            one.publish(UserMessage("odd"))
            assert one.flush(20)
            until(lambda: bool(warnings))
            one.close(0)

        assert "too odd" in warnings[0]

    def test_a_listener_that_raises_is_not_asked_again(self, daemon: EmbeddedDaemon) -> None:
        """And stops nothing."""

        def listener(sentence: str) -> None:
            raise RuntimeError(sentence)

        with publisher(daemon.socket_path, on_warning=listener) as one:
            one.publish(UserMessage(5))  # type: ignore[arg-type]
            one.publish(UserMessage("good"))
            assert one.flush(20)

    def test_a_bad_name_or_socket_is_an_error_at_once(self) -> None:
        """Before anything runs in the background."""
        with pytest.raises(ValueError, match="session id"):
            publisher("/x", session="")
        with pytest.raises(LifecycleError):
            publisher("/" + "x" * 200)


class TestEnds:
    """How a session ends."""

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [(None, "success"), (ValueError, "failure"), (KeyboardInterrupt, "cancelled")],
    )
    def test_leaving_the_context_ends_it(
        self, daemon: EmbeddedDaemon, error: type[BaseException] | None, outcome: str
    ) -> None:
        """With what happened there."""
        try:
            with publisher(daemon.socket_path) as one:
                one.publish(UserMessage("hi"))
                if error is not None:
                    raise error
        except BaseException as caught:
            assert type(caught) is error  # noqa: PT017
        with Client(daemon.socket_path) as client:
            [session] = client.list()

        assert (session["state"], session["outcome"]) == ("ended", outcome)
        assert session["publishers"] == 0

    async def test_the_async_context_does_the_same(self, daemon: EmbeddedDaemon) -> None:
        """Without stopping the loop."""
        async with publisher(daemon.socket_path) as one:
            one.publish(UserMessage("hi"))
        with Client(daemon.socket_path) as client:
            assert client.list()[0]["state"] == "ended"

    def test_close_does_not_end_the_session(self, daemon: EmbeddedDaemon) -> None:
        """After it publish does nothing."""
        one = publisher(daemon.socket_path)
        one.publish(UserMessage("hi"))
        assert one.close(20)
        one.publish(UserMessage("late"))

        assert one.state == "closed"
        assert one.close()
        assert not one.wait_open(0)
        assert texts(daemon.socket_path) == ["hi"]
        with Client(daemon.socket_path) as client:
            assert client.list()[0]["state"] == "running"

    def test_publishing_after_the_end_opens_it_again(self, daemon: EmbeddedDaemon) -> None:
        """In both views."""
        with publisher(daemon.socket_path) as one:
            one.end()
            one.publish(UserMessage("again"))
            assert one.flush(20)
            with Client(daemon.socket_path) as client:
                assert client.list()[0]["state"] == "running"


class TestLoss:
    """Reconnects."""

    def test_each_event_lands_once_across_many_losses(self) -> None:
        """The daemon takes some, acknowledges fewer, and hangs up, again and again."""
        seen: list[str] = []
        state = {"last": 0}

        def loses(peer: Peer) -> None:
            opened(peer, known=state["last"] > 0, last=state["last"])
            got: list[str] = []
            last = take(peer, got)
            new = last - state["last"]
            seen.extend(got[len(got) - new :])
            state["last"] = last
            if last % 2:
                peer.send(ack(last))

        def stays(peer: Peer) -> None:
            opened(peer, known=True, last=state["last"])
            try:
                while True:
                    message = peer.read()
                    if message["type"] == "close":
                        peer.send({"type": "closed"})
                        continue
                    seen.extend(e["activity"]["text"] for e in message["events"])
                    peer.send(ack(message["first"] + len(message["events"]) - 1))
            except OSError:
                pass

        with ScriptedDaemon(*[loses] * 30, stays) as daemon:
            one = publisher(daemon.path)
            number = 0
            while daemon.connections < 31:
                one.publish(UserMessage(str(number)))
                number += 1
                time.sleep(0.0005)
            assert one.flush(20)
            assert one.close()

        assert seen == [str(n) for n in range(number)]

    def test_a_daemon_killed_and_started_again_has_the_whole_session(self) -> None:
        """Restored from the publisher's view, in mid-stream, more than once."""
        with socket_dir() as path:
            place = f"{path}/s"
            daemon = EmbeddedDaemon(socket_path=place)
            daemon.start()
            one = publisher(place)
            count = 0
            try:
                for _ in range(3):
                    for _ in range(100):
                        one.publish(UserMessage(str(count)))
                        count += 1
                    assert one.flush(20)
                    one.publish(AssistantProseDelta("half "))
                    daemon.stop()
                    one.publish(AssistantProseDelta("done"))
                    daemon = EmbeddedDaemon(socket_path=place)
                    daemon.start()
                assert one.flush(20)

                assert texts(place) == [str(n) for n in range(count)]
                with Client(place) as client:
                    view = client.show("s")["read_view"]
                assert view["complete"]
                prose = [e["text"] for e in view["entries"] if e["kind"] == "prose"]
                assert prose == ["half done"] * 3
            finally:
                one.close()
                daemon.stop()

    def test_a_waiting_viewer_gets_one_gap_and_the_whole_session(self) -> None:
        """And goes on from there."""
        with socket_dir() as path:
            place = f"{path}/s"
            first = EmbeddedDaemon(socket_path=place)
            first.start()
            one = publisher(place)
            one.publish(UserMessage("before"))
            assert one.flush(20)
            with Client(place).attach("s", start="start") as stream:
                while stream.state != "live":
                    stream.read(20)
                # An end that the daemon didn't announce, as far as the viewer can tell.
                stream._hang_up()
                stream._lost(_lost())
                first.stop()
                with EmbeddedDaemon(socket_path=place):
                    one.publish(UserMessage("after"))
                    assert one.flush(20)
                    later: list[dict[str, Any]] = []
                    while not _texts_of(later):
                        later += stream.read(20)
                    one.close()

        kinds = [record["type"] for record in later if record["type"] != "disconnected"]
        assert kinds[:3] == ["reconnected", "gap", "observation"]
        assert kinds.count("gap") == 1
        assert "before" in _texts_of(later)

    def test_history_is_given_to_a_daemon_that_does_not_know_it(self) -> None:
        """View and number first, then only what comes after."""
        got: list[dict[str, Any]] = []

        def first(peer: Peer) -> None:
            opened(peer)
            peer.send(ack(take(peer, [])))
            peer.read()

        def second(peer: Peer) -> None:
            got.append(opened(peer))
            got.append(peer.read())
            peer.send({"type": "restored", "cursor": "lashsc1:0:1:s"})
            got.append(peer.read())
            peer.send(ack(3))
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            one = publisher(daemon.path, title="T")
            one.publish(UserMessage("1"))
            assert one.flush(20)
            one.publish(UserMessage("2"))
            until(lambda: len(got) == 2)
            one.publish(UserMessage("3"))
            until(lambda: len(got) == 3)
            assert one.flush(20)
            one.close(0)

        restore, append = got[1], got[2]
        assert restore["type"] == "restore"
        assert restore["last"] == 2
        assert [entry["text"] for entry in restore["view"]["entries"]] == ["1", "2"]
        assert restore["view"]["title"] == "T"
        assert (append["type"], append["first"], len(append["events"])) == ("append", 3, 1)

    def test_a_refused_restore_goes_on_with_what_there_is(self) -> None:
        """And says so once."""
        warnings: list[str] = []
        seen: list[str] = []

        def first(peer: Peer) -> None:
            opened(peer)
            peer.send(ack(take(peer, [])))
            peer.read()

        def second(peer: Peer) -> None:
            opened(peer)
            assert peer.read()["type"] == "restore"
            peer.send({"type": "error", "code": "invalid_view", "message": "too large"})
            peer.send(ack(take(peer, seen)))
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            one = publisher(daemon.path, on_warning=warnings.append)
            one.publish(UserMessage("1"))
            assert one.flush(20)
            one.publish(UserMessage("2"))
            until(lambda: seen == ["2"])
            assert one.flush(20)
            one.close(0)

        assert ["too large" in warning for warning in warnings] == [True]

    def test_a_silent_daemon_is_asked_and_then_given_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A hung one must not hold events for ever."""
        monkeypatch.setattr("lashd.protocol.recovery.PING_AFTER", 0.05)
        monkeypatch.setattr("lashd.protocol.recovery.GIVE_UP_AFTER", 0.05)
        pings: list[dict[str, Any]] = []

        def hangs(peer: Peer) -> None:
            opened(peer)
            take(peer, [])
            pings.append(peer.read())
            peer.hold()

        with ScriptedDaemon(hangs, _serves()) as daemon:
            one = publisher(daemon.path)
            one.publish(UserMessage("1"))
            assert one.flush(20)
            one.close(0)

        assert pings == [{"type": "ping"}]

    def test_a_full_daemon_is_tried_again(self) -> None:
        """It said so instead of a hello; it will have room."""
        full = {"type": "error", "code": "limit", "message": "512 connections"}

        def refuses(peer: Peer) -> None:
            peer.send(full)

        with ScriptedDaemon(refuses, _serves()) as daemon:
            one = publisher(daemon.path)
            assert one.wait_open(20)
            one.close(0)

    def test_a_session_with_a_past_is_not_called_complete(self) -> None:
        """This publisher can't restore what others published."""
        views: list[dict[str, Any]] = []

        def first(peer: Peer) -> None:
            opened(peer, known=True)
            peer.send(ack(take(peer, [])))

        def second(peer: Peer) -> None:
            opened(peer)
            views.append(peer.read()["view"])
            peer.send({"type": "restored"})
            peer.hold()

        with ScriptedDaemon(first, second) as daemon:
            one = publisher(daemon.path)
            one.publish(UserMessage("1"))
            until(lambda: bool(views))
            one.close(0)

        assert not views[0]["complete"]
        assert views[0]["revision"] == 4


class TestRefusal:
    """Where the daemon doesn't want this publisher."""

    def test_a_busy_session_refuses_an_exclusive_one(self, daemon: EmbeddedDaemon) -> None:
        """State, reason and one warning."""
        warnings: list[str] = []
        with publisher(daemon.socket_path) as one:
            assert one.wait_open(20)
            other = publisher(daemon.socket_path, exclusive=True, on_warning=warnings.append)
            assert not other.wait_open(20)
            assert other.state == "refused"
            assert other.refusal is not None
            assert other.refusal.code == "session_busy"
            other.publish(UserMessage("x"))
            assert not other.flush(20)
            other.close()
            assert other.state == "refused"

        assert len(warnings) == 1

    def test_a_session_removed_by_force_refuses_its_publisher(self, daemon: EmbeddedDaemon) -> None:
        """It doesn't come back by itself."""
        one = publisher(daemon.socket_path)
        assert one.wait_open(20)
        with Client(daemon.socket_path) as client:
            client.remove("s", force=True)
            until(lambda: one.state == "refused")
            assert one.refusal is not None
            one.publish(UserMessage("x"))
            assert client.list() == []
        assert not one.close()

    def test_another_protocol_refuses(self) -> None:
        """There is nothing to wait for."""

        def newer(peer: Peer) -> None:
            peer.hello(2)

        with ScriptedDaemon(newer) as daemon:
            one = publisher(daemon.path)
            assert not one.wait_open(20)
            assert one.refusal is not None
            assert "upgrade" in one.refusal.message
            one.close()


@pytest.fixture(name="small")
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outboxes hold ten events."""
    monkeypatch.setattr("lashd.io.publisher.Outbox", partial(Outbox, max_events=10))


@pytest.mark.usefixtures("small")
class TestOverflow:
    """A daemon that can't keep up, or isn't there."""

    def test_the_view_makes_up_for_what_was_dropped(self) -> None:
        """The snapshot is whole; a mark says how many can't be replayed."""
        warnings: list[str] = []
        with socket_dir() as path:
            place = f"{path}/s"
            first = EmbeddedDaemon(socket_path=place)
            first.start()
            one = publisher(place, on_warning=warnings.append)
            one.publish(UserMessage("0"))
            assert one.flush(20)
            blocker = _Stalled(one)
            with blocker:
                for number in range(1, 100):
                    one.publish(UserMessage(str(number)))
            assert one.flush(20)
            got = texts(place)
            with Client(place) as client:
                entries = client.show("s")["read_view"]["entries"]
            one.close()
            first.stop()

        assert got == [str(n) for n in range(100)]
        marks = [entry for entry in entries if entry["kind"] == "diagnostic"]
        assert [mark["name"] for mark in marks] == ["events_dropped"]
        assert marks[0]["output"]["count"] >= 89
        assert len(warnings) == 1
        assert "dropped" in warnings[0]

    def test_memory_stays_bounded_without_a_daemon(self) -> None:
        """For as long as it lasts."""
        with socket_dir() as path:
            one = publisher(f"{path}/none")
            for number in range(2000):
                one.publish(UserMessage(str(number)))
            assert len(one._desk.outbox) <= 10
            one.close(0)

    def test_block_waits_for_room(self) -> None:
        """Nothing is dropped, nothing comes twice."""
        seen: list[str] = []
        go = threading.Event()

        def script(peer: Peer) -> None:
            opened(peer)
            go.wait(20)
            try:
                while True:
                    peer.send(ack(take(peer, seen)))
            except OSError:
                pass

        with ScriptedDaemon(script) as daemon:
            one = publisher(daemon.path, overflow="block")
            done = threading.Event()

            def work() -> None:
                for number in range(50):
                    one.publish(UserMessage(str(number)))
                done.set()

            thread = threading.Thread(target=work)
            thread.start()
            until(lambda: len(one._desk.outbox) == 10)
            assert not done.is_set()
            go.set()
            assert done.wait(20)
            thread.join()
            assert one.flush(20)
            one.close(0)

        assert seen == [str(n) for n in range(50)]

    def test_block_lets_go_when_the_publisher_is_refused_or_closed(self) -> None:
        """Nobody waits for what never comes."""

        made: list[Publisher] = []

        def script(peer: Peer) -> None:
            peer.hello()
            peer.read()
            until(lambda: bool(made) and len(made[0]._desk.outbox) == 10)
            peer.send({"type": "error", "code": "limit", "message": "no room"})
            peer.hold()

        with ScriptedDaemon(script) as daemon:
            one = publisher(daemon.path, overflow="block")
            made.append(one)
            for number in range(50):
                one.publish(UserMessage(str(number)))
            assert one.state == "refused"
            one.close()


class TestNoDaemon:
    """The agent goes on, observed or not."""

    def test_it_warns_once_and_waits_for_nothing(self) -> None:
        """Not even at the end."""
        warnings: list[str] = []
        with socket_dir() as path:
            one = publisher(f"{path}/none", on_warning=warnings.append)
            one.publish(UserMessage("x"))
            until(lambda: bool(warnings))
            began = time.monotonic()
            assert not one.close(30)
            assert time.monotonic() - began < 10

        assert len(warnings) == 1
        assert "no daemon runs" in warnings[0]

    def test_a_daemon_that_comes_later_gets_everything(self) -> None:
        """Published before it was there."""
        with socket_dir() as path:
            one = publisher(f"{path}/s")
            for number in range(20):
                one.publish(UserMessage(str(number)))
            with EmbeddedDaemon(socket_path=f"{path}/s"):
                assert one.flush(20)
                assert texts(f"{path}/s") == [str(n) for n in range(20)]
                one.close()

    def test_starts_one_and_again_after_a_loss_but_not_after_a_stop(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A stop is somebody's wish."""
        with socket_dir() as path:
            monkeypatch.setenv("XDG_STATE_HOME", f"{path}/state")
            place = f"{path}/s"
            one = publisher(place, start_daemon=True)
            try:
                one.publish(UserMessage("1"))
                assert one.flush(30)
                killed = daemon_status(place)["pid"]
                os.kill(killed, signal.SIGKILL)
                one.publish(UserMessage("2"))
                assert one.flush(30)
                assert daemon_status(place)["pid"] != killed
                assert texts(place) == ["1", "2"]
                assert stop_daemon(place)
                one.publish(UserMessage("3"))
                until(lambda: one.state == "lost")
                assert not one.flush(0.2)
                assert not os.path.exists(place)
                ensure_daemon(place, timeout=30)
                assert one.flush(30)
                assert texts(place) == ["1", "2", "3"]
            finally:
                one.close()
                stop_daemon(place)


class TestProcess:
    """Forks and exits."""

    def run(self, path: str, script: str) -> subprocess.CompletedProcess[str]:
        """A fresh Python with a publisher `one`, to the end, in 20 s."""
        code = (
            "import os, sys, lashd\n"
            f"one = lashd.Publisher('s', socket_path={path!r}, start_daemon=False)\n{script}"
        )
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def test_the_end_of_the_program_flushes(self, daemon: EmbeddedDaemon) -> None:
        """Without a goodbye, as nobody said how it ended."""
        run = self.run(daemon.socket_path, "one.publish(lashd.UserMessage('last words'))")

        assert (run.returncode, run.stderr) == (0, "")
        assert texts(daemon.socket_path) == ["last words"]

    def test_the_end_of_the_program_does_not_wait_for_a_daemon(self) -> None:
        """For two seconds at most, and in silence."""
        with socket_dir() as path:
            run = self.run(f"{path}/none", "one.publish(lashd.UserMessage('x'))")

        assert (run.returncode, run.stderr) == (0, "")

    def test_a_forked_child_publishes_nothing_and_hangs_nowhere(
        self, daemon: EmbeddedDaemon
    ) -> None:
        """The connection is its parent's, and is lost with its parent."""
        script = """
assert one.wait_open(10)
pid = os.fork()
if pid == 0:
    one.publish(lashd.UserMessage('child'))
    assert one.state == 'closed' and not one.flush(1) and not one.close() and not one.wait_open(1)
    sys.exit(7)
_, status = os.waitpid(pid, 0)
one.publish(lashd.UserMessage('parent'))
assert one.flush(10)
one.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""
        run = self.run(daemon.socket_path, script)

        assert (run.returncode, run.stderr) == (7, "")
        assert texts(daemon.socket_path) == ["parent"]

    def test_no_descriptor_and_no_thread_is_left(self, daemon: EmbeddedDaemon) -> None:
        """However it ended."""
        before = set(os.listdir("/proc/self/fd"))
        threads = set(threading.enumerate())
        for _ in range(5):
            publisher(daemon.socket_path).close()
            publisher("/tmp/lt-none/s").close(0)

        until(lambda: set(os.listdir("/proc/self/fd")) <= before)
        assert set(threading.enumerate()) <= threads


class _Stalled:
    """Holds the publisher's thread while the context lasts, as a full socket would."""

    def __init__(self, one: Publisher) -> None:
        self._changed = one._desk.changed

    def __enter__(self) -> None:
        self._changed.acquire()

    def __exit__(self, *error: object) -> None:
        self._changed.release()


def _serves() -> Script:
    """A daemon that takes everything."""

    def script(peer: Peer) -> None:
        opened(peer)
        try:
            while True:
                message = peer.read()
                if message["type"] == "close":
                    peer.send({"type": "closed"})
                else:
                    peer.send(ack(message["first"] + len(message["events"]) - 1))
        except OSError:
            pass

    return script


def _lost() -> Any:
    from lashd.errors import ConnectionFailed

    return ConnectionFailed("cut")


def _texts_of(records: list[dict[str, Any]]) -> list[str]:
    return [
        entry["text"]
        for record in records
        if record["type"] == "observation"
        for entry in record["read_view"]["entries"]
    ]
