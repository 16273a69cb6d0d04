"""Output is held until there is a file; without one it is the session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

import pytest

from lashd.events import SessionOutcome
from lashtui.ingest.session_file import FILE_WITHIN, MAX_HELD, SessionFileProducer, ThisRun
from lashtui.producers.pi.transcript import PiTranscriptProducer
from tests.tui.producers.goldens import prose_of, view_of

if TYPE_CHECKING:
    from pathlib import Path


class One(SessionFileProducer):
    """The file that a test writes."""

    without: ClassVar[str] = "There is no file."

    def __init__(self, path: Path) -> None:
        self.now = 0.0
        this_run = ThisRun(10, lambda line: json.loads(line)["n"], lambda line: b"session" in line)
        super().__init__(PiTranscriptProducer(), this_run, lambda: self.now)
        self.path = path

    def find(self) -> str | None:
        """Once it is there."""
        return str(self.path) if self.path.exists() else None


def line(n: int, text: str) -> str:
    """An answer."""
    content = [{"type": "text", "text": text}]
    message = {"role": "assistant", "content": content, "stopReason": "stop"}
    return json.dumps({"type": "message", "n": n, "message": message}) + "\n"


ABOUT = json.dumps({"type": "session", "cwd": "/p", "n": 0}) + "\n"


@pytest.fixture
def one(tmp_path: Path) -> One:
    """A producer whose file is not there yet."""
    return One(tmp_path / "file")


def test_the_file_is_read_instead_of_the_output(one: One) -> None:
    """Only what this run wrote, and what the session is."""
    assert one.feed(b"printed\n", "out") == []
    assert one.poll() == []
    one.path.write_text(ABOUT + line(1, "past") + line(11, "now"))
    produced = one.poll() + one.feed(b"more\n", "out")
    assert not one.is_text
    view = view_of(produced + one.finish(SessionOutcome.SUCCESS), ended=False)
    assert (prose_of(view), view.directory) == (["now"], "/p")


def test_without_a_file_what_is_printed_is_the_session(one: One) -> None:
    """After a while, with a remark; and a file that comes later is not told again."""
    one.feed(b"printed\n", "out")
    one.now = FILE_WITHIN + 1
    produced = one.poll()
    one.path.write_text(ABOUT + line(11, "late"))
    produced += one.poll() + one.finish(SessionOutcome.SUCCESS)
    view = view_of(produced, ended=False)
    assert prose_of(view) == ["printed\n"]
    assert "shown_as_text" in [row.name for row in view.entries]


def test_what_is_held_is_bounded(one: One) -> None:
    """So much output comes before no file."""
    assert one.feed(b"x\n" * MAX_HELD, "out")


def test_a_run_that_printed_nothing(one: One) -> None:
    """Is over, and nothing is said of a file."""
    view = view_of(one.finish(SessionOutcome.SUCCESS), ended=False)
    assert [row.kind for row in view.entries] == ["commit"]
