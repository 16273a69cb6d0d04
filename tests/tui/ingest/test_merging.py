"""Lines of one file as they are there; how several are put together is in test_subagents.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lashtui.ingest import merging
from lashtui.ingest.merging import Lines


def pulls(*pieces: bytes) -> Callable[[], bytes]:
    """Gives these pieces, then nothing."""
    left = list(pieces)
    return lambda: left.pop(0) if left else b""


def test_lines_come_whole_and_with_their_times() -> None:
    """However they are cut into pieces; the beginning of one is no line yet."""
    whole = b'{"timestamp":"1970-01-01T00:00:01Z"}\n{"timestamp":5000}\n{"time'
    for size in (1, 7, len(whole)):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        lines = Lines(pulls(*pieces))
        assert (lines.next_at(), lines.next_at()) == (1000, 1000)
        assert lines.take() == b'{"timestamp":"1970-01-01T00:00:01Z"}\n'
        assert lines.next_at() == 5000
        assert lines.take() == b'{"timestamp":5000}\n'
        assert lines.next_at() is None
        assert lines.rest() == b'{"time'


def test_kimi_calls_the_time_otherwise() -> None:
    """In milliseconds."""
    lines = Lines(pulls(b'{"type":"x","time":7000}\n{"time":7000.5}\n'))
    assert lines.next_at() == 7000
    lines.take()
    assert lines.next_at() == 7000


def test_lines_of_a_file_keep_their_order() -> None:
    """One without a time, or from before the one in front of it, is as old as that one."""
    lines = Lines(pulls(b'{"timestamp":9}\n{}\nnothing\n\n{"timestamp":3}\n{"timestamp":[]}\n'))
    times = []
    while (at := lines.next_at()) is not None:
        times.append(at)
        lines.take()
    assert times == [9] * 6


def test_a_line_that_never_ends_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on in pieces; its reader skips it."""
    monkeypatch.setattr(merging, "MAX_LINE", 10)
    lines = Lines(pulls(b"x" * 8, b"x" * 8, b"y\nz\n"))
    assert lines.next_at() == 0
    assert lines.take() == b"x" * 16
    assert lines.next_at() == 0
    assert lines.take() == b"y\n"
