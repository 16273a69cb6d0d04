"""What `run` publishes: joined, to the right session, with one sentence about what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.errors import RequestRefused
from lashd.events import AssistantProseDelta, SessionOutcome, TurnActivity
from lashtui.ingest.flush_timer import JOIN_FOR
from lashtui.ingest.observer import CLOSE_TIMEOUT, MAX_EARLY, Observer
from lashtui.producers import Produced, make_producer
from tests.tui.producers.goldens import view_of

if TYPE_CHECKING:
    from collections.abc import Callable


class FakePublisher:
    """Records what it is given."""

    def __init__(self, name: str, warn: Callable[[str], None]) -> None:
        self.name, self.warn = name, warn
        self.state = "connecting"
        self.refusal: RequestRefused | None = None
        self.published: list[Produced] = []
        self.ended: tuple[SessionOutcome, int | None] | None = None
        self.delivers = True

    def refuse(self, code: str) -> None:
        """As a publisher does it: the refusal first, then the warning."""
        self.refusal = RequestRefused(code, f"{self.name}: {code}")
        self.state = "refused"
        self.warn(f"{self.name} is not published")

    @property
    def turn_failed(self) -> bool:
        """As a publisher says it."""
        return view_of(self.published, ended=False).turn.failed

    def end(self, outcome: SessionOutcome, exit_code: int | None = None) -> None:
        """The end."""
        self.ended = (outcome, exit_code)

    def close(self, timeout: float = 5.0) -> bool:
        """Whether all went out."""
        return self.delivers and self.refusal is None

    @property
    def text(self) -> str:
        """All prose."""
        payloads = [each.payload for each in self.published]
        events = [each.event for each in payloads if isinstance(each, TurnActivity)]
        return "".join(each.text for each in events if isinstance(each, AssistantProseDelta))


class Bench:
    """An observer with a clock and publishers of the test's."""

    def __init__(self, *names: str, form: str = "text") -> None:
        self.now = 0.0
        self.opened: list[FakePublisher] = []
        self.observer = Observer(
            iter(names),
            self._open,
            lambda publisher, each: publisher.published.append(each),
            make_producer(form),
            clock=lambda: self.now,
        )

    def _open(self, name: str, warn: Callable[[str], None]) -> FakePublisher:
        self.opened.append(FakePublisher(name, warn))
        return self.opened[-1]


def test_output_is_joined_for_a_moment() -> None:
    """An event for each byte helps nobody; a twentieth of a second later it is out."""
    bench = Bench("a")
    bench.opened[0].state = "live"
    for byte in b"hello":
        bench.observer.take(bytes([byte]), "out")
    assert bench.opened[0].published == []
    wait = bench.observer.tick()
    assert wait is not None
    assert 0 < wait <= JOIN_FOR
    bench.now = JOIN_FOR
    bench.observer.tick()
    assert len(bench.opened[0].published) == 1
    assert bench.opened[0].text == "hello"


def test_a_taken_name_costs_nothing() -> None:
    """The next session gets everything from the start, and nobody is bothered."""
    bench = Bench("a", "a-2", "a-3")
    bench.observer.take(b"one\n", "out")
    bench.now = 1.0
    bench.observer.tick()
    bench.opened[0].refuse("session_busy")
    bench.observer.tick()
    bench.opened[1].refuse("session_busy")
    bench.observer.take(b"two\n", "out")
    assert bench.observer.finish(0)
    assert [publisher.name for publisher in bench.opened] == ["a", "a-2", "a-3"]
    assert bench.opened[2].text == "one\ntwo\n"
    assert bench.opened[2].ended == (SessionOutcome.SUCCESS, 0)
    assert bench.observer.take_warnings() == []
    assert bench.observer.session == "a-3"


def test_when_all_names_are_taken_it_says_so() -> None:
    """One sentence; the command isn't touched."""
    bench = Bench("a")
    bench.opened[0].refuse("session_busy")
    bench.observer.tick()
    assert len(bench.observer.take_warnings()) == 1
    bench.observer.take(b"x", "out")
    assert not bench.observer.finish(0)


def test_another_refusal_is_told_once() -> None:
    """And not tried under another name."""
    bench = Bench("a", "a-2")
    bench.opened[0].refuse("limit")
    bench.observer.tick()
    assert bench.observer.take_warnings() == ["no longer observed: a: limit"]
    assert len(bench.opened) == 1


def test_a_publishers_own_warnings_are_passed_on() -> None:
    """Such as that no daemon can be started."""
    bench = Bench("a")
    bench.opened[0].warn("no daemon")
    bench.observer.tick()
    assert bench.observer.take_warnings() == ["no daemon"]


def test_what_is_kept_for_another_name_is_bounded() -> None:
    """A daemon that never answers doesn't make the memory grow: then the name stays."""
    bench = Bench("a", "a-2", form="jsonl")
    for _ in range(MAX_EARLY + 1):
        bench.observer.take(b'{"type":"error","message":"m"}\n', "out")
    assert bench.observer.is_settled


def test_stderr_beside_a_parsed_format_is_text() -> None:
    """And its row isn't committed or mixed with events."""
    bench = Bench("a", form="jsonl")
    bench.observer.take(b'{"type":"error","message":"m"}\n', "out")
    bench.observer.take(b"note\n", "err")
    bench.observer.finish(0)
    assert bench.opened[0].text == "note\n"
    assert len(bench.opened[0].published) == 2


def test_the_formats_own_end_counts() -> None:
    """A session that the input ended isn't ended a second time."""
    bench = Bench("a", form="jsonl")
    bench.observer.take(b'{"type":"session_changed","kind":"ended","outcome":"failure"}\n', "out")
    assert bench.observer.finish(0)
    assert bench.opened[0].ended is None


def test_undelivered_output_is_reported() -> None:
    """After the time that a command's user may be kept waiting."""
    bench = Bench("a")
    bench.opened[0].delivers = False
    assert not bench.observer.finish(1)
    assert CLOSE_TIMEOUT <= 2.0


def users_of(publisher: FakePublisher) -> list[str | None]:
    """What persons said."""
    return [row.text for row in view_of(publisher.published).entries if row.kind == "user"]


def test_the_prompt_of_the_command_line_is_published_once() -> None:
    """Whether the agent repeats it or not; later messages are all kept."""
    message = b'{"type":"user_message","text":"%s"}\n'
    for echo, expected in ((b"hi \\n", ["hi"]), (b"other", ["hi", "other"])):
        bench = Bench("a", form="jsonl")
        bench.observer.ask("hi")
        bench.observer.take(message % echo, "out")
        bench.observer.take(b'{"type":"assistant_prose_delta","text":"yes"}\n', "out")
        bench.observer.take(b'{"type":"committed"}\n' + message % b"hi", "out")
        assert users_of(bench.opened[0]) == [*expected, "hi"]


def test_an_empty_prompt_is_none() -> None:
    """Nobody said anything."""
    bench = Bench("a", form="jsonl")
    bench.observer.ask(" \n")
    assert bench.opened[0].published == []
