"""A daemon that must take what was read, and show it as its publisher does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from lashd.session.draft import Draft
from lashd.session.outgoing import Outgoing, outgoing, time_of
from lashd.session.view import encode_view
from lashd.wire_limits import MAX_EVENT_BYTES
from lashtui.producers import Produced
from tests.daemon.hub.hub_harness import HubHarness

APPEND = 4 * 1024 * 1024
"""Bytes of events in one message, about; a daemon takes twice that."""


def publish(produced: Sequence[Produced]) -> None:
    """Publish all of it as commands do, to a daemon in this process.

    Raises:
        AssertionError: an event was refused, or what the daemon shows is not what was published.
    """
    harness = HubHarness()
    harness.clock.now = time.time() + 1
    now = int(harness.clock.now * 1000)
    draft = Draft("s", prefix="p", now_ms=lambda: now)
    publisher = harness.publisher(known=False).create()
    bodies: list[bytes] = []
    for each in produced:
        bodies += _encoded(draft, len(bodies), each, now)
    at = 0
    while at < len(bodies):
        end, size = at, 0
        while end < len(bodies) and (end == at or size + len(bodies[end]) <= APPEND):
            size += len(bodies[end])
            end += 1
        events = [msgspec.Raw(body) for body in bodies[at:end]]
        ack = publisher.request(type="append", first=at + 1, events=events)
        assert ack["type"] == "ack", ack
        assert not ack.get("refused"), ack
        assert ack["last"] == end
        at = end
    shown = harness.connect().request(type="show", session_id="s")["read_view"]
    own: dict[str, Any] = msgspec.msgpack.decode(encode_view(draft.view))
    assert _rows(shown) == _rows(own)


def _encoded(draft: Draft, before: int, produced: Produced, now: int) -> list[bytes]:
    payload, at, revision, _ = produced
    event: Outgoing = outgoing(payload, time_of(at, now), revision)
    bodies, reasons = draft.take_all([event], before + 1)
    assert reasons == [], f"{reasons[0]}: {payload!r}"[:2000]
    assert all(len(body) <= MAX_EVENT_BYTES for body in bodies)
    return bodies


def _rows(view: dict[str, Any]) -> list[Any]:
    return [
        {key: value for key, value in entry.items() if key not in ("position", "id")}
        for entry in view["entries"]
    ]
