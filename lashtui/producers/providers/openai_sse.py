"""OpenAI's streams, as dozens of servers send them: chat chunks, Responses events, whole answers.

`[DONE]` ends a response, where it is sent at all.
"""

from __future__ import annotations

from lashd.publish.sdk.openai import ChatChunks, ResponsesEvents
from lashtui.producers.providers.turn import ProviderProducer


class OpenAiSseProducer(ProviderProducer):
    """Chunks and events to payloads."""

    dialects = (ChatChunks, ResponsesEvents)
