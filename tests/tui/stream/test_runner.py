"""The loop: flushed before stored, ended with a record, whatever ends it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from lashd.errors import ConnectionFailed, RequestRefused
from lashtui.saved.cursor_file import CursorFile
from lashtui.stream.output import Output
from lashtui.stream.policy import Stream, StreamOptions
from lashtui.stream.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lashtui.stream.policy import Until

Record = dict[str, Any]


class Source:
    """Batches of records, then silence that costs the fake clock its time."""

    def __init__(self, *batches: list[Record] | Exception) -> None:
        self.batches = list(batches)
        self.now = 0.0
        self.ended: Record | None = None
        self.closed = False
        self.at_read: Callable[[], None] = lambda: None

    def read(self, timeout: float | None = None) -> list[Record]:
        """The next batch."""
        self.at_read()
        if not self.batches:
            self.now += timeout or 0.0
            return []
        batch = self.batches.pop(0)
        if isinstance(batch, Exception):
            raise batch
        return batch

    def close(self) -> None:
        """Done."""
        self.closed = True


class Bench:
    """A runner over a fake source, writing into a pipe."""

    def __init__(
        self,
        source: Source,
        until: Until | None = None,
        file: CursorFile | None = None,
        **options: Any,
    ) -> None:
        self.source = source
        self.reading, self.writing = os.pipe()
        self.runner = Runner(
            Stream(StreamOptions(until=until)),
            Output("json", self.writing),
            attach=lambda: source,
            cursor_file=file,
            clock=lambda: source.now,
            **options,
        )

    def run(self) -> tuple[int, list[Record]]:
        """(exit code, what was written)."""
        code = self.runner.run()
        os.close(self.writing)
        with open(self.reading, "rb") as pipe:
            return int(code), [json.loads(line) for line in pipe.read().splitlines()]


def synced(n: int = 1) -> Record:
    """The end of what was there."""
    return {"type": "synced", "cursor": f"lashsc1:0:{n}:s"}


def frame(n: int) -> Record:
    """Any event."""
    return {"type": "agent_frame_switched", "cursor": f"lashsc1:0:{n}:s", "frame_id": "f"}


def test_records_then_the_end_record() -> None:
    """The source is closed, nothing follows the end."""
    source = Source([frame(1), synced()], [frame(2)])
    code, records = Bench(source, "synced").run()
    assert code == 0
    assert [record["type"] for record in records] == ["agent_frame_switched", "synced", "end"]
    assert source.closed


def test_timeout_by_the_clock(capsys: pytest.CaptureFixture[str]) -> None:
    """A silent stream ends at its timeout."""
    source = Source([synced()])
    code, records = Bench(source, timeout=7.5).run()
    assert (code, records[-1]["reason"]) == (124, "timeout")
    assert source.now == 7.5
    assert "7.5" in capsys.readouterr().err


def test_a_daemon_that_is_silent_until_the_timeout(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The time limit ended it, and the message says what it was waiting for."""
    source = Source()
    source.batches = [ConnectionFailed("the daemon does not answer")]
    source.at_read = lambda: setattr(source, "now", 2.0)
    code, records = Bench(source, timeout=2.0).run()
    assert (code, records[-1]["reason"]) == (124, "timeout")
    assert "does not answer" in capsys.readouterr().err


def test_the_cursor_is_stored_only_after_stdout_took_the_record(tmp_path: Path) -> None:
    """At every moment the file is at or behind what can be read from the pipe."""
    path = tmp_path / "c"
    source = Source([frame(1)], [frame(2)], [frame(3), synced(3)])
    bench = Bench(source, "synced", CursorFile(str(path)))
    seen: list[Record] = []

    def look() -> None:
        source.now += 2.0
        os.set_blocking(bench.reading, False)
        try:
            seen.extend(json.loads(line) for line in os.read(bench.reading, 65536).splitlines())
        except BlockingIOError:
            pass
        stored = path.read_text().strip() if path.exists() else None
        assert stored == (seen[-1]["cursor"] if seen else None)

    source.at_read = look
    assert bench.run()[0] == 0
    assert path.read_text().strip() == "lashsc1:0:3:s"


def test_a_refusal_is_reported_without_an_end_record(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing began, so stdout stays empty."""
    refusal = RequestRefused("no_session", "there is no session `s`")
    assert Bench(Source(refusal)).run() == (4, [])
    assert capsys.readouterr().err == "lashtui: there is no session `s`\n"


def test_a_lost_daemon_keeps_what_was_flushed(tmp_path: Path) -> None:
    """A stream that is cut is 5, and its cursor file is right."""
    path = tmp_path / "c"
    code, records = Bench(
        Source([frame(4)], ConnectionFailed("gone")), file=CursorFile(str(path))
    ).run()
    assert code == 5
    assert [record["type"] for record in records] == ["agent_frame_switched"]
    assert path.read_text().strip() == "lashsc1:0:4:s"


def test_a_bug_is_not_hidden() -> None:
    """An unexpected error is raised."""
    with pytest.raises(KeyError):
        Bench(Source(KeyError("x"))).run()


def test_a_session_that_does_not_exist_gets_a_suggestion(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Other refusals say themselves what is wrong."""
    unknown = Source(RequestRefused("no_session", "no session `a`"))
    assert Bench(unknown, suggest=lambda: "did you mean `b`?").run() == (4, [])
    assert capsys.readouterr().err == "lashtui: no session `a`; did you mean `b`?\n"
    busy = Source(RequestRefused("overloaded", "too many viewers"))
    assert Bench(busy, suggest=lambda: "did you mean `b`?").run() == (1, [])
    assert "did you mean" not in capsys.readouterr().err


def test_a_closed_pipe_is_quiet_and_stores_what_was_taken(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The record that could not be written is not passed."""
    path = tmp_path / "c"
    source = Source([frame(1)], [frame(2)])
    bench = Bench(source, file=CursorFile(str(path)))

    def leave() -> None:
        if not path.exists():
            return
        if bench.reading >= 0:
            os.close(bench.reading)
            bench.reading = -1

    source.at_read = leave
    # The way out points descriptor 1 elsewhere, which here is the test's own.
    own = os.dup(1)
    try:
        assert bench.runner.run() == 0
    finally:
        os.dup2(own, 1)
        os.close(own)
        os.close(bench.writing)
    assert path.read_text().strip() == "lashsc1:0:1:s"
    assert capfd.readouterr().err == ""
