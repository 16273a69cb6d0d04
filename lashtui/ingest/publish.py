"""What every publishing command does: reach a daemon, and publish what a producer hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lashd.publish.publisher import Publisher
    from lashtui.producers import Produced


def reach_daemon(socket: str, *, start: bool) -> None:
    """Make sure that a daemon answers at `socket`; with `start`, start one if needed.

    Raises:
        LashdError: no daemon answers.
    """
    if start:
        from lashd.connect.launch import ensure_daemon

        ensure_daemon(socket)
        return
    from lashd.client.blocking import Client

    Client(socket).connect()


def publish_one(publisher: Publisher, produced: Produced) -> None:
    """Publish one payload with the time and revision that its line gave."""
    from lashd.events import Committed

    payload, at, revision, _ = produced
    if isinstance(payload, Committed):
        publisher.commit(revision=revision, read_view=payload.read_view)
    else:
        publisher.publish(payload, at=at)
