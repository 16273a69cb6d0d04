"""Events that lack what their kind must have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lashtui.producers.providers.anthropic_sse import AnthropicSseProducer
from lashtui.producers.providers.openai_sse import OpenAiSseProducer
from lashtui.producers.providers.required import missing
from tests.tui.producers.pipes import events

if TYPE_CHECKING:
    from lashd.protocol.records import Record


@pytest.mark.parametrize(
    ("record", "lack"),
    [
        ({"type": "message_start"}, "no message in message_start"),
        ({"type": "content_block_start", "index": 0}, "no content_block in content_block_start"),
        ({"type": "content_block_delta", "delta": {}}, "no type in the delta"),
        ({"type": "content_block_delta", "delta": {"type": "text_delta"}}, "no text in the delta"),
        ({"type": "content_block_delta", "delta": {"type": "citations_delta"}}, ""),
        ({"type": "response.output_text.delta"}, "no delta in response.output_text.delta"),
        ({"type": "response.output_item.done", "item": []}, "no item in response.output_item.done"),
        ({"type": "response.in_progress"}, ""),
        ({"choices": [{"index": 0}]}, "no delta in a choice"),
        ({"choices": [{"delta": {}}]}, ""),
        ({"choices": []}, ""),
        ({"type": []}, ""),
    ],
)
def test_what_is_missing_is_named(record: Record, lack: str) -> None:
    """Events that say nothing by their nature lack nothing."""
    assert missing(record) == lack


def test_a_warning_names_the_line() -> None:
    """Nothing is skipped in silence, and what follows is still read."""
    anthropic, openai = AnthropicSseProducer(), OpenAiSseProducer()
    anthropic.feed(events({"type": "message_start", "message": {"id": "m"}}))
    anthropic.feed(events({"type": "content_block_start", "index": 0}))
    assert anthropic.take_warnings() == [
        "line 3 skipped: malformed: no content_block in content_block_start"
    ]
    openai.feed(events({"choices": [{}]}))
    assert openai.take_warnings() == ["line 1 skipped: malformed: no delta in a choice"]
