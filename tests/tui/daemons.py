"""A daemon and publishers for tests of the app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lashd.events import AssistantProseDelta
from lashd.limits import DaemonLimits, StoreLimits
from lashd.publish.publisher import Publisher

PATIENCE = 10.0
"""Seconds for a publisher's acknowledgements on a loaded machine."""
SMALL = DaemonLimits(store=StoreLimits(max_events_per_session=8))
"""A daemon that trims at once."""


@contextmanager
def publisher(socket_path: str, session: str = "build", **options: Any) -> Iterator[Publisher]:
    """A publisher whose session is open."""
    options.setdefault("where", None)  # screens show where, and it differs from run to run
    with Publisher(session, socket_path=socket_path, start_daemon=False, **options) as opened:
        assert opened.wait_open(PATIENCE)
        yield opened


def say(opened: Publisher, text: str, row: str) -> None:
    """Publish prose in `row`, and wait until the daemon has it."""
    opened.publish(AssistantProseDelta(text), correlation_id=row)
    assert opened.flush(PATIENCE)
