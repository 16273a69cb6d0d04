"""A client in another language, written from the page of the protocol alone, keeps the promise."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgpack
import pytest
from hypothesis import HealthCheck, given, settings

from lashd.connect.peer import is_listening
from lashd.daemon import EmbeddedDaemon
from lashd.events import Payload
from lashd.limits import ViewLimits
from lashd.session.codec import event_to_wire
from lashd.session.host import SessionHost
from lashd.session.store import InMemoryLiveReplayStore
from lashd.session.view import ReadView, view_from_wire
from lashd.testing.audit.auditor import Auditor
from lashd.testing.audit.marks import mark, marks_of_view
from lashd.testing.faults import DIRECTIONS, Cut, Reset, Script, Stall, Truncate
from lashd.testing.proxy import FaultProxy
from tests.daemon.session.histories import histories
from tests.hostile import assert_plain, hostile
from tests.integration import node
from tests.integration.node import Record, audit_publisher, audit_reader, received
from tests.integration.plain_client import Connection
from tests.waiting import wait_until

FOLD = """
import readline from "node:readline";
import { View } from "./view.mjs";
for await (const line of readline.createInterface({ input: process.stdin })) {
  const view = new View({ session_id: "s" });
  for (const event of JSON.parse(line)) view.fold(event);
  console.log(JSON.stringify(view.copy().wire()));
}
"""


# -- the view --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folding() -> Iterator[subprocess.Popen[str]]:
    """A process that folds: a list of events in, a view out, each in a line."""
    with subprocess.Popen(
        [node.node(), "--input-type=module", "-e", FOLD],
        cwd=node.EXAMPLES,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def comparable(view: ReadView) -> Record:
    """A view without what a daemon puts there itself: positions, and what makes ids unique."""
    for entry in view.entries:
        entry.position = 0
        entry.id, entry.correlation_id = entry.correlation_id or entry.id, None
        if entry.kind == "frame":
            entry.id = "frame"
    wire = view.to_wire()
    wire["usage"] = {name: part for name, part in wire["usage"].items() if part}
    return {name: wire[name] for name in wire.keys() - {"incarnation", "max_entries", "max_bytes"}}


@given(histories)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_view_of_the_page_is_the_daemons(
    folding: subprocess.Popen[str], history: list[Payload]
) -> None:
    """Whoever folds by the page gets what the daemon shows, whatever happens in a session."""
    assert folding.stdin is not None
    assert folding.stdout is not None
    now = [1_700_000_000_000]
    store = InMemoryLiveReplayStore.with_bounds(1000, 1000.0, clock=lambda: 0.0)
    host = SessionHost(store, "s", now_ms=lambda: now[0], limits=ViewLimits())
    events = []
    for payload in history:
        now[0] += 7
        events.append(event_to_wire(host.record(payload)))
    folding.stdin.write(json.dumps(events) + "\n")
    folding.stdin.flush()

    theirs = view_from_wire(json.loads(folding.stdout.readline()))

    assert comparable(theirs) == comparable(host.view.copy())


# -- whole sessions --------------------------------------------------------------------------------


class Daemon:
    """A daemon that is stopped, killed and started again."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.process = self._start()

    def restart(self, how: signal.Signals) -> None:
        """End it with a signal, and start another."""
        self.process.send_signal(how)
        self.process.wait(20)
        self.process = self._start()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "lashd", "--socket", self.path, "--max-events-per-session=200"]
        )
        wait_until(lambda: is_listening(self.path))
        return process


def event(number: int) -> Record:
    """Event `number`, with its mark: text of several kinds, and a commit now and then."""
    if number % 50 == 0:
        return {"type": "committed"}
    kinds = ("user_message", "assistant_prose_delta", "assistant_prose_delta", "reasoning_delta")
    return {"type": kinds[number % 4], "text": f"{mark('node', number)} ünï\n"}


def last_number(trace: Path) -> int:
    """The number of the newest event that the publisher knows to have arrived."""
    return max((record["last"] for record in received(trace) if record["type"] == "ack"), default=0)


def wait_until_told(traces: Iterable[Path], number: int) -> None:
    """All of them have sent this event, or were shown it."""
    for path in traces:
        wait_until(lambda path=path: path.exists() and mark("node", number) in path.read_text())  # type: ignore[misc]


def has_ended(trace: Path) -> bool:
    """A reader was told the end, or shown it."""
    return any(
        record.get("kind") == "ended" or record.get("read_view", {}).get("state") == "ended"
        for record in received(trace)
    )


def test_it_passes_the_audit_over_restarts(short_socket: str, tmp_path: Path) -> None:
    """The daemon is stopped, killed and suspended, a reader is killed: nothing unexplained."""
    daemon = Daemon(short_socket)
    trace = {name: tmp_path / name for name in ("publisher", "calm", "killed")}
    started = []

    def begin(script: str, name: str, *args: str) -> subprocess.Popen[bytes]:
        process = node.start(script, "s", "--trace", str(trace[name]), *args, socket=short_socket)
        started.append(process)
        return process

    try:
        publisher = begin("publish.mjs", "publisher", "--title", "Build")
        begin("watch.mjs", "calm")
        killed = begin("watch.mjs", "killed")
        say = publisher.stdin
        assert say is not None
        sent = 0

        def publish(count: int) -> None:
            nonlocal sent
            lines = [json.dumps(event(number)) for number in range(sent + 1, sent + count + 1)]
            say.write("".join(f"{line}\n" for line in lines).encode())
            say.flush()
            sent += count

        for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
            publish(301)
            wait_until_told(trace.values(), sent)
            publish(40)  # some of these are on their way
            daemon.restart(how)
            publish(11)
            wait_until_told(trace.values(), sent)
            wait_until(lambda: last_number(trace["publisher"]) == sent)
        daemon.process.send_signal(signal.SIGSTOP)
        publish(50)
        killed.kill()
        killed.wait()
        daemon.process.send_signal(signal.SIGCONT)
        cursors = [
            record["cursor"]
            for record in received(trace["killed"])
            if record.get("cursor") and record["type"] not in ("attached", "gap", "end")
        ]
        begin("watch.mjs", "killed", "--cursor", cursors[-1])
        publish(300)
        say.close()
        assert publisher.wait(40) == 0
        for name in ("calm", "killed"):
            wait_until(lambda name=name: has_ended(trace[name]), f"{name} sees the end")  # type: ignore[misc]
    finally:
        for process in started:
            process.kill()
            process.communicate()
        daemon.process.send_signal(signal.SIGCONT)
        daemon.stop()

    auditor = Auditor()
    audit_publisher(auditor.publisher("node", "s"), trace["publisher"])
    for name in ("calm", "killed"):
        audit_reader(auditor.reader(name, "s"), trace[name])
    assert auditor.finish() == []
    restored = [r for r in received(trace["publisher"]) if r["type"] == "restored"]
    assert [record["taken"] for record in restored] == [True] * 3
    assert auditor.gaps >= 6
    assert auditor.events > 500


def test_it_passes_the_audit_over_connections_that_fail(
    daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Cut, reset, and ended within a message, in either direction: each event lands once."""
    faults: Script = [
        [fault]
        for size in (700, 1300, 2900)
        for to in DIRECTIONS
        for fault in (Truncate(size, to), Cut(size + 1, to), Reset(size + 2, to))
    ]
    trace = {name: tmp_path / name for name in ("publisher", "reader")}
    with (
        FaultProxy(daemon.socket_path, faults) as first,
        FaultProxy(daemon.socket_path, faults) as second,
        node.running("watch.mjs", "s", "--trace", str(trace["reader"]), socket=first.path),
        node.running(
            "publish.mjs", "s", "--trace", str(trace["publisher"]), socket=second.path
        ) as publisher,
    ):
        say = publisher.stdin
        assert say is not None
        for number in range(1, 400):
            say.write(f"{json.dumps(event(number))}\n".encode())
            say.flush()
            if number % 20 == 0:  # one connection after the other, not all at once
                wait_until(lambda number=number: last_number(trace["publisher"]) >= number)  # type: ignore[misc]
        say.close()
        assert publisher.wait(40) == 0
        wait_until(lambda: has_ended(trace["reader"]))
    auditor = Auditor()
    audit_publisher(auditor.publisher("node", "s"), trace["publisher"])
    audit_reader(auditor.reader("reader", "s"), trace["reader"])
    assert auditor.finish() == []
    assert auditor.gaps == 0
    assert sum(record["type"] == "opened" for record in received(trace["publisher"])) >= 5


def test_a_view_that_comes_too_late_goes_along_with_the_next_event(
    short_socket: str, tmp_path: Path
) -> None:
    """After a second of silence the session is created empty; its publisher puts that right."""
    daemon, trace = Daemon(short_socket), tmp_path / "publisher"
    hello = {"type": "hello", "protocol": 1, "version": "example.mjs 1"}
    ready: Record = {"type": "open", "session_id": "s", "publisher_id": "0" * 32}
    ready |= {"title": None, "agent": "publish.mjs", "directory": None}
    greeting = sum(4 + len(msgpack.packb(message)) for message in (hello, ready))
    script: Script = [[], *([Stall(greeting)] for _ in range(100))]
    try:
        with (
            FaultProxy(short_socket, script) as proxy,
            node.running("publish.mjs", "s", "--trace", str(trace), socket=proxy.path) as publisher,
        ):
            say = publisher.stdin
            assert say is not None

            def publish(first: int, last: int) -> None:
                say.write("".join(f"{json.dumps(event(n))}\n" for n in range(first, last)).encode())
                say.flush()

            publish(1, 30)
            wait_until(lambda: last_number(trace) == 29)
            daemon.restart(signal.SIGKILL)
            wait_until(lambda: asked(short_socket, {"type": "show", "session_id": "s"}))
            proxy.release()
            publish(30, 31)
            wait_until(lambda: last_number(trace) == 30)
            shown = asked(short_socket, {"type": "show", "session_id": "s"})
            publisher.communicate(timeout=20)
    finally:
        daemon.stop()

    assert [r["taken"] for r in received(trace) if r["type"] == "restored"] == [False]
    assert shown is not None
    assert shown["read_view"]["complete"] is True
    assert [each.number for each in marks_of_view(view_from_wire(shown["read_view"]))] == [
        *range(1, 31)
    ]


def asked(path: str, request: Record) -> Record | None:
    """A reply of the daemon; None where it refuses."""
    connection = Connection(path)
    connection.send(request)
    try:
        return connection.receive()
    except RuntimeError:
        return None
    finally:
        connection.close()


def test_what_it_prints_does_nothing_to_a_terminal() -> None:
    """An agent's text comes as JSON with nothing in it that a terminal would obey."""
    text = "".join(map(hostile, ("a", "b"))) + "ünï \u200b\ufeff"
    code = (
        'import { toJson } from "./command.mjs"; console.log(toJson(JSON.parse(process.argv[1])))'
    )
    done = subprocess.run(
        [node.node(), "--input-type=module", "-e", code, json.dumps({"text": text})],
        cwd=node.EXAMPLES,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"text": text}
    assert_plain(done.stdout)
