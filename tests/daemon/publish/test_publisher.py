"""The publisher, against a scripted daemon and the real one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from lashd.client.blocking import Client
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon
from lashd.session.events import (
    AssistantProseDelta,
    Committed,
    QueueChanged,
    SessionQueueEventKind,
    UnknownTurnEvent,
    UserMessage,
)
from lashd.session.row import Where
from tests.daemon.publish.publisher_harness import (
    accept_open,
    ack,
    publisher,
    receive_append,
    texts,
)
from tests.daemon.scripted_daemon import (
    Peer,
    ScriptedDaemon,
    socket_dir,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("quick")


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

    def test_a_commit_closes_open_calls_without_undoing_a_failure(
        self, daemon: EmbeddedDaemon
    ) -> None:
        """In this publisher's own view and in the daemon's."""
        with publisher(daemon.socket_path) as one:
            one.pending_calls.add("c", "ls", None, None)
            one.error("overloaded")
            assert one.failure() == "overloaded"
            one.commit()
            assert one.turn_failed
            assert one.failure() is None
            assert one.flush(20)
            with Client(daemon.socket_path) as client:
                view = client.show("s")["read_view"]

        assert view["outcome"] == "failure"
        assert view["entries"][0]["state"] == "cancelled"

    def test_a_session_is_created_even_if_nothing_is_published(
        self, daemon: EmbeddedDaemon
    ) -> None:
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

    def test_what_is_no_event_costs_a_warning(self, daemon: EmbeddedDaemon) -> None:
        """Publishing raises nothing into the agent."""
        warnings: list[str] = []
        with publisher(daemon.socket_path, on_warning=warnings.append) as one:
            one.publish("text")  # type: ignore[arg-type]
            one.publish({"text": "of no type"})
            one.end("well")  # type: ignore[arg-type]

        assert len(warnings) == 3
        assert "str is not an event" in warnings[0]

    def test_a_map_is_an_event_as_the_wire_has_it(self, daemon: EmbeddedDaemon) -> None:
        """Whole or bare, with its ids and time; what is given beside it counts more."""
        with publisher(daemon.socket_path) as one:
            one.publish({"type": "user_message", "text": "bare", "id": "mine"}, at=7)
            activity = {"type": "tool_call_started", "name": "sh", "call_id": "c"}
            one.publish({"type": "turn_activity", "activity": activity, "at": 9})
            one.publish({"type": "committed"})
            assert one.flush(20)
            with Client(daemon.socket_path) as client:
                entries = client.show("s")["read_view"]["entries"]

        found = [(row["kind"], row["id"], row["started_at"]) for row in entries]
        assert found[:2] == [("user", "mine", 7), ("tool", "c", 9)]
        assert found[2][0] == "commit"

    def test_a_bad_event_costs_a_warning_and_nothing_else(self, daemon: EmbeddedDaemon) -> None:
        """With a field of a wrong type, or a revision that none can be."""
        warnings: list[str] = []
        with publisher(daemon.socket_path, on_warning=warnings.append) as one:
            one.commit(revision=2**64)
            one.publish(UserMessage(5))  # type: ignore[arg-type]
            one.publish(UserMessage("good"))
            assert one.flush(20)
            assert texts(daemon.socket_path) == ["good"]

        assert len(warnings) == 2
        assert "u64" in warnings[0]

    def test_what_is_too_large_is_cut(self, daemon: EmbeddedDaemon) -> None:
        """Both ends stay, and a mark says how much is missing."""
        with publisher(daemon.socket_path) as one:
            one.publish(UserMessage("begin" + "x" * 50_000_000 + "end"))
            assert one.flush(20)
            [text] = texts(daemon.socket_path)

        assert text.startswith("begin")
        assert text.endswith("end")
        assert len(text) < 300_000

    def test_an_event_that_only_the_daemon_refuses_is_warned_of(self) -> None:
        """Its number is used up."""
        warnings: list[str] = []

        def script(peer: Peer) -> None:
            accept_open(peer)
            last = receive_append(peer, [])
            peer.send({**ack(last), "refused": [{"number": 1, "reason": "too odd"}]})
            peer.hold()

        with ScriptedDaemon(script) as daemon:
            one = publisher(daemon.path, on_warning=warnings.append)
            one.publish(UserMessage("odd"))
            assert one.flush(20)
            wait_until(lambda: bool(warnings))
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

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"session": ""}, "session id"),
            ({"session": None}, "session"),
            ({"path": "/" + "x" * 200}, "201 bytes"),
            ({"revision": -1}, "-1"),
        ],
    )
    def test_what_can_not_work_is_refused_at_once(
        self, options: dict[str, Any], problem: str
    ) -> None:
        """With a warning: the agent runs on, unobserved, and waits for nothing."""
        warnings: list[str] = []
        given: dict[str, Any] = {"path": "/x", "on_warning": warnings.append} | options
        with publisher(**given) as one:
            one.prose("unheard")
            with one.turn("unheard"), one.tool("sh") as call:
                call.result(1)
            assert one.state == "refused"
            assert one.refusal is not None
            assert problem in one.refusal.message
            assert not one.wait_open()
            assert not one.flush()

        assert [problem in warning for warning in warnings] == [True]


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
        """Without a goodbye, as the outcome is not known."""
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
    with one.turn('child'), one.tool('child') as call:
        one.prose('child')
        call.result(list(one.watch(iter(['child']))))
    assert one.turn_state() == ('ended', 0)
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

        wait_until(lambda: set(os.listdir("/proc/self/fd")) <= before)
        assert set(threading.enumerate()) <= threads


def test_a_publisher_says_where_its_agent_runs() -> None:
    """As a map or a `Where`; one that can't be used is left out, with a warning."""
    warnings: list[str] = []
    with EmbeddedDaemon() as embedded, Client(embedded.socket_path) as client:
        places: dict[str, Any] = {
            "map": {"host": "box", "tmux": {"socket": "/s", "pane": "%1"}, "later": 1},
            "typed": Where(pid=5),
            "none": None,
            "wrong": {"pid": "x"},
            "odd": 5,
        }
        for name, place in places.items():
            with Publisher(
                name, socket_path=embedded.socket_path, where=place, on_warning=warnings.append
            ) as publisher:
                publisher.flush(10)
        rows = {row["session_id"]: row["where"] for row in client.list()}
    unknown = dict.fromkeys(("host", "pid", "tty", "tmux"))
    assert rows["map"] == {**unknown, "host": "box", "tmux": {"socket": "/s", "pane": "%1"}}
    assert rows["typed"] == {**unknown, "pid": 5}
    assert rows["none"] is rows["wrong"] is rows["odd"] is None
    assert [warning.partition(":")[0] for warning in warnings] == [
        "session `wrong` does not say where it runs",
        "session `odd` does not say where it runs",
    ]


def test_a_publisher_says_by_itself_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own process's place; what can't be said of it is no fault of the program's."""
    monkeypatch.setenv("TMUX", "/s,1,0")
    monkeypatch.setenv("TMUX_PANE", "%7")
    warnings: list[str] = []
    with EmbeddedDaemon() as embedded, Client(embedded.socket_path) as client:
        for name in ("here", "long"):
            with Publisher(
                name, socket_path=embedded.socket_path, on_warning=warnings.append
            ) as publisher:
                publisher.flush(10)
            monkeypatch.setenv("TMUX", f"/{'s' * 5000},1,0")
        rows = {row["session_id"]: row["where"] for row in client.list()}
    assert rows["here"]["pid"] == os.getpid()
    assert rows["here"]["host"] == os.uname().nodename
    assert rows["here"]["tmux"] == {"socket": "/s", "pane": "%7"}
    assert rows["long"] is None
    assert not warnings
