"""A scripted agent that stamps what it says: `python -m benchmarks.live_agent KIND COUNT PAUSE`.

KIND is where it says it. It begins a session, waits for the file LIVE_GO, says COUNT stamps with a
PAUSE (seconds) after each, and ends. To LIVE_TOOK it writes how many seconds that took it, and how
many of them it was saying something. With LIVE_ALONE it waits for nobody and calls no hooks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from lashtui.hooks.agents import CLAUDE

Say = Callable[[str], None]
PATIENCE = 60.0
POLL = 0.005


def line(file: TextIO, record: dict[str, Any]) -> None:
    """Write a record, at once."""
    file.write(json.dumps(record) + "\n")
    file.flush()


def now() -> str:
    """As agents write times."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def kept(path: Path) -> Iterator[TextIO]:
    """A session's file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        yield file


@contextmanager
def stream() -> Iterator[Say]:
    """`claude -p --output-format stream-json`: on stdout, by deltas."""
    about = {"session_id": str(uuid.uuid4()), "parent_tool_use_id": None}

    def event(kind: str, **more: object) -> None:
        record = {"type": "stream_event", "event": {"type": kind, **more}, **about}
        line(sys.stdout, record)

    line(sys.stdout, {"type": "system", "subtype": "init", "cwd": os.getcwd(), **about})
    event("message_start", message={"id": "m", "role": "assistant", "content": []})
    event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield lambda text: event(
        "content_block_delta", index=0, delta={"type": "text_delta", "text": text}
    )
    line(sys.stdout, {"type": "result", "subtype": "success", "is_error": False, **about})


@contextmanager
def transcript() -> Iterator[Say]:
    """Claude Code's file: a line for each block."""
    session = str(uuid.uuid4())
    about = {"sessionId": session, "parentUuid": None, "cwd": os.getcwd()}
    path = Path.home() / ".claude" / "projects" / "p" / f"{session}.jsonl"
    with kept(path) as file:
        told = {"timestamp": now(), "uuid": str(uuid.uuid4()), **about}
        line(file, {"type": "user", "message": {"role": "user", "content": "go"}, **told})

        def say(text: str) -> None:
            name = str(uuid.uuid4())
            block = {"type": "text", "text": text}
            message = {"role": "assistant", "id": name, "model": "m", "content": [block]}
            told = {"timestamp": now(), "uuid": name, **about}
            line(file, {"type": "assistant", "message": message, **told})

        yield say


@contextmanager
def hooks() -> Iterator[Say]:
    """Claude Code's screen: the hook that `lashtui hooks install` names is told each line shown."""
    session = str(uuid.uuid4())
    about = {"sessionId": session, "parentUuid": None, "cwd": os.getcwd()}
    path = Path.home() / ".claude" / "projects" / "p" / f"{session}.jsonl"
    program = CLAUDE.program(os.environ)
    index = 0
    with kept(path) as file:
        told = {"timestamp": now(), "uuid": str(uuid.uuid4()), **about}
        line(file, {"type": "user", "message": {"role": "user", "content": "go"}, **told})

        def say(text: str) -> None:
            nonlocal index
            call = {
                "session_id": session,
                "hook_event_name": "MessageDisplay",
                "message_id": "m",
                "index": index,
                "final": False,
                "delta": f"{text}\n",
            }
            index += 1
            if "LIVE_ALONE" not in os.environ:
                subprocess.run([program, "line"], input=json.dumps(call).encode(), check=True)

        yield say


@contextmanager
def kimi() -> Iterator[Say]:
    """Kimi Code's file of a session."""
    folder = Path.home() / ".kimi-code" / "sessions" / "w" / f"session_{uuid.uuid4()}"
    with kept(folder / "agents" / "main" / "wire.jsonl") as file:

        def told(kind: str, **more: object) -> None:
            line(file, {"type": kind, "agentId": "main", **more, "time": int(time.time() * 1000)})

        def loop(kind: str, **more: object) -> None:
            event = {"type": kind, "uuid": str(uuid.uuid4()), "turnId": "0", "step": 1, **more}
            told("context.append_loop_event", event=event)

        line(file, {"type": "metadata", "protocol_version": "1.5", "created_at": 1})
        told("profile.bind", modelAlias="m", environmentDisclosure={"cwd": os.getcwd()})
        words = [{"type": "text", "text": "go"}]
        told("turn.prompt", input=words, origin={"kind": "user"}, promptId="p", turnId=0)
        loop("step.begin")
        yield lambda text: loop("content.part", stepUuid="s", part={"type": "text", "text": text})


@contextmanager
def codex() -> Iterator[Say]:
    """Codex's daemon, which tells all its screens each token."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.server import ServerConnection, unix_serve

    from tests.tui.ingest.live.codex.server import FakeServer, turn_of_recording

    thread, words = turn_of_recording()
    old, name = thread["id"], str(uuid.uuid4())
    changed = {"createdAt": int(time.time()), "cwd": os.getcwd(), "path": None}
    thread = json.loads(json.dumps({**thread, **changed}).replace(old, name))
    words = json.loads(json.dumps(words).replace(old, name))
    server, clients = FakeServer(), list[ServerConnection]()
    server.add(thread)

    def handle(client: ServerConnection) -> None:
        clients.append(client)
        try:
            for message in client:
                for answer in server.take(str(message).encode()):
                    client.send(json.dumps(answer))
        except ConnectionClosed:
            clients.remove(client)

    def tell(word: dict[str, Any]) -> None:
        if server.note(word):
            for client in [*clients]:
                client.send(json.dumps(word))

    place = Path.home() / ".codex" / "app-server-control" / "app-server-control.sock"
    place.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    place.unlink(missing_ok=True)
    with unix_serve(handle, str(place)) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        is_alone = "LIVE_ALONE" in os.environ
        until(lambda: bool(clients) or is_alone)
        tell(words[0])
        until(lambda: name in server.joined or is_alone)
        for word in words[1:5]:
            tell(word)
        delta = words[5]
        yield lambda text: tell({**delta, "params": {**delta["params"], "delta": text}})
        listening.shutdown()
    place.unlink(missing_ok=True)


def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(POLL)


KINDS = {each.__name__: each for each in (stream, transcript, hooks, kimi, codex)}


def main() -> None:
    """Say it all."""
    kind, count, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    with KINDS[kind]() as say:
        until(Path(os.environ["LIVE_GO"]).exists)
        began = time.perf_counter()
        said = 0.0
        for _ in range(count):
            before = time.perf_counter()
            say(f"@{time.time_ns()}@ ")
            said += time.perf_counter() - before
            time.sleep(pause)
        took = time.perf_counter() - began
        Path(os.environ["LIVE_TOOK"]).write_text(f"{took} {said}")


if __name__ == "__main__":
    main()
