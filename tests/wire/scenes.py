"""What is recorded: everything that a client and the daemon can say to each other.

A scene that is changed, or added, is recorded with the next version; recordings of older versions
stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lashd import events as vocabulary
from lashd.errors import RequestRefused
from lashd.events import Payload
from lashd.protocol import requests
from lashd.protocol.client import ClientConnection, pack
from lashd.protocol.outbox import Outbox
from lashd.publish.connection import Lost, PublisherConnection, SharedState
from lashd.session.draft import Draft
from tests.wire.corpus import Record, Stage, Step, records_of


class Client:
    """A connection that says what a test wants, after a hello."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage, self._name = stage, name
        stage.connect(name)
        stage.send(name, ClientConnection(version="recorded").greeting())
        stage.receive(name)

    def say(self, *messages: Record) -> list[Record]:
        """Send messages, one after the other; what has come since."""
        for message in messages:
            self._stage.send(self._name, pack(message))
        return records_of(self._stage.receive(self._name))

    def lose(self) -> None:
        self._stage.lose(self._name)


class Publishing:
    """Our own publisher, without its thread."""

    def __init__(self, stage: Stage, name: str, session_id: str, **about: Any) -> None:
        self._stage, self._name = stage, name
        message = {"type": "open", "session_id": session_id, "publisher_id": name.ljust(32, "0")}
        draft = Draft(session_id, prefix=name[:6], now_ms=stage.now_ms, **about)
        self.shared = SharedState("", {**message, **about}, draft, Outbox(max_events=64))
        self.connect(stage)

    def connect(self, stage: Stage) -> None:
        """To a daemon, for the first time or again."""
        self._stage = stage
        self._connection = PublisherConnection(self.shared, views=True)
        stage.connect(self._name)
        stage.send(self._name, self._connection.greeting())
        self.exchange()

    def publish(self, *payloads: Payload) -> None:
        """Have them sent, and acknowledged if there is a connection."""
        for payload in payloads:
            self.add(payload)
        self.exchange()

    def add(self, payload: Payload) -> None:
        """Keep it to be sent."""
        outbox = self.shared.outbox
        outbox.add(self.shared.draft.take(payload, outbox.next_number))

    def exchange(self) -> None:
        """Until neither side has more to say."""
        data = self._stage.receive(self._name)
        while data:
            self._connection.receive(data)
            while frame := self._connection.next_frame():
                self._stage.send(self._name, frame)
            data = self._stage.receive(self._name)
        while frame := self._connection.next_frame():
            self._stage.send(self._name, frame)
            self._connection.receive(self._stage.receive(self._name))

    def close(self) -> None:
        self.shared.goodbye = True
        self.exchange()

    def hear(self) -> None:
        """What the daemon says last: it is removed, or the daemon stops."""
        try:
            self._connection.receive(self._stage.receive(self._name))
        except (Lost, RequestRefused):
            pass

    def lose(self) -> None:
        self._stage.lose(self._name)


def turn(
    event: vocabulary.AnyTurnEvent, key: str | None = None, parent: str | None = None
) -> Payload:
    """An activity; its ids are the publisher's to give."""
    return vocabulary.TurnActivity("", key, event, parent)


def prose(text: str) -> Payload:
    """Text of the agent."""
    return turn(vocabulary.AssistantProseDelta(text))


def whole_vocabulary() -> list[Payload]:
    """Each event, each of its fields at least once."""
    v = vocabulary
    done = {"outcome": {"status": "success", "payload": {"lines": ["é", 1, 2.5, None, True]}}}
    failed = {"outcome": {"status": "failure", "message": "no such file", "format": "ansi"}}
    return [
        v.SessionChanged(v.SessionChangeKind.OPENED, model="a-model", title="Build it", agent="a"),
        turn(v.QueuedWorkStarted(["b1"])),
        turn(v.ModelRequestStarted(1)),
        turn(v.UserMessage("Build it, ünd schnell 🚀")),
        turn(v.ReasoningDelta("So ")),
        turn(v.ReasoningDelta("then.")),
        turn(v.AssistantProseDelta("# On"), "attempt"),
        turn(v.RetryStatus(1.5, 1, 3, "overloaded")),
        turn(v.ModelAttemptReset(["attempt"])),
        turn(v.AssistantProseDelta("\x1b[31mred\x1b[0m\n", "ansi")),
        turn(v.ToolCallStarted("task", {"prompt": "look"}, "t1")),
        turn(v.AssistantProseDelta("I look."), None, "t1"),
        turn(v.ToolCallStarted("read", {"path": "a.py", "lines": [1, 20]}, "t2"), None, "t1"),
        turn(v.ToolCallCompleted("read", None, done, "t2", 12.5), None, "t1"),
        turn(v.ChildUsage({"input_tokens": 7}, "child", "task", "small-model")),
        turn(v.ToolCallCompleted("task", None, failed, "t1")),
        turn(v.CodeBlockStarted("python", "1 + 1", "g1")),
        turn(v.CodeBlockCompleted("python", "2", None, True, 3.0, ["t2"], "g1")),
        turn(v.SubmittedValue({"answer": 42})),
        turn(v.ToolValue("read", "text")),
        turn(v.Usage({"input_tokens": 100, "cost_usd": 0.25}, None, 1, {"used": 90, "size": 200})),
        turn(v.Usage({}, {"input_tokens": 200})),
        turn(v.RuntimeDiagnostic("plan", {"items": [{"text": "one", "status": "completed"}]})),
        turn(v.RuntimeDiagnostic("remark", {"why": "because"})),
        turn(v.UnknownTurnEvent("later_versions_event", {"x": [1, {"y": None}]})),
        v.QueueChanged(
            v.SessionQueueEventKind.ENQUEUED,
            ["b2", "b3"],
            {"b2": {"text": "next", "delivery": "later"}},
        ),
        v.QueueChanged(v.SessionQueueEventKind.DELIVERED, ["b3"]),
        v.ProcessChanged(
            v.SessionProcessEventKind.STARTED,
            ["p1", "p2"],
            {"p1": {"label": "make", "tool_call_id": "t1"}},
        ),
        v.ProcessChanged(
            v.SessionProcessEventKind.EXITED,
            ["p1"],
            {"p1": {"exit_code": 2, "output": "Error 2\n"}},
        ),
        v.AgentFrameSwitched("frame-2"),
        turn(v.Error("it broke")),
        v.Committed(),
        turn(v.Waiting("may I rm?")),
        turn(v.Resumed()),
        prose("Done."),
        v.Committed(),
        v.SessionChanged(v.SessionChangeKind.ENDED, v.SessionOutcome.FAILURE, 3),
    ]


def head(version: str, incarnation: int = 7, **store: int) -> Step:
    """The first line of a recording."""
    return {"version": version, "incarnation": incarnation, "store": store}


def publishing(version: str) -> Stage:
    """Our publisher says everything there is, and a reader that waited for it gets it all."""
    stage = Stage(head(version))
    reader = Client(stage, "reader")
    reader.say({"type": "attach", "session_id": "build", "wait": True, "start": "start"})
    publisher = Publishing(
        stage, "publisher", "build", title="Build", agent="agent", directory="/src"
    )
    for payload in whole_vocabulary():
        stage.advance(0.5)
        publisher.publish(payload)
        reader.say()
    publisher.close()
    reader.say({"type": "ping"})
    Client(stage, "late").say({"type": "attach", "session_id": "build"})
    stage.stop()
    reader.say()
    return stage


def restoring(version: str) -> Stage:
    """The daemon of a session is another one: its publisher restores it, and drops some later."""
    before = Stage(head(version, 1))
    publisher = Publishing(before, "publisher", "build", title="Build")
    publisher.publish(*whole_vocabulary()[:-1])
    stage = Stage(head(version, 2, max_events_per_session=20))
    readers = [Client(stage, "old"), Client(stage, "new")]
    cursor = "lashsc1:0:1099511627780:build"
    readers[0].say({"type": "attach", "cursor": cursor, "start": "cursor", "wait": True})
    readers[1].say({"type": "attach", "session_id": "build", "wait": True})
    publisher.add(prose("not yet sent"))
    publisher.connect(stage)
    publisher.publish(prose("and on"))
    for reader in readers:
        reader.say()
    publisher.lose()
    for number in range(100):  # more than its outbox keeps
        publisher.add(turn(vocabulary.UserMessage(f"message {number}")))
    stage.advance(3)
    publisher.connect(stage)
    publisher.publish(vocabulary.Committed())
    for reader in readers:
        reader.say()
    publisher.close()
    return stage


def reading(version: str) -> Stage:
    """Every way to attach, every gap, and every end."""
    stage = Stage(head(version, max_events_per_session=8))
    publisher = Publishing(stage, "publisher", "build")
    publisher.publish(prose("one"), vocabulary.Committed(), prose("two"))
    first = Client(stage, "first")
    cursors = [
        record["cursor"]
        for record in first.say({"type": "attach", "start": "start"})
        if "cursor" in record
    ]
    for number in range(12):
        stage.advance(1)
        publisher.publish(turn(vocabulary.UserMessage(f"message {number}")))
    first.say()  # it was too slow
    attach = {"type": "attach", "session_id": "build"}
    asked: dict[str, Record] = {
        "snapshot": attach,
        "start": {**attach, "start": "start"},
        "newest": {**attach, "start": "start", "last": 2},
        "now": {**attach, "start": "now"},
        "trimmed": {"type": "attach", "cursor": cursors[1]},
        "unavailable": {"type": "attach", "cursor": "lashsc1:3:9:build", "start": "cursor"},
    }
    clients = {name: Client(stage, name) for name in asked}
    for name, message in asked.items():
        newest = clients[name].say(message)[-1]["cursor"]
    clients["replay"] = Client(stage, "replay")
    publisher.publish(prose("three"))
    clients["replay"].say({"type": "attach", "cursor": newest, "start": "cursor"})
    stage.advance(20)
    publisher.publish(prose("live"))
    for client in clients.values():
        client.say()
    clients["start"].lose()
    Client(stage, "remover").say(requests.remove("build", True))
    for name in ("snapshot", "now"):
        clients[name].say()
    waiting = Client(stage, "waiting")
    waiting.say({"type": "attach", "session_id": "later", "wait": True})
    stage.stop()
    waiting.say()
    return stage


def following(version: str) -> Stage:
    """The list as a stream: births, changes, removals, and a follower that comes back."""
    stage = Stage(head(version))
    follower = Client(stage, "follower")
    follower.say(requests.follow(None))
    builds = Publishing(stage, "builds", "build", title="Build", directory="/src")
    tests = Publishing(stage, "tests", "test")
    for payload in whole_vocabulary()[:12]:
        builds.publish(payload)
    tests.publish(turn(vocabulary.Waiting("which one?")))
    stage.advance(1)
    position = follower.say()[-1]["position"]
    follower.lose()
    builds.publish(*whole_vocabulary()[12:])
    stage.advance(1)
    back = Client(stage, "back")
    back.say(requests.follow(position))
    tests.lose()
    stage.advance(15)  # it does not return
    back.say()
    Client(stage, "remover").say(requests.remove("test", False))
    stage.advance(1)
    back.say({"type": "ping"})
    stage.stop()
    back.say()
    return stage


def asking(version: str) -> Stage:
    """Every plain request, and what is refused."""
    stage = Stage(head(version, max_sessions=2))
    client = Client(stage, "client")
    client.say(requests.LIST, requests.STATUS, requests.PING, requests.show("nothing"))
    client.say({"type": "attach", "session_id": "nothing"}, {"type": "attach"})
    client.say({"type": "attach", "cursor": "x"}, requests.follow("x"))
    publisher = Publishing(stage, "publisher", "build", title="Build")
    publisher.publish(*whole_vocabulary()[:20])
    stage.advance(2)
    (shown,) = client.say(requests.show("build"))
    client.say(requests.LIST, requests.STATUS, requests.inspect_cursor(shown["cursor"]))
    client.say({"type": "attach", "session_id": "other", "cursor": shown["cursor"]})
    client.say(requests.remove("build", False))
    raw = Client(stage, "raw")
    opening = {"type": "open", "session_id": "raw", "publisher_id": "0" * 32}
    raw.say({**opening, "session_id": "build", "exclusive": True})
    where = {"host": "h", "pid": 7, "tty": "/dev/pts/1", "tmux": {"socket": "/tmp/t", "pane": "%1"}}
    raw.say({**opening, "title": "Raw", "revision": 5, "where": where})
    raw.say({"type": "restore", "view": {}, "last": 1})
    bare: list[Any] = [
        {"type": "user_message", "text": "bare"},
        7,
        {"type": 1},
        {"type": "usage", "usage": []},
    ]
    raw.say({"type": "append", "first": 3, "events": bare})
    raw.say({"type": "append", "first": 9, "events": [{"type": "committed", "revision": 9}]})
    raw.say({"type": "append", "first": 10, "events": [], "view": None}, {"type": "close"})
    raw.say({**opening, "session_id": "third"}, {"type": "append", "first": 1, "events": []})
    client.say(requests.LIST, requests.remove("build", True), requests.STOP)
    publisher.hear()
    raw.say({"type": "nonsense"})
    return stage


SCENES: dict[str, Callable[[str], Stage]] = {
    scene.__name__: scene for scene in (publishing, restoring, reading, following, asking)
}
