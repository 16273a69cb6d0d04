"""What the daemon of Codex's screens told us, played again; two screens, and what became of them.

`python -m tests.tui.ingest.live.codex.test_recording` writes the golden file anew: on purpose only.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from typing import Any

from lashd.events import SessionOutcome
from lashtui.ingest.live.codex.watcher import Watcher
from tests.tui.ingest.live.codex.server import FakeSessions
from tests.tui.producers.goldens import CAPTURES, GOLDEN, wire_of

RECORDING = CAPTURES / "codex_daemon" / "screens.both.jsonl"
KEPT = GOLDEN / "codex_daemon" / "screens.json"


class Player:
    """Plays a recording: what was told in its order, answers as they were given to a question."""

    def __init__(self) -> None:
        self.sessions = FakeSessions()
        self.now = 0.0
        self._lines = [json.loads(line) for line in RECORDING.read_text().splitlines()]
        self._answers: dict[tuple[str, str], deque[dict[str, Any]]] = defaultdict(deque)
        self._sort()
        self._watcher = Watcher(
            self.sessions, lambda: self.now, now_ms=lambda: 1795821102000 + int(self.now * 1000)
        )

    def _sort(self) -> None:
        """Which answer is to which question: ours need not have the same numbers."""
        asked: dict[int, tuple[str, str]] = {}
        for line in self._lines:
            record = line["record"] = json.loads(line["line"])
            if line["dir"] == "client" and "id" in record:
                asked[record["id"]] = question_of(record)
            elif "method" not in record and record["id"] in asked:
                self._answers[asked[record["id"]]].append(record)

    def play(self) -> FakeSessions:
        """All of it."""
        self._watcher.start()
        self._exchange()
        for line in self._lines:
            self.now = line["t"]
            self._watcher.tick()
            self._exchange()
            if line["dir"] == "agent" and "method" in line["record"]:
                self._watcher.take(line["line"].encode())
                self._exchange()
        return self.sessions

    def _exchange(self) -> None:
        while sent := self._watcher.take_out():
            for message in sent:
                request = json.loads(message)
                answers = self._answers[question_of(request)]
                if "id" not in request:
                    continue
                lists = question_of(request)[0] == "thread/loaded/list"
                answer = answers.popleft() if answers and not lists else {"error": {}}
                self._watcher.take(json.dumps({**answer, "id": request["id"]}).encode())


def question_of(request: dict[str, Any]) -> tuple[str, str]:
    """What tells a question from others."""
    return request["method"], request.get("params", {}).get("threadId", "")


def played() -> dict[str, list[dict[str, Any]]]:
    """The events of each session."""
    sessions = Player().play().opened
    return {name[-8:]: wire_of(each.produced) for name, each in sessions.items()}


def rendered() -> str:
    """The golden file: one event a line."""
    parts = []
    for name, events in played().items():
        lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in events)
        parts.append(f"{json.dumps(name)}: [\n{lines}\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def test_the_recording_is_told_as_it_is_kept() -> None:
    """Every event of both screens, with its time."""
    assert rendered() == KEPT.read_text()


def test_a_screen_that_was_left_ends_once_its_thread_is_closed() -> None:
    """The daemon keeps a thread for a minute; the recording stops before that for the others."""
    sessions = Player().play()
    outcomes = {name[-8:]: each.outcome for name, each in sessions.opened.items()}
    assert outcomes == {"68392149": SessionOutcome.SUCCESS, "ac977e46": None, "614ff75b": None}
    assert sessions.warnings == []


if __name__ == "__main__":
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(rendered())
