"""Codex's own screen without a daemon: what it has open is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from lashtui.ingest.own_screens.codex_files import OwnFiles
from lashtui.ingest.own_screens.codex_sessions import CodexTold
from lashtui.process.others import Command, Processes
from tests.tui.ingest.test_rollouts import FIRST, FORK, HEAD, LATER, MAIN, WENT_BACK, lines, meta
from tests.tui.producers.goldens import prose_of, view_of

BEGAN = 1795818600000
"""Before all lines."""
US, WRAPPER, CODEX, OTHER = 100, 101, 102, 200


class Bench:
    """A screen's files, and what runs."""

    def __init__(self, home: Path, began_ms: int = BEGAN) -> None:
        self.home = home
        self.open: dict[str, int] = {}
        self.told: list[CodexTold] = []
        self.files = OwnFiles(str(home / "sessions"), began_ms, self._look, US)

    def _look(self) -> Processes:
        parents = {WRAPPER: US, CODEX: WRAPPER, OTHER: 1}
        commands = [Command(("codex",), "/", number, above) for number, above in parents.items()]
        files = frozenset(self.open)
        return Processes(frozenset(), files, tuple(commands), frozenset(parents), self.open)

    def write(self, name: str, data: bytes, number: int = CODEX) -> str:
        """A file that a process has open."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.open[os.path.realpath(path)] = number
        return str(path)

    def tell(self) -> CodexTold:
        """Where another session is told."""
        self.told.append(CodexTold())
        return self.told[-1]

    def look(self) -> list[list[str]]:
        """What each session says."""
        self.files.find(lambda _: self.tell())
        self.files.read()
        return [prose_of(view_of(each.poll(), ended=False)) for each in self.told]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """One that has nothing open."""
    return Bench(tmp_path)


def test_the_file_of_our_codex_is_told(bench: Bench) -> None:
    """Whatever other screens have open, and whatever else this one has."""
    bench.write(MAIN, HEAD)
    bench.write(MAIN.replace(FIRST, FORK), HEAD.replace(FIRST.encode(), FORK.encode()), OTHER)
    bench.write("sessions/notes.jsonl", HEAD)
    bench.open["/elsewhere/" + os.path.basename(MAIN)] = CODEX
    bench.open["/dev/null"] = CODEX
    assert bench.look() == [["first"]]
    assert bench.files.are_any


def test_it_goes_on_where_a_person_went_back(bench: Bench) -> None:
    """In another file of the same session."""
    bench.write(MAIN, HEAD)
    assert bench.look() == [["first"]]
    bench.write(LATER, WENT_BACK)
    assert bench.look() == [["third"]]


def test_another_session_is_one_more(bench: Bench) -> None:
    """As /new begins it."""
    bench.write(MAIN, HEAD)
    bench.look()
    bench.write(MAIN.replace(FIRST, FORK), HEAD.replace(FIRST.encode(), FORK.encode()))
    assert bench.look() == [[], ["first"]]
    bench.files.close()
    assert not bench.files.are_any


def test_subagents_files_are_no_sessions(bench: Bench) -> None:
    """Codex has them open as well; nor is a file whose first line is not whole, yet."""
    own: dict[str, Any] = {"source": {"subagent": {"thread_spawn": {"parent_thread_id": FIRST}}}}
    bench.write(MAIN.replace(FIRST, FORK), lines(0, meta(FORK, **own, parent_thread_id=FIRST)))
    bench.write(MAIN, HEAD[:20])
    assert bench.look() == []
    bench.write(MAIN, HEAD)
    assert bench.look() == [["first"]]


def test_what_was_said_before_this_run_is_the_past(tmp_path: Path) -> None:
    """A session that goes on."""
    stamps = [json.loads(line)["timestamp"] for line in HEAD.splitlines()]
    assert stamps[0].startswith("2026-11-27T22:31:10")
    late = Bench(tmp_path, began_ms=1795818672000 + 86_400_000)
    late.write(MAIN, HEAD)
    assert late.look() == [[]]


def test_a_file_that_is_gone_or_a_link(bench: Bench) -> None:
    """It is not read, and stops nothing."""
    path = bench.write(MAIN, HEAD)
    os.unlink(path)
    os.symlink("/etc/passwd", path)
    names: Iterable[str] = bench.open
    assert list(names)
    assert bench.look() == []


def test_where_processes_can_not_be_seen(tmp_path: Path) -> None:
    """Nothing is told."""
    files = OwnFiles(str(tmp_path), BEGAN, lambda: None, US)
    files.find(lambda _: CodexTold())
    assert not files.are_any
