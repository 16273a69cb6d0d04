"""The format is told by content: the first line that isn't blank."""

from __future__ import annotations

import pytest

from lashtui.producers.detect import MAX_LOOK, detect


@pytest.mark.parametrize(
    ("head", "ended", "answer"),
    [
        (b'{"type":"usage"}\n', False, "jsonl"),
        (b'\n \r\n{"type":"usage"}', True, "jsonl"),
        (b'{"type":"usage"', False, None),
        (b'{"type":"usage"', True, "text"),
        (b"{}\n", False, "text"),
        (b'{"type":1}\n', False, "text"),
        (b"[1]\n", False, "text"),
        (b"hello", False, "text"),
        (b"\n\n", False, None),
        (b"", True, "text"),
        (b"{" * MAX_LOOK + b"xx", False, "text"),
        (b" " * (MAX_LOOK + 1), False, "text"),
    ],
)
def test_detect(head: bytes, ended: bool, answer: str | None) -> None:
    """None asks for more; the answer never needs more than the bound."""
    assert detect(head, ended=ended) == answer
