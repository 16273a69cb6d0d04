"""Stdout of a stream: whole batches, and a reader that leaves is noticed."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING

import pytest

from lashtui.stream.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pipe() -> Iterator[list[int]]:
    """[reading end, writing end]; each is closed if the test left it open."""
    ends = list(os.pipe())
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            pass


def test_everything_is_written_through_a_narrow_pipe(pipe: list[int]) -> None:
    """More than a pipe holds is written whole, even if the pipe doesn't block."""
    os.set_blocking(pipe[1], False)
    records = [{"type": "x", "n": n, "pad": "p" * 1000} for n in range(500)]
    got = bytearray()

    def read() -> None:
        while data := os.read(pipe[0], 5000):
            got.extend(data)

    reader = threading.Thread(target=read)
    reader.start()
    output = Output("json", pipe[1])
    output.write(records)
    output.finish({"type": "end"})
    os.close(pipe[1])
    reader.join()
    lines = [json.loads(line) for line in got.decode().splitlines()]
    assert lines == [*records, {"type": "end"}]


def test_a_reader_that_left_is_noticed_without_writing(pipe: list[int]) -> None:
    """`| head` on a quiet session ends the stream too."""
    output = Output("text", pipe[1])
    assert not output.is_closed
    os.close(pipe[0])
    assert output.is_closed
    with pytest.raises(BrokenPipeError):
        output.write([{"type": "agent_frame_switched", "frame_id": "x"}])


def test_changes_of_the_connection_go_to_stderr(
    pipe: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The text shows what the agent did, and nothing else."""
    output = Output("text", pipe[1])
    output.write(
        [
            {"type": "disconnected", "reason": "gone\x1b[2J", "retry_in": 0.25},
            {"type": "reconnected"},
        ]
    )
    output.finish({"type": "end"})
    os.close(pipe[1])
    assert os.read(pipe[0], 100) == b""
    assert capsys.readouterr().err == "-- disconnected: gone; next try in 0.2 s\n-- reconnected\n"
