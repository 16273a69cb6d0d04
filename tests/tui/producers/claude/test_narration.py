"""What an agent said between two calls is no thought, though it comes as one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashtui.producers.claude.narration import kind_of
from lashtui.producers.claude.stream import ClaudeStreamProducer
from lashtui.producers.claude.transcript import ClaudeTranscriptProducer
from tests.tui.producers.goldens import prose_of, view_of

NARRATION = "Eg0KC0IJbmFycmF0aW9u"
"""A signature with nothing but the kind."""
SAID = "I look at the files first."


def signed(*fields: tuple[int, bytes]) -> str:
    """A signature with these fields, beside others."""
    inner = b"".join(bytes([number << 3 | 2, len(value)]) + value for number, value in fields)
    middle = b"\x08\x05" + b"\x0a" + bytes([len(inner)]) + inner
    return base64.b64encode(b"\x15\0\0\0\0\x12" + bytes([len(middle)]) + middle).decode()


def line(record: dict[str, Any]) -> bytes:
    """A line."""
    return json.dumps(record).encode() + b"\n"


def message(signature: str, **more: Any) -> dict[str, Any]:
    """A line with one such block."""
    block = {"type": "thinking", "thinking": SAID, "signature": signature}
    told = {"id": "m", "role": "assistant", "stop_reason": None, "content": [block]}
    return {"type": "assistant", "uuid": "a", "session_id": "s", "message": told, **more}


PROMPT = {"type": "user", "uuid": "u", "message": {"role": "user", "content": "Go"}}


@pytest.mark.parametrize(
    ("signature", "kind"),
    [
        (NARRATION, b"narration"),
        (signed((3, b"x"), (8, b"narration")), b"narration"),
        (signed((8, b"reasoning")), b"reasoning"),
        (signed((7, b"narration")), None),
        ("sig", None),
        ("", None),
        ("Eg0KC0IJbmFycmF0aW9", None),
        ("Eg0KC0I=", None),
    ],
)
def test_a_signature_tells_the_kind(signature: str, kind: bytes | None) -> None:
    """Where it is understood; any other is one of thoughts."""
    assert kind_of(signature) == kind


@given(st.binary(max_size=60))
def test_no_signature_is_too_damaged(data: bytes) -> None:
    """Whatever is in it."""
    kind_of(base64.b64encode(data).decode())


@pytest.mark.parametrize(("signature", "is_said"), [(NARRATION, True), ("sig", False)])
def test_a_transcript_says_it_as_prose(signature: str, is_said: bool) -> None:
    """With the mark that Claude Code gives it."""
    produced = ClaudeTranscriptProducer().feed(line(PROMPT) + line(message(signature)))

    assert prose_of(view_of(produced)) == ([f"{SAID} · summary"] if is_said else [])


@pytest.mark.parametrize(("named", "is_said"), [([0], True), ([], False), ([1], False)])
def test_a_stream_names_such_blocks(named: list[int], is_said: bool) -> None:
    """What had come of them as thoughts is taken back."""

    def event(**told: Any) -> bytes:
        return line({"type": "stream_event", "session_id": "s", "event": told})

    pieces = event(type="message_start", message={"id": "m", "content": []}) + event(
        type="content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}
    )
    for piece in (SAID[:7], SAID[7:]):
        delta = {"type": "thinking_delta", "thinking": piece}
        pieces += event(type="content_block_delta", index=0, delta=delta)
    producer = ClaudeStreamProducer()
    view = view_of(producer.feed(pieces))
    assert [row.text for row in view.entries] == [SAID]
    whole = line(message(NARRATION, narration_block_indexes=named))
    view = view_of(ClaudeStreamProducer().feed(pieces + whole))

    kinds = [(row.kind, row.text) for row in view.entries]
    assert kinds == [("prose", f"{SAID} · summary") if is_said else ("reasoning", SAID)]
