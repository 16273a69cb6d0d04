"""What every publishing command does: reach a daemon, and publish what a producer hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.publish.publisher import Publisher
    from lashtui.producers import Produced


LIVE_FOR = 60_000
"""Milliseconds by which an event may be late and its input still be live: a slow pipe, or a clock
that differs."""


class InputTimes:
    """When the events of one input happened, also those whose lines give no time.

    In a record of the past they happened when those before them did; in a live input, now.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._past: int | None = None

    def timed(self, produced: Produced) -> Produced:
        """`produced` with its time; None stands for now."""
        if produced.at is None:
            return produced._replace(at=self._past)
        self._past = produced.at if self._now_ms() - produced.at > LIVE_FOR else None
        return produced

    @property
    def end(self) -> int | None:
        """When the input ended."""
        return self._past


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
        publisher.commit(revision, payload.read_view, at=at)
    else:
        publisher.publish(payload, at=at)
