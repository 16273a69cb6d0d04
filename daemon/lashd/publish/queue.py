"""`Publisher.queue`: messages or tasks that wait for the agent."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from lashd.publish.bounds import MAX_LABEL
from lashd.publish.values import given_id
from lashd.session.events import JsonValue, QueueChanged, SessionQueueEventKind
from lashd.session.jsonable import plain_text

if TYPE_CHECKING:
    from lashd.publish.sink import AgentSink


class Queue:
    """The session's queue of work."""

    def __init__(self, sink: AgentSink) -> None:
        self._sink = sink

    def enqueue(self, text: object = None, *, id: object = None, delivery: object = None) -> str:  # noqa: A002
        """Add an item; returns its id, which is made up if not given."""
        batch_id = given_id(id) or uuid.uuid4().hex[:12]
        given = {"text": text, "delivery": delivery}
        details: dict[str, JsonValue] = {
            key: plain_text(value, MAX_LABEL) for key, value in given.items() if value is not None
        }
        batches = {batch_id: details} if details else {}
        self._sink.send(QueueChanged(SessionQueueEventKind.ENQUEUED, [batch_id], batches))
        return batch_id

    def deliver(self, *ids: object) -> None:
        """The agent has received these items."""
        self._change(SessionQueueEventKind.DELIVERED, ids)

    def cancel(self, *ids: object) -> None:
        """These items won't be worked on."""
        self._change(SessionQueueEventKind.CANCELLED, ids)

    def _change(self, kind: SessionQueueEventKind, ids: tuple[object, ...]) -> None:
        known = [given_id(each) or "" for each in ids]
        if known:
            self._sink.send(QueueChanged(kind, known))
