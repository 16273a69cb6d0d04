"""Anthropic's Messages stream, or a whole message."""

from __future__ import annotations

from lashd.publish.sdk.anthropic import MessageEvents
from lashtui.producers.providers.turn import ProviderProducer


class AnthropicSseProducer(ProviderProducer):
    """Events to payloads."""

    dialects = (MessageEvents,)
