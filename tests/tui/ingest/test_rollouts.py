"""A thread of Codex's in several files: gone back to, forked, followed as it goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lashd.events import RuntimeDiagnostic, TurnActivity
from lashtui.ingest.rollouts import Rollouts
from lashtui.ingest.transcripts import about, is_continuation, rollout_of, thread_of
from tests.tui.ingest.test_discovery import Bench

FIRST = "01a21f22-4983-7491-a252-6f53a17fa4f8"
SECOND = "01a21f23-4a39-7571-8e34-c532e20d8643"
FORK = "01a21f23-47b7-7db0-9c29-ab770d63bdb8"
DAY = "sessions/2026/11/27"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A discovery over an empty directory."""
    return Bench(tmp_path)


def name_of(at: str, rollout: str) -> str:
    """A file's name; `at` is a time of day."""
    return f"{DAY}/rollout-2026-11-27T{at}-{rollout}.jsonl"


MAIN = name_of("22-31-10", FIRST)
LATER = name_of("22-32-16", f"{FIRST}_{SECOND}")
FORKED = name_of("22-33-00", FORK)


def lines(first: int, *payloads: dict[str, Any]) -> bytes:
    """Numbered lines of a file."""
    records = [
        {
            "timestamp": f"2026-11-27T22:31:{10 + number % 40}.000Z",
            "ordinal": first + number,
            "type": "session_meta" if "id" in payload and "cwd" in payload else "event_msg",
            "payload": payload,
        }
        for number, payload in enumerate(payloads)
    ]
    texts = [json.dumps(each, separators=(",", ":")) for each in records]
    return "".join(f"{text}\n" for text in texts).encode()


def meta(thread: str, base: tuple[str, int, int] | None = None, **rest: Any) -> dict[str, Any]:
    """What a file's first line says."""
    where = {}
    if base is not None:
        keys = ("thread_id", "end_ordinal_exclusive", "end_byte_offset")
        where = {"history_base": dict(zip(keys, base, strict=True))}
    return {"id": thread, "cwd": "/w", "history_mode": "paginated", **where, **rest}


def turn(prompt: str, answer: str) -> list[dict[str, Any]]:
    """Four lines: one turn."""
    said = {"type": "UserMessage", "id": prompt, "content": [{"type": "text", "text": prompt}]}
    told = {"type": "AgentMessage", "id": answer, "content": [{"type": "Text", "text": answer}]}
    return [
        {"type": "task_started", "turn_id": "t"},
        {"type": "item_completed", "item": said},
        {"type": "item_completed", "item": told},
        {"type": "task_complete", "turn_id": "t"},
    ]


HEAD = lines(0, meta(FIRST), *turn("one", "first"))
"""Lines 0 to 4."""
TAIL = lines(5, *turn("two", "second"))
WENT_BACK = lines(5, meta(FIRST, (FIRST, 5, len(HEAD))), *turn("other", "third"))


def remarks(bench: Bench) -> list[Any]:
    """What was rewound."""
    payloads = [each.payload for each in bench.sessions[0].produced]
    events = [each.event for each in payloads if isinstance(each, TurnActivity)]
    told = [each for each in events if isinstance(each, RuntimeDiagnostic)]
    return [each.data for each in told if each.kind == "rewound"]


def test_names_of_later_files() -> None:
    """They are of the first one's thread, and have the same session."""
    assert (thread_of(MAIN), rollout_of(MAIN)) == (FIRST, FIRST)
    assert (thread_of(LATER), rollout_of(LATER)) == (FIRST, SECOND)
    assert [is_continuation(each) for each in (MAIN, LATER, "x.jsonl")] == [False, True, False]
    told = [about(each, HEAD) for each in (MAIN, LATER)]
    assert told[0] is not None
    assert told[0].session == "codex-a17fa4f8"
    assert told[0] == told[1]


def test_where_a_person_went_back_is_told(bench: Bench) -> None:
    """One session: what the agent did, the prompts that no longer count, and what came instead."""
    bench.write(MAIN, HEAD + TAIL)
    bench.write(LATER, WENT_BACK)
    bench.discovery.scan()
    assert len(bench.sessions) == 1
    assert bench.sessions[0].prose == ["first", "second", "third"]
    assert remarks(bench) == [{"turns": 1, "prompts": ["two"]}]
    assert bench.warnings == []


def test_it_goes_on_in_another_file_while_it_is_followed(bench: Bench) -> None:
    """The last line of the one before may have no newline; the new one grows like any file."""
    main = bench.write(MAIN, HEAD + TAIL[:-1])
    bench.discovery.scan()
    later = bench.write(LATER, WENT_BACK[:-40])
    bench.discovery.changed([later])
    assert bench.sessions[0].prose == ["first", "second", "third"]
    Path(later).write_bytes(WENT_BACK + lines(10, *turn("more", "fourth")))
    bench.discovery.changed([later])
    assert bench.sessions[0].prose == ["first", "second", "third", "fourth"]
    assert len(bench.sessions) == 1
    assert bench.sessions[0].path == main
    bench.discovery.end()
    assert bench.sessions[0].outcome is not None


def test_a_later_file_whose_first_one_is_archived(bench: Bench) -> None:
    """What it goes on from is read as far as it counts."""
    bench.write("archived_sessions/" + os.path.basename(MAIN), HEAD + TAIL)
    bench.discovery.roots = (bench.discovery.roots[0]._replace(path=str(bench.root / "sessions")),)
    bench.write(LATER, WENT_BACK)
    bench.discovery.scan()
    assert [each.prose for each in bench.sessions] == [["first", "third"]]
    assert bench.sessions[0].about.session == "codex-a17fa4f8"


def test_a_fork_begins_with_what_the_other_thread_said(bench: Bench) -> None:
    """Up to the place that it was forked from; both are sessions of their own."""
    bench.write(MAIN, HEAD + TAIL)
    fork = meta(FORK, (FIRST, 5, len(HEAD)), forked_from_id=FIRST)
    bench.write(FORKED, lines(5, fork, *turn("mine", "forked")))
    bench.discovery.scan()
    assert [each.about.session for each in bench.sessions] == ["codex-a17fa4f8", "codex-0d63bdb8"]
    assert bench.sessions[1].prose == ["first", "forked"]
    assert remarks(bench) == []


def test_a_fork_of_a_later_file(bench: Bench) -> None:
    """Whatever that goes on from comes before it."""
    bench.write(MAIN, HEAD + TAIL)
    bench.write(LATER, WENT_BACK)
    fork = meta(FORK, (SECOND, 10, len(WENT_BACK)), forked_from_id=FIRST)
    bench.write(FORKED, lines(10, fork, *turn("mine", "forked")))
    bench.discovery.scan()
    assert bench.sessions[1].prose == ["first", "third", "forked"]


def test_what_a_subagent_was_forked_from_is_its_parents(bench: Bench) -> None:
    """It is told there."""
    bench.write(MAIN, HEAD)
    own = {"source": {"subagent": {"thread_spawn": {"parent_thread_id": FIRST}}}}
    child = meta(FORK, (FIRST, 5, len(HEAD)), **own, parent_thread_id=FIRST)
    path = bench.write(FORKED, lines(5, child, *turn("task", "done")))
    file = Rollouts(path)
    assert b"first" not in file.read()
    assert file.read() == b""
    file.close()


@pytest.mark.parametrize(
    "base",
    [
        (FORK, 5, 10**9),  # itself
        ("01a21f23-0000-7000-8000-000000000000", 5, 100),
        ("../../../../etc/passwd", 5, 100),
        ("", 5, 100),
        (FIRST, -5, -100),
        (FIRST, 5, 10**30),
    ],
)
def test_a_base_that_is_not_there_or_a_lie(bench: Bench, base: tuple[str, int, int]) -> None:
    """The session is what its own file tells; nothing outside is read."""
    fork = meta(FORK, base, forked_from_id=FIRST)
    bench.write(FORKED, lines(5, fork, *turn("mine", "forked")))
    bench.write(name_of("01-00-00", FIRST), b"")
    bench.discovery.scan()
    assert bench.sessions[0].prose == ["forked"]


def test_a_base_behind_a_link_is_not_read(bench: Bench, tmp_path: Path) -> None:
    """Wherever it leads."""
    outside = tmp_path / "outside.jsonl"
    outside.write_bytes(HEAD)
    path = bench.write(FORKED, lines(5, meta(FORK, (FIRST, 5, len(HEAD)))))
    os.symlink(outside, Path(path).parent / os.path.basename(MAIN))
    file = Rollouts(path)
    assert b"first" not in file.read() + file.read()
    file.close()


def test_forks_of_forks_are_bounded_and_end(bench: Bench) -> None:
    """Files that name each other are read once."""
    one, two = FORK, FIRST
    first = bench.write(FORKED, lines(5, meta(one, (two, 5, 10**6)), *turn("a", "A")))
    bench.write(MAIN, lines(5, meta(two, (one, 5, 10**6)), *turn("b", "B")))
    file = Rollouts(first)
    data = b""
    while piece := file.read():
        data += piece
    assert data.count(b'"id":"B"') == 1
    assert data.count(b'"id":"A"') <= 2
    file.close()


def test_half_a_first_line_waits(bench: Bench) -> None:
    """Nothing is known before it is whole."""
    path = bench.write(MAIN, HEAD[:50])
    file = Rollouts(path)
    assert file.read() == b""
    Path(path).write_bytes(HEAD)
    assert file.read() == HEAD
    file.close()
