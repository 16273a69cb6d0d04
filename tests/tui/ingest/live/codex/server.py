"""An app server as Codex's screen starts it, for tests; its words come from recordings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lashd.events import SessionOutcome, UserMessage
from lashtui.ingest.live.codex.watcher import Watcher
from lashtui.ingest.live.codex.words import Thread
from lashtui.ingest.telling import Teller, Telling
from lashtui.producers import Produced
from tests.tui.producers.goldens import CAPTURES, view_of

Message = dict[str, Any]


def recorded(folder: str, name: str) -> list[Message]:
    """What the server says in a recording."""
    path = CAPTURES / folder / f"{name}.both.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [json.loads(line["line"]) for line in lines if line["dir"] != "client"]


def turn_of_recording() -> tuple[Message, list[Message]]:
    """A thread, and one whole turn of it with an approval, from its start to its end."""
    said = recorded("codex_appserver", "watch_approval")
    thread = next(each["result"]["thread"] for each in said if "thread" in each.get("result", {}))
    words = [each for each in said if each.get("params", {}).get("threadId") == thread["id"]]
    begin = next(at for at, each in enumerate(words) if each["method"] == "thread/status/changed")
    return {**thread, "status": {"type": "idle"}}, words[begin:]


class FakeServer:
    """Threads, who has joined them, and what is asked."""

    def __init__(self) -> None:
        self.threads: dict[str, Message] = {}
        self.turns: dict[str, list[Message]] = {}
        self.joined: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        """Methods, and the threads that they are about."""
        self.refuses: set[str] = set()
        """Methods that fail."""
        self.is_silent = False
        """It answers nothing."""
        self.answers: list[Message] = []
        """What clients answered."""

    def add(self, thread: Message) -> Message:
        """A thread is loaded; what everyone is told of it."""
        self.threads[thread["id"]] = thread
        self.turns.setdefault(thread["id"], [])
        return {"method": "thread/started", "params": {"thread": thread}}

    def take(self, message: bytes) -> list[Message]:
        """The answer to a client."""
        request = json.loads(message)
        method, params = request.get("method", ""), request.get("params", {})
        if not method:
            self.answers.append(request)
            return []
        self.asked.append((method, params.get("threadId", "")))
        if "id" not in request or self.is_silent:
            return []
        if method in self.refuses:
            return [{"id": request["id"], "error": {"code": -32600, "message": "no rollout found"}}]
        return [{"id": request["id"], "result": self._result(method, params)}]

    def _result(self, method: str, params: Message) -> Message:
        name = params.get("threadId", "")
        if method == "thread/loaded/list":
            return {"data": list(self.threads), "nextCursor": None}
        if method == "thread/read":
            return {"thread": self.threads[name]}
        if method == "thread/resume":
            self.joined.add(name)
            return {"thread": self.threads[name], "model": "gpt-5.5"}
        if method == "thread/unsubscribe":
            self.joined.discard(name)
            return {"status": "unsubscribed"}
        if method == "thread/turns/list":
            begin = int(params["cursor"] or 0)
            newest = self.turns[name][::-1]
            if params["itemsView"] == "notLoaded":
                newest = [{**each, "items": []} for each in newest]
            end = begin + params["limit"]
            cursor = str(end) if end < len(newest) else None
            return {"data": newest[begin:end], "nextCursor": cursor}
        return {}

    def note(self, word: Message) -> bool:
        """Keep what a thread says; whether a client that has not joined it is told."""
        method, params = word["method"], word["params"]
        name = params["threadId"]
        turns = self.turns[name]
        if method == "turn/started":
            turns.append({**params["turn"], "items": []})
        elif method == "item/completed":
            turns[-1]["items"].append(params["item"])
        elif method == "turn/completed":
            turns[-1] = {**params["turn"], "items": turns[-1]["items"]}
        elif method == "thread/status/changed":
            self.threads[name] = {**self.threads[name], "status": params["status"]}
        return name in self.joined or method.startswith(("thread/status", "thread/name"))


class FakeSession:
    """Remembers what it is told."""

    def __init__(self, thread: Thread) -> None:
        self.thread = thread
        self.produced: list[Produced] = []
        self.outcome: SessionOutcome | None = None
        self.is_open = True

    def publish(self, produced: Produced) -> None:
        """One payload."""
        self.produced.append(produced)

    def wait(self) -> None:
        """Nothing to wait for."""

    @property
    def turn_failed(self) -> bool:
        """As a publisher says it."""
        return view_of(self.produced, ended=False).turn.failed

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """The end."""
        assert self.outcome is None
        self.outcome = outcome

    @property
    def story(self) -> list[tuple[str, str]]:
        """What a reader sees of it: kinds of rows and their texts."""
        view = view_of(self.produced, ended=False)
        return [(row.kind, f"{row.text or ''}{row.name or ''}") for row in view.entries]

    @property
    def prompts(self) -> list[str]:
        """What a person said."""
        events = [getattr(each.payload, "event", None) for each in self.produced]
        return [each.text for each in events if isinstance(each, UserMessage)]


class FakeSessions:
    """Where a watcher tells its sessions."""

    def __init__(self) -> None:
        self.opened: dict[str, FakeSession] = {}
        self.is_busy = False
        """Somebody else publishes them."""
        self.told_until = 0
        self.warnings: list[str] = []
        self.before: Callable[[Telling], None] = lambda telling: None
        """Who told them before."""

    def open(self, thread: Thread) -> tuple[Teller, int] | None:
        """One for each thread that is no subagent's."""
        if self.is_busy:
            return None
        session = self.opened[thread.id] = FakeSession(thread)
        telling = Telling(session)
        self.before(telling)
        return Teller(telling), max(telling.ended_at, self.told_until)

    def close(self, thread: str) -> None:
        """Others go on."""
        self.opened[thread].is_open = False

    def warn(self, sentence: str) -> None:
        """One sentence."""
        self.warnings.append(sentence)


class Bench:
    """A watcher at a server, and a clock."""

    def __init__(self) -> None:
        self.server = FakeServer()
        self.sessions = FakeSessions()
        self.now = 100.0
        self.take: Callable[[bytes], list[Message]] = self.server.take
        self.watcher = Watcher(self.sessions, lambda: self.now, now_ms=lambda: int(self.now * 1000))

    def start(self) -> None:
        """Connect."""
        self.watcher.start()
        self.settle()
        self.settle()  # it looks what is there once it was welcomed

    def settle(self, seconds: float = 0.0) -> None:
        """Let time pass, and let both say what they have to say."""
        self.now += seconds
        self.watcher.tick()
        self.exchange()

    def exchange(self) -> None:
        """Carry questions and answers until there are none."""
        while sent := self.watcher.take_out():
            for message in sent:
                for answer in self.take(message):
                    self.tell(answer)

    def tell(self, message: Message) -> None:
        """The server says this to us."""
        self.watcher.take(json.dumps(message).encode())

    def say(self, word: Message) -> None:
        """A thread says this; we hear it if we have joined."""
        if self.server.note(word):
            self.tell(word)
        self.exchange()

    def asked(self, method: str) -> int:
        """How often we asked for this."""
        return sum(each == method for each, _ in self.server.asked)
