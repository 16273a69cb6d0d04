"""The format is told by content, from the first records."""

from __future__ import annotations

import pytest

from lashtui.producers import FORMATS, make_producer
from lashtui.producers.auto.detect import MAX_BANNER, MAX_LOOK, MAX_RECORDS, detect_format
from tests.tui.producers.goldens import Case, cases, name_of

ONE_WAY = [case for case in cases() if not case.path.name.endswith(".both.jsonl")]

EXPECTED = {
    "claude_transcript": "claude-transcript",
    "qwen_transcript": "qwen-transcript",
    "codex_exec": "codex",
    "codex_rollout": "codex-rollout",
    "opencode_sse": "opencode-sse",
    "kimi_wire": "kimi-wire",
    "pi_transcript": "pi-transcript",
}
"""By the recordings' folder, where the format has another name."""


@pytest.mark.parametrize(
    ("head", "ended", "answer"),
    [
        (b'{"type":"usage"}\n', False, "jsonl"),
        (b'\n \r\n{"type":"usage"}', True, "jsonl"),
        (b'\xef\xbb\xbf{"type":"usage"}\n', False, "jsonl"),
        (b'{"type":"attached","session_id":"s","cursor":"c"}\n', False, "jsonl"),
        (b'{"type":"observation","cursor":"c","read_view":{}}\n', False, "jsonl"),
        (b'{"type":"usage"', False, None),
        (b'{"type":"usage"', True, "text"),
        (b'{"type":"of my own"}\n', False, None),
        (b'{"type":"of my own"}\n', True, "jsonl"),
        (b'{"type":"of my own"}\n' * MAX_RECORDS, False, "jsonl"),
        (b"{}\n", False, None),
        (b"{}\n", True, "text"),
        (b'{"type":1}\n', True, "text"),
        (b"[1]\n", True, "text"),
        (b"hello\n" * MAX_BANNER, False, "text"),
        (b"hello\n", False, None),
        (b'> npx agent\n\n{"type":"usage"}\n', False, "jsonl"),
        (b'event: message_start\ndata: {"type":"message_start","message":{}}\n', False, None),
        (b": ping\n\ndata: [DONE]\n", False, None),
        (b"\n\n", False, None),
        (b"", True, "text"),
        (b"{" * MAX_LOOK + b"xx", False, "text"),
        (b" " * (MAX_LOOK + 1), False, "text"),
    ],
)
def test_detect(head: bytes, ended: bool, answer: str | None) -> None:
    """None asks for more; the answer never needs more than the bound."""
    if head.startswith(b"event:"):
        answer = "anthropic-sse"
    assert detect_format(head, ended=ended) == answer


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (b"hello", "text"),
        (b"hello\n", "text"),
        (b"hello\n{", "text"),
        (b"", None),
        (b'{"type"', None),
        (b"{}\n", None),
        (b'{"id":1}\nwarning\n', None),
        (b"da", None),
        (b"data: {", None),
        (b": ping\n", None),
    ],
)
def test_a_pause_shows_text_as_such(head: bytes, answer: str | None) -> None:
    """A line of text is not held back for what may follow; a record that tells nothing is."""
    assert detect_format(head, idle=True) == answer


@pytest.mark.parametrize("case", ONE_WAY, ids=name_of)
def test_recordings(case: Case) -> None:
    """Each is known by its first lines, for the format whose producer can read it."""
    expected = EXPECTED.get(case.agent, case.agent)
    assert detect_format(case.data) == (expected if case.data.strip() else None)


@pytest.mark.parametrize("name", [*FORMATS, "auto"])
def test_every_format_has_a_producer(name: str) -> None:
    """As `--format` names them."""
    assert make_producer(name).take_warnings() == []


def test_no_such_format() -> None:
    """A name from elsewhere is refused."""
    with pytest.raises(ValueError, match="no format 'morse'"):
        make_producer("morse")
