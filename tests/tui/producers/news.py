"""Models and contexts, in the order in which a producer tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lashd.events import SessionChanged, TurnActivity, Usage
from lashtui.producers import Produced


def news_of(produced: Iterable[Produced]) -> list[Any]:
    """Names of models, and what usage says of the context."""
    news: list[Any] = []
    for each in produced:
        payload = each.payload
        event = payload.event if isinstance(payload, TurnActivity) else payload
        if isinstance(event, SessionChanged):
            news.append(event.model)
        elif isinstance(event, Usage):
            news.append(event.context)
    return [each for each in news if each is not None]
