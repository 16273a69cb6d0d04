"""`codex exec` as it is: the session comes from the file that Codex keeps, or is its text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lashd.events import SessionOutcome
from lashtui.ingest.codex_files import CodexFilesProducer, find_file
from lashtui.ingest.session_file import FILE_WITHIN, MAX_HELD
from tests.tui.producers.goldens import view_of

if TYPE_CHECKING:
    from pathlib import Path

    from lashtui.producers import Produced

ID = "01a21daa-9206-7b33-9acd-c62d9f7176c8"
BANNER = f"OpenAI Codex v0.171.0\n--------\nmodel: m\nsession id: {ID}\n--------\nuser\nhi\n"
START = 1_795_794_000_000


def line(kind: str, payload: dict[str, Any], *, second: int = 1) -> bytes:
    """A line of the file, some seconds after the start."""
    stamp = f"2026-11-27T15:40:{second:02}.000Z"
    return (
        json.dumps(
            {"timestamp": stamp, "type": kind, "payload": payload}, separators=(",", ":")
        ).encode()
        + b"\n"
    )


def said(text: str, *, second: int = 1, who: str = "AgentMessage") -> bytes:
    """A message, told by an event."""
    item = {"type": who, "id": text, "content": [{"type": "Text", "text": text}]}
    return line("event_msg", {"type": "item_completed", "item": item}, second=second)


def event(kind: str, *, second: int = 1, **fields: Any) -> bytes:
    """Another event."""
    return line("event_msg", {"type": kind, **fields}, second=second)


META = line("session_meta", {"id": ID, "cwd": "/p"}, second=0)


class Bench:
    """A producer, its folder, and a clock of the test's."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.day = folder / "2026" / "11" / "27"
        self.produced: list[Produced] = []
        self.producer = CodexFilesProducer(
            str(folder), started_ms=START, prompt="asked", clock=lambda: self.now
        )

    def write(self, *lines: bytes) -> None:
        """Codex writes to its file."""
        self.day.mkdir(parents=True, exist_ok=True)
        with open(self.day / f"rollout-2026-11-27T15-40-49-{ID}.jsonl", "ab") as file:
            file.write(b"".join(lines))

    def prints(self, text: str, source: str = "err") -> None:
        """Codex prints."""
        self.produced += self.producer.feed(text.encode(), source)

    def poll(self) -> None:
        """A moment has passed."""
        self.produced += self.producer.poll()

    def rows(self, *, ended: bool = False) -> list[tuple[str, str | None]]:
        """What is in the session."""
        view = view_of(self.produced, ended=ended).to_wire()
        return [(row["kind"], row.get("text")) for row in view["entries"]]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An empty folder."""
    return Bench(tmp_path)


def test_events_come_from_the_file(bench: Bench) -> None:
    """As they are written, also in pieces; what is printed is not told a second time."""
    bench.prints(BANNER)
    bench.write(META, event("task_started"), said("hi", who="UserMessage"), said("one")[:40])
    bench.poll()
    assert bench.rows() == [("user", "hi")]
    bench.write(said("one")[40:])
    bench.poll()
    bench.prints("codex\none\n")
    bench.prints("one\n", "out")
    bench.write(event("task_complete"))
    bench.produced += bench.producer.finish(SessionOutcome.SUCCESS)
    assert bench.rows(ended=True) == [("user", "hi"), ("prose", "one"), ("commit", None)]
    assert bench.producer.take_warnings() == []


def test_the_end_reads_what_is_left(bench: Bench) -> None:
    """A run may be over before anybody looked."""
    bench.prints(BANNER)
    bench.write(META, event("task_started"), said("one"), event("task_complete"))
    bench.produced += bench.producer.finish(SessionOutcome.SUCCESS)
    assert bench.rows(ended=True) == [("prose", "one"), ("commit", None)]


@pytest.mark.parametrize("piece", [1, 7, 4096])
def test_an_earlier_run_is_not_told_again(bench: Bench, piece: int) -> None:
    """`codex exec resume` goes on with the same file."""
    old = b"".join(
        line("event_msg", {"type": kind}).replace(b"2026-11-27", b"2026-11-26")
        for kind in ("task_started", "task_complete")
    )
    whole = META + said("old").replace(b"2026-11-27", b"2026-11-25") + old
    whole += event("task_started") + said("new")
    bench.prints(BANNER)
    for place in range(0, len(whole), piece):
        bench.write(whole[place : place + piece])
        bench.poll()
    assert bench.rows() == [("prose", "new")]


def test_colours_around_the_name(bench: Bench) -> None:
    """`--color always`."""
    bench.prints(f"\x1b[1mmodel:\x1b[0m m\n\x1b[1msession id:\x1b[0m {ID}\n")
    bench.write(META, said("one"))
    bench.poll()
    assert bench.rows() == [("prose", "one")]


def test_a_name_cut_in_two(bench: Bench) -> None:
    """Output comes in any pieces."""
    place = BANNER.index(ID) + 5
    bench.prints(BANNER[:place])
    bench.prints(BANNER[place:])
    bench.write(META, said("one"))
    bench.poll()
    assert bench.rows() == [("prose", "one")]


def test_without_a_file_the_session_is_the_text(bench: Bench) -> None:
    """`--ephemeral`: it is said once, and nothing is missing; a late file tells nothing twice."""
    bench.prints(BANNER)
    bench.poll()
    assert bench.rows() == []
    bench.now = FILE_WITHIN
    bench.poll()
    assert bench.producer.take_warnings() == []
    bench.prints("codex\none\n")
    bench.write(META, said("one"))
    bench.poll()
    bench.prints("two\n", "out")
    bench.produced += bench.producer.finish(SessionOutcome.SUCCESS)
    assert bench.rows(ended=True) == [
        ("diagnostic", None),
        ("prose", f"{BANNER}codex\none\ntwo\n"),
        ("commit", None),
    ]
    assert bench.producer.take_warnings() == []


def test_output_that_is_events_is_read(bench: Bench) -> None:
    """A wrapper of the user's may ask for them; stderr is none of them, and no file is needed."""
    started = '{"type":"thread.started","thread_id":"t"}\n{"type":"turn.started"}\n'
    said = '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"one"}}\n'
    bench.prints("Reading prompt from stdin...\n")
    bench.prints(started[:9], "out")
    bench.prints(started[9:] + said, "out")
    bench.prints(BANNER)
    bench.poll()
    assert not bench.producer.is_text
    assert bench.producer.in_turn
    bench.prints('{"type":"turn.completed"}\n', "out")
    bench.now = FILE_WITHIN * 2
    bench.poll()
    bench.produced += bench.producer.finish(SessionOutcome.SUCCESS)
    assert bench.rows() == [("user", "asked"), ("prose", "one"), ("commit", None)]


def test_what_never_began_is_text_without_a_warning(bench: Bench) -> None:
    """Wrong options, no repository: the reason is all that there is."""
    bench.prints("error: unexpected argument\n")
    bench.produced += bench.producer.finish(SessionOutcome.FAILURE)
    assert bench.rows(ended=True)[0] == ("prose", "error: unexpected argument\n")
    assert bench.producer.take_warnings() == []


def test_a_name_that_comes_late(bench: Bench) -> None:
    """The prompt was typed on stdin: what was printed before is text, all else is read."""
    bench.prints("Reading prompt from stdin...\n")
    bench.now = 100.0
    bench.poll()
    bench.prints(BANNER)
    bench.write(META, said("one"))
    bench.poll()
    bench.produced += bench.producer.finish(SessionOutcome.SUCCESS)
    assert ("prose", "one") in bench.rows(ended=True)
    assert bench.producer.take_warnings() == []


def test_what_is_held_is_bounded(bench: Bench) -> None:
    """A program that names no session and prints a lot is text at once."""
    bench.prints("x" * MAX_HELD + "\n")
    bench.prints("y\n")
    assert bench.rows()[0][0] == "prose"


def test_a_link_is_no_file(bench: Bench, tmp_path: Path) -> None:
    """A file of somebody else's is not read through a link."""
    bench.day.mkdir(parents=True)
    (tmp_path / "secret").write_bytes(META + said("secret"))
    (bench.day / f"rollout-x-{ID}.jsonl").symlink_to(tmp_path / "secret")
    bench.prints(BANNER)
    bench.poll()
    assert bench.rows() == []


def test_the_file_of_an_old_session_is_found(tmp_path: Path) -> None:
    """In whichever year, among other files and folders that are none."""
    for day in ("2024/01/31", "2026/11/26", "2026/11/27"):
        (tmp_path / day).mkdir(parents=True)
        (tmp_path / day / "rollout-other.jsonl").touch()
    (tmp_path / "2027").touch()
    there = tmp_path / "2024/01/31" / f"rollout-2024-01-31T00-00-00-{ID}.jsonl"
    there.touch()
    assert find_file(str(tmp_path), ID) == str(there)
    assert find_file(str(tmp_path), ID, days=2) is None
    assert find_file(str(tmp_path / "none"), ID) is None
