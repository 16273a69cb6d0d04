"""Reads an input piece by piece, and marks when what was read before should be flushed."""

from __future__ import annotations

import os
import select
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lashtui.ingest.flush_timer import FlushTimer

READ_BYTES = 64 * 1024


def read_in_pieces(
    descriptor: int, wait: Callable[[Callable[[], bytes | None]], bytes | None], timer: FlushTimer
) -> Iterator[bytes]:
    """Yield what is read from `descriptor` until its end, and b"" whenever a flush is due.

    `wait` runs each call that may block.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)

    def read() -> bytes | None:
        left = timer.wait
        if not poll.poll(None if left is None else left * 1000):
            return None
        return os.read(descriptor, READ_BYTES)

    while True:
        data = wait(read)
        if timer.is_due():
            yield b""
        if data == b"":
            return
        if data:
            timer.input_came()
            yield data


def text_ahead(descriptor: int, limit: int) -> str:
    """What a regular file still holds, without reading it; empty for a pipe or a terminal.

    At most `limit` bytes, and one that says that there are more.
    """
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        data = os.pread(descriptor, limit + 1, os.lseek(descriptor, 0, os.SEEK_CUR))
    except OSError:
        return ""
    return data.decode("utf-8", "replace")
