"""Recordings of real agents, what each producer makes of them, and the views that follow.

`python -m tests.tui.producers.goldens --write` writes the golden event lists anew: on purpose
only, and read the difference before it is committed.
"""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from lashd.events import SessionChanged, SessionChangeKind, SessionOutcome, payload_to_wire
from lashd.store import InMemoryLiveReplayStore, SessionHost
from lashd.view import ReadView
from lashtui.ingest.live.claude_sessions import told_of
from lashtui.ingest.sink import State
from lashtui.producers import Produced, Producer
from lashtui.producers.acp.stream import AcpProducer
from lashtui.producers.auto.outline import OutlineProducer
from lashtui.producers.claude.stream import ClaudeStreamProducer
from lashtui.producers.claude.transcript import ClaudeTranscriptProducer
from lashtui.producers.cline.stream import ClineProducer
from lashtui.producers.codex.appserver import CodexAppServerProducer
from lashtui.producers.codex.exec import CodexExecProducer
from lashtui.producers.codex.rollout import CodexRolloutProducer
from lashtui.producers.copilot.events import CopilotProducer
from lashtui.producers.gemini.stream import GeminiStreamProducer
from lashtui.producers.gemini.transcript import GeminiTranscriptProducer
from lashtui.producers.kimi.stream import KimiStreamProducer
from lashtui.producers.kimi.wire import KimiWireProducer
from lashtui.producers.lines import LineSplitter
from lashtui.producers.opencode.run import OpencodeRunProducer
from lashtui.producers.opencode.sse import OpencodeSseProducer
from lashtui.producers.pi.stream import PiStreamProducer
from lashtui.producers.pi.transcript import PiTranscriptProducer
from lashtui.producers.qwen.stream import QwenStreamProducer
from lashtui.producers.qwen.transcript import QwenTranscriptProducer
from lashtui.producers.records import RecordProducer
from lashtui.producers.vibe.stream import VibeProducer

DATA = Path(__file__).parents[2] / "data"
CAPTURES = DATA / "captures"
GOLDEN = DATA / "golden"


P = TypeVar("P", bound=RecordProducer)


class _Recorded(ABC, Generic[P]):
    """A producer whose recording has more than its lines: each line says where it belongs."""

    def __init__(self, producer: P) -> None:
        self._producer = producer
        self._recorded = LineSplitter()

    @property
    def chosen(self) -> str | None:
        """None: the format is known."""
        return None

    @property
    def is_text(self) -> bool:
        """False: it is recorded as JSON."""
        return False

    @property
    def is_readable(self) -> bool:
        """Whether all of the input could be read."""
        return self._producer.is_readable

    @property
    def in_turn(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._producer.in_turn

    def take_warnings(self) -> list[str]:
        """What could not be used, since the last call."""
        return self._producer.take_warnings()

    def feed(self, data: bytes) -> list[Produced]:
        """Each line to where it belongs; one that is no record of the recording is nobody's."""
        produced = []
        for line in self._recorded.feed(data):
            try:
                take = self._way_of(json.loads(line.data))
            except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
                continue
            produced += take()
        return produced

    @abstractmethod
    def _way_of(self, record: dict[str, Any]) -> Callable[[], list[Produced]]:
        """What gives it to the producer; it may raise for a damaged record."""

    def flush(self) -> list[Produced]:
        """Nothing came for a while."""
        return self._producer.flush()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """Nothing more comes."""
        return self.feed(b"\n") + self._producer.finish(outcome)


class BothWays(_Recorded[AcpProducer | CodexAppServerProducer]):
    """A recording of a pipe's two directions: each line says who wrote the line inside."""

    def _way_of(self, record: dict[str, Any]) -> Callable[[], list[Produced]]:
        inner = f"{record['line']}\n".encode("utf-8", "replace")
        from_client = str(record["dir"]).startswith("client")
        return partial(self._producer.feed, inner, "client" if from_client else "agent")


class Beside(_Recorded[ClaudeTranscriptProducer | GeminiTranscriptProducer]):
    """A session's file with what its agent said beside it: to hooks, and of its state."""

    def _way_of(self, record: dict[str, Any]) -> Callable[[], list[Produced]]:
        return partial(self._take, record, int(record["t"] * 1000))

    def _take(self, record: dict[str, Any], at: int) -> list[Produced]:
        produced: list[Produced] = []
        reader = self._producer
        line_of_file, hook, told = (record.get(key) for key in ("line", "hook", "state"))
        state = told_of(told) if isinstance(told, dict) else None
        if isinstance(line_of_file, str):
            produced += reader.feed(f"{line_of_file}\n".encode("utf-8", "replace"))
        elif isinstance(hook, dict):
            produced += reader.hooked(hook, at)
        if state is not None and state.sign is not None:
            sign = state.sign
            produced += reader.heard(sign.what if sign.state is State.WAITING else None, sign.at)
        return produced


PRODUCERS: dict[str, Callable[[], Producer]] = {
    "acp": lambda: BothWays(AcpProducer()),
    "claude": ClaudeStreamProducer,
    "claude_screen": lambda: Beside(ClaudeTranscriptProducer()),
    "claude_transcript": ClaudeTranscriptProducer,
    "cline": ClineProducer,
    "codex_appserver": lambda: BothWays(CodexAppServerProducer()),
    "copilot": CopilotProducer,
    "codex_exec": CodexExecProducer,
    "codex_rollout": CodexRolloutProducer,
    "gemini": GeminiStreamProducer,
    "gemini_screen": lambda: Beside(GeminiTranscriptProducer()),
    "kimi": KimiStreamProducer,
    "kimi_wire": KimiWireProducer,
    "opencode": OpencodeRunProducer,
    "opencode_sse": OpencodeSseProducer,
    "openhands": lambda: OutlineProducer("openhands"),
    "pi": PiStreamProducer,
    "pi_transcript": PiTranscriptProducer,
    "qwen": QwenStreamProducer,
    "qwen_transcript": QwenTranscriptProducer,
    "vibe": VibeProducer,
}
"""By the name of the folder that the recordings are in."""

ENDINGS = (".stdout.jsonl", ".both.jsonl", ".sse.txt")


class Case(NamedTuple):
    """One recording."""

    agent: str
    name: str
    path: Path

    @property
    def data(self) -> bytes:
        """What the agent printed."""
        return self.path.read_bytes()

    @property
    def exit_code(self) -> int:
        """How the agent left; 0 where that was not recorded."""
        meta = self.path.parent / f"{self.name}.meta.json"
        code = json.loads(meta.read_text()).get("rc") if meta.exists() else 0
        return code if isinstance(code, int) else 0

    @property
    def outcome(self) -> SessionOutcome:
        """What its exit code says."""
        return SessionOutcome.SUCCESS if self.exit_code == 0 else SessionOutcome.FAILURE

    @property
    def golden(self) -> Path:
        """Where its event list is kept."""
        return GOLDEN / self.agent / f"{self.name}.json"

    def make(self) -> Producer:
        """A fresh producer of its format."""
        return PRODUCERS[self.agent]()

    def records(self) -> list[dict[str, Any]]:
        """Its lines."""
        return [json.loads(line) for line in self.data.splitlines() if line.strip()]


def cases(*agents: str) -> list[Case]:
    """All recordings, or those of these agents."""
    return [
        Case(agent, path.name.removesuffix(ending), path)
        for agent in (agents or PRODUCERS)
        for ending in ENDINGS
        for path in sorted((CAPTURES / agent).glob(f"*{ending}"))
    ]


def name_of(case: Case) -> str:
    """A test's id."""
    return f"{case.agent}-{case.name}"


def produce(producer: Producer, chunks: Sequence[bytes], outcome: SessionOutcome) -> list[Produced]:
    """All payloads of an input that comes in these chunks."""
    produced = []
    for chunk in chunks:
        produced += producer.feed(chunk)
    return produced + producer.finish(outcome)


def wire_of(produced: Sequence[Produced]) -> list[dict[str, Any]]:
    """Payloads as records, with the time and revision that their lines told."""
    records = []
    for payload, at, revision, _ in produced:
        told = {"at": at, "revision": revision}
        record = {key: value for key, value in told.items() if value is not None}
        records.append({**record, **payload_to_wire(payload)})
    return records


def view_of(produced: Sequence[Produced], *, ended: bool = True) -> ReadView:
    """The session that they make; `ended`: as it is when the agent has left."""
    later = 4_000_000_000_000  # than all that was recorded
    host = SessionHost(InMemoryLiveReplayStore(clock=lambda: 0.0), "s", now_ms=lambda: later)
    for payload, at, revision, _ in produced:
        host.record(payload, at=at, revision=revision)
    if ended:
        host.record(SessionChanged(SessionChangeKind.ENDED, SessionOutcome.SUCCESS))
    return host.view


def prose_of(view: ReadView, *, parent: str | None = None) -> list[str]:
    """The rows of prose of the agent itself, or of the subagent under a call."""
    rows = [row for row in view.entries if row.kind == "prose" and row.parent == parent]
    return [row.text or "" for row in rows]


def render(produced: Sequence[Produced]) -> str:
    """A golden file: one event a line."""
    lines = [json.dumps(record, ensure_ascii=False) for record in wire_of(produced)]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main() -> None:
    """Write all golden files, or those of the agents that are named."""
    names = [each for each in sys.argv[1:] if each != "--write"]
    if "--write" not in sys.argv:
        sys.exit(__doc__)
    for case in cases(*names):
        case.golden.parent.mkdir(parents=True, exist_ok=True)
        case.golden.write_text(render(produce(case.make(), [case.data], case.outcome)))
        print(case.golden)


if __name__ == "__main__":
    main()
