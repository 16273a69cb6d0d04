"""The sessions of one command, each with an observer of its own."""

from __future__ import annotations

from collections.abc import Callable

from lashd.events import SessionOutcome
from lashtui.ingest.observer import Observer
from lashtui.ingest.own_screens.screen import Told
from lashtui.ingest.several import MAX_SESSIONS, Several
from lashtui.producers import Produced, make_producer
from tests.tui.ingest.test_observer import FakePublisher


class Lines(Told):
    """One session of an agent, told by a test."""

    def __init__(self) -> None:
        self.said = b""
        self._text = make_producer("text")

    def poll(self) -> list[Produced]:
        """What the test said."""
        said, self.said = self.said, b""
        return self._text.feed(said) + self._text.flush()

    def finish(self, outcome: SessionOutcome | None) -> list[Produced]:
        """Nothing more."""
        return []


class Bench:
    """Several sessions with publishers of the test's."""

    def __init__(self) -> None:
        self.opened: list[FakePublisher] = []
        self.begun: list[Told] = []
        self.first = Lines()
        self.several = Several(self._observe(self.first), self._more, self._observe)

    def _more(self) -> list[Told]:
        begun, self.begun = self.begun, []
        return begun

    def _observe(self, told: Told) -> Observer[FakePublisher]:
        return Observer(
            iter([f"s-{len(self.opened)}"]),
            self._open,
            lambda publisher, each: publisher.published.append(each),
            told,
            poll=told.poll,
        )

    def _open(self, name: str, warn: Callable[[str], None]) -> FakePublisher:
        self.opened.append(FakePublisher(name, warn))
        self.opened[-1].state = "live"
        return self.opened[-1]


def test_each_session_is_published_as_its_own() -> None:
    """From when it has begun; what the screen draws is no session's."""
    bench, later = Bench(), Lines()
    bench.several.take(b"\x1b[2Jdrawn", "out")
    bench.first.said = b"one"
    bench.several.tick()
    bench.begun.append(later)
    later.said = b"two"
    assert bench.several.tick() is not None
    assert [each.text for each in bench.opened] == ["one", "two"]
    assert bench.several.finish(3)
    assert [each.ended for each in bench.opened] == [(SessionOutcome.FAILURE, 3)] * 2


def test_one_that_is_not_delivered_is_told() -> None:
    """The others are."""
    bench = Bench()
    bench.begun.append(Lines())
    bench.several.tick()
    bench.opened[1].delivers = False
    assert not bench.several.finish(0)
    assert [each.ended is not None for each in bench.opened] == [True, True]


def test_warnings_of_all_of_them() -> None:
    """As of one."""
    bench = Bench()
    bench.begun.append(Lines())
    bench.several.tick()
    for publisher in bench.opened:
        publisher.warn(f"about {publisher.name}")
    bench.several.tick()
    assert bench.several.take_warnings() == ["about s-0", "about s-1"]


def test_there_is_an_end_of_sessions() -> None:
    """A screen that begins one after the other takes no more than a bound of them."""
    bench = Bench()
    bench.begun += [Lines() for _ in range(MAX_SESSIONS + 5)]
    bench.several.tick()
    assert len(bench.opened) == MAX_SESSIONS
