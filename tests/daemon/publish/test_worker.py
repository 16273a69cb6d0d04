"""The thread behind a publisher: losses, and daemons that are not there."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from lashd.client.blocking import Client
from lashd.connect.launch import daemon_status, ensure_daemon, stop_daemon
from lashd.publish.worker import MANY_LOSSES
from lashd.server.embedded import EmbeddedDaemon
from lashd.session.events import (
    AssistantProseDelta,
    UserMessage,
)
from tests.daemon.publish.publisher_harness import (
    accept_open,
    ack,
    acknowledging,
    publisher,
    receive_append,
    texts,
)
from tests.daemon.scripted_daemon import (
    Peer,
    ScriptedDaemon,
    kinds,
    socket_dir,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("quick")


class TestLoss:
    """Reconnects."""

    def test_each_event_lands_once_across_many_losses(self) -> None:
        """The daemon accepts some, acknowledges fewer, and hangs up, again and again."""
        seen: list[str] = []
        state = {"last": 0}

        def loses(peer: Peer) -> None:
            accept_open(peer, known=state["last"] > 0, last=state["last"])
            got: list[str] = []
            last = receive_append(peer, got)
            new = last - state["last"]
            seen.extend(got[len(got) - new :])
            state["last"] = last
            if last % 2:
                peer.send(ack(last))

        def stays(peer: Peer) -> None:
            accept_open(peer, known=True, last=state["last"])
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
        """And continues from there."""
        with socket_dir() as path:
            place = f"{path}/s"
            first = EmbeddedDaemon(socket_path=place)
            first.start()
            one = publisher(place)
            one.publish(UserMessage("before"))
            assert one.flush(20)
            with Client(place).attach("s", start="start") as stream:
                while "synced" not in kinds(stream.read(20)):
                    pass
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

        got = [kind for kind in kinds(later) if kind != "disconnected"]
        assert got[:3] == ["reconnected", "gap", "observation"]
        assert got.count("gap") == 1
        assert "before" in _texts_of(later)

    def test_a_silent_daemon_is_pinged_and_then_abandoned(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A hung one must not hold events for ever."""
        monkeypatch.setattr("lashd.protocol.reconnect.PING_AFTER", 0.05)
        monkeypatch.setattr("lashd.protocol.reconnect.GIVE_UP_AFTER", 0.05)
        pings: list[dict[str, Any]] = []

        def hangs(peer: Peer) -> None:
            accept_open(peer)
            receive_append(peer, [])
            pings.append(peer.read())
            peer.hold()

        with ScriptedDaemon(hangs, acknowledging()) as daemon:
            one = publisher(daemon.path)
            one.publish(UserMessage("1"))
            assert one.flush(20)
            one.close(0)

        assert pings == [{"type": "ping"}]

    def test_one_that_was_held_up_within_a_message_comes_again(self) -> None:
        """It was suspended for too long, or a tunnel cut its stream: nothing it said is wrong."""
        why = "no byte of a message that has begun in 30 s"
        held_up = {"type": "error", "code": "bad_request", "message": why, "again": True}

        def gives_up(peer: Peer) -> None:
            accept_open(peer)
            peer.send(held_up)

        with ScriptedDaemon(gives_up, acknowledging()) as daemon:
            one = publisher(daemon.path)
            one.publish(UserMessage("1"))
            assert one.flush(20)
            one.close(0)

    def test_a_daemon_that_never_takes_it_is_told_once(self) -> None:
        """It has no memory for what is sent, say, and cuts each connection."""

        def cuts(peer: Peer) -> None:
            accept_open(peer)
            peer.read()

        warnings: list[str] = []
        with ScriptedDaemon(*[cuts] * (3 * MANY_LOSSES), acknowledging()) as daemon:
            one = publisher(daemon.path, on_warning=warnings.append)
            one.publish(UserMessage("1"))
            assert one.flush(20)
            one.close(0)

        assert len(warnings) == 1
        assert "takes nothing" in warnings[0]

    def test_a_full_daemon_is_tried_again(self) -> None:
        """It said so instead of a hello; it will have room."""
        full = {"type": "error", "code": "limit", "message": "512 connections"}

        def refuses(peer: Peer) -> None:
            peer.send(full)

        with ScriptedDaemon(refuses, acknowledging()) as daemon:
            one = publisher(daemon.path)
            assert one.wait_open(20)
            one.close(0)


class TestNoDaemon:
    """The agent continues, watched or not."""

    def test_it_warns_once_and_waits_for_nothing(self) -> None:
        """Not even at the end."""
        warnings: list[str] = []
        with socket_dir() as path:
            one = publisher(f"{path}/none", on_warning=warnings.append)
            one.publish(UserMessage("x"))
            wait_until(lambda: bool(warnings))
            began = time.monotonic()
            assert not one.close(30)
            assert time.monotonic() - began < 10

        assert len(warnings) == 1
        assert "no daemon is running" in warnings[0]

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
                wait_until(lambda: one.state == "lost")
                assert not one.flush(0.2)
                assert not os.path.exists(place)
                ensure_daemon(place, timeout=30)
                assert one.flush(30)
                assert texts(place) == ["1", "2", "3"]
            finally:
                one.close()
                stop_daemon(place)


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
