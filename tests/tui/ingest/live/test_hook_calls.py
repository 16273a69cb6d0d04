"""What hooks are told reaches the session that it is about."""

from __future__ import annotations

import json
import subprocess
import threading
from typing import TYPE_CHECKING

from lashtui.hooks.agents import CLAUDE, GEMINI
from lashtui.hooks.install import install
from lashtui.hooks.spool import readers
from lashtui.ingest.live.hook_calls import HookCalls, hook_calls
from lashtui.ingest.live.place import Place
from lashtui.ingest.sink import State
from lashtui.ingest.transcripts import Key
from tests.tui.ingest.live.test_claude_sessions import Heard, until
from tests.tui.ingest.test_discovery import Bench
from tests.tui.producers.goldens import cases

if TYPE_CHECKING:
    from pathlib import Path

    from lashd.protocol.records import Record

(SCREEN,) = cases("claude_screen")
SESSION = "6b2861dc-8c6e-4b6e-9d1c-000000000000"


class Told(Heard):
    """A place that keeps what hooks are told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Key, Record]] = []

    def hooked(self, key: Key, call: Record, at: int | None) -> None:
        """Keep it."""
        self.calls.append((key, call))


def test_calls_of_an_installed_hook_reach_who_reads(tmp_path: Path) -> None:
    """From the program that the settings name to the place."""
    environment = {"HOME": str(tmp_path)}
    install(CLAUDE, environment)
    told, stop = Told(), threading.Event()
    thread = threading.Thread(target=HookCalls(CLAUDE, environment).run, args=(told.place, stop))
    thread.start()
    until(lambda: bool(readers(CLAUDE.place(environment))))
    call = {"session_id": SESSION, "hook_event_name": "MessageDisplay", "delta": "Hi"}
    for each in (call, {"no": "session"}, {**call, "index": 1}):
        program = CLAUDE.program(environment)
        subprocess.run([program, "line"], input=json.dumps(each), text=True, check=True)
    until(lambda: len(told.calls) == 2)
    stop.set()
    thread.join(10)

    assert not thread.is_alive()
    assert [key for key, _ in told.calls] == [Key("claude", SESSION)] * 2
    assert readers(CLAUDE.place(environment)) == []


def test_all_agents_with_hooks_are_read() -> None:
    """Each from a place of its own."""
    assert "Claude Code's hooks" in [each.name for each in hook_calls({"HOME": "/home/me"})]


def test_a_followed_session_tells_them_after_its_file(tmp_path: Path) -> None:
    """The prompt was written before the answer is shown."""
    bench = Bench(tmp_path)
    place = Place(bench.discovery, bench.warnings.append)
    records = SCREEN.records()
    calls = [each["hook"] for each in records if "hook" in each]
    lines = [each["line"] for each in records if "line" in each]
    key = Key("claude", calls[0]["session_id"])
    prompt = next(at for at, each in enumerate(lines) if '"type": "user"' in each)
    place.hooked(key, calls[0], None)  # before there is a file
    path = bench.write(f"{key.id}.jsonl", b"")
    (tmp_path / f"{key.id}.jsonl").write_text("\n".join(lines[: prompt + 1]) + "\n")
    bench.discovery.changed([path])
    place.hooked(key, calls[1], None)
    (session,) = bench.sessions

    assert session.prose == [calls[0]["delta"] + calls[1]["delta"]]


def test_an_agent_that_says_that_it_leaves(tmp_path: Path) -> None:
    """Its session ends; what it said before that is told first."""
    environment = {"HOME": str(tmp_path)}
    install(GEMINI, environment)
    told, stop = Told(), threading.Event()
    thread = threading.Thread(target=HookCalls(GEMINI, environment).run, args=(told.place, stop))
    thread.start()
    until(lambda: bool(readers(GEMINI.place(environment))))
    for name in ("AfterAgent", "SessionEnd"):
        call = json.dumps({"session_id": SESSION, "hook_event_name": name})
        subprocess.run(["sh", "-c", GEMINI.program(environment)], input=call, text=True, check=True)
    until(lambda: bool(told.signs))
    stop.set()
    thread.join(10)

    assert [call["hook_event_name"] for _, call in told.calls] == ["AfterAgent", "SessionEnd"]
    assert told.signs == [(Key("gemini", SESSION), State.ENDED, "")]
