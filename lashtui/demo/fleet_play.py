"""Publishes a fleet's scripts to a daemon: one thread with a clock, one publisher an agent."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from lashd.clock import now_ms
from lashd.events import AnyTurnEvent, Payload
from lashtui.demo.fleet import Agent
from lashtui.demo.script import Step

if TYPE_CHECKING:
    from lashd.publish.publisher import Publisher

OPEN_WITHIN: Final = 30.0
"""Seconds for all agents to be in the daemon; 500 of them need about five on a slow machine."""
CLOSE_WITHIN: Final = 1.0
"""Seconds to deliver what is left of all of them; a daemon that was stopped will not take it."""
TOO_LATE: Final = 1.0
"""Seconds by which a busy machine wakes the player late. More, and the machine was asleep: the
hours that it slept through are not played at once."""
DESCRIPTORS_AN_AGENT: Final = 4
"""A pipe, and both ends of a connection."""
DESCRIPTORS_BESIDE: Final = 256


class PublisherLike(Protocol):
    """What the player needs of `lashd.Publisher`."""

    def publish(
        self,
        event: Payload | AnyTurnEvent,
        *,
        correlation_id: str | None = None,
        parent: str | None = None,
        at: int | None = None,
    ) -> object:
        """Publish one event."""


def publish_past(publisher: PublisherLike, agent: Agent, start_ms: int) -> None:
    """Publish what had happened before `start_ms`, with the times at which it did."""
    at = start_ms - agent.age * 1000
    for step in agent.past:
        at += step.after * 1000
        _publish(publisher, step, int(at))


class Player:
    """Plays the steps of many agents, each at its own pace.

    Args:
        parts: each agent's publisher and steps.
        speed: how many times as fast as the steps say.
        now: the clock's time when it begins.
    """

    def __init__(
        self, parts: Sequence[tuple[PublisherLike, Iterator[Step]]], speed: float, now: float
    ) -> None:
        self._parts = parts
        self._speed = speed
        self._due: list[tuple[float, int, Step]] = []
        for index in range(len(parts)):
            self._next(index, now)

    @property
    def due(self) -> float | None:
        """When `play` has something to do; None if no steps are left."""
        return self._due[0][0] if self._due else None

    def play(self, now: float) -> None:
        """Publish what is due."""
        while self._due and self._due[0][0] <= now:
            due, index, step = heapq.heappop(self._due)
            _publish(self._parts[index][0], step)
            # From when it was due: being late doesn't add up.
            self._next(index, due if now - due < TOO_LATE else now)

    def _next(self, index: int, now: float) -> None:
        step = next(self._parts[index][1], None)
        if step is not None:
            heapq.heappush(self._due, (now + step.after / self._speed, index, step))


def run(player: Player, stop: threading.Event, clock: Callable[[], float]) -> None:
    """Play until `stop` is set, or no steps are left."""
    while (due := player.due) is not None and not stop.wait(max(0.0, due - clock())):
        player.play(clock())


def _publish(publisher: PublisherLike, step: Step, at: int | None = None) -> None:
    publisher.publish(step.what, correlation_id=step.correlation_id, parent=step.parent, at=at)


@contextmanager
def play_fleet(socket_path: str, agents: Sequence[Agent], speed: float) -> Iterator[None]:
    """Play `agents` in a thread inside the `with` block; their pasts are there when it begins."""
    _allow_descriptors(len(agents) * DESCRIPTORS_AN_AGENT + DESCRIPTORS_BESIDE)
    publishers: list[Publisher] = []
    stop = threading.Event()
    thread: threading.Thread | None = None
    try:
        _begin(socket_path, agents, publishers)
        parts = [
            (publisher, agent.steps()) for publisher, agent in zip(publishers, agents, strict=True)
        ]
        player = Player(parts, speed, time.monotonic())
        thread = threading.Thread(
            target=run, args=(player, stop, time.monotonic), name="fleet", daemon=True
        )
        thread.start()
        yield
    finally:
        stop.set()
        if thread is not None:
            thread.join()
        deadline = time.monotonic() + CLOSE_WITHIN
        for publisher in publishers:
            publisher.close(max(0.0, deadline - time.monotonic()))


def _begin(socket_path: str, agents: Sequence[Agent], publishers: list[Publisher]) -> None:
    from lashd.publish.publisher import Publisher

    deadline = time.monotonic() + OPEN_WITHIN
    start_ms = now_ms()
    for agent in agents:
        publisher = Publisher(
            agent.session,
            socket_path=socket_path,
            title=agent.title,
            agent=agent.agent,
            directory=agent.directory,
            where=None,  # nobody can answer it there
            start_daemon=False,
        )
        publishers.append(publisher)
        publish_past(publisher, agent, start_ms)
    for publisher in publishers:
        publisher.flush(max(0.0, deadline - time.monotonic()))


def _allow_descriptors(number: int) -> None:
    """As far as the system lets us; what doesn't fit then is a publisher that can't connect."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
