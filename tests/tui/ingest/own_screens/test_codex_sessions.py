"""Codex's own screen: which of its daemon's sessions are of this one, and what is told of them."""

from __future__ import annotations

import os

import pytest

from lashd.events import AssistantProseDelta, Committed, SessionOutcome, TurnActivity
from lashtui.ingest.live.codex.words import Thread
from lashtui.ingest.own_screens import codex_sessions as module
from lashtui.ingest.own_screens.codex_sessions import CodexTold, OurSessions
from lashtui.producers import Produced, is_end
from tests.tui.ingest.live.codex.server import turn_of_recording
from tests.tui.producers.goldens import view_of

HERE = os.path.realpath("/")
THREAD, TURN = turn_of_recording()


def thread(name: str = "t", *, active: bool = True, at: str = HERE, made: float = 1000.0) -> Thread:
    """What the daemon says of one."""
    return Thread(name, active, False, "", at, "", "", made, {})


class Bench:
    """The sessions of a screen that began at second 1000."""

    def __init__(self, *, has_prompt: bool = False) -> None:
        self.now = 1000.0
        self.first = CodexTold()
        self.ours = OurSessions(
            self.first,
            HERE,
            has_prompt=has_prompt,
            clock=lambda: self.now - 900,
            now=lambda: self.now,
        )

    def after(self, seconds: float) -> Bench:
        """Time passes."""
        self.now += seconds
        return self


def test_a_session_that_works_just_after_enter_is_ours() -> None:
    """And what it said before is not told: of one that goes on, only this run is."""
    bench = Bench()
    assert bench.ours.open(thread(active=False)) is None
    bench.after(5).ours.typed(b"h")
    assert bench.ours.open(thread()) is None
    assert bench.ours.open(thread(active=False)) is None
    bench.after(5).ours.typed(b"\r")
    opened = bench.after(0.1).ours.open(thread())
    assert opened is not None
    assert opened[1] == 1_000_000
    assert bench.ours.are_any


@pytest.mark.parametrize("keys", [b"\r", b"\n", b"abc\r", b"\x1b[13u", b"\x1b[13;2u"])
def test_enter_as_terminals_send_it(keys: bytes) -> None:
    """Pasted or typed."""
    bench = Bench()
    bench.ours.open(thread(active=False))
    bench.ours.typed(keys)
    assert bench.ours.open(thread()) is not None


def test_other_screens_sessions_are_not_ours() -> None:
    """Elsewhere; at work before Enter; at work since before we could see it; long after Enter."""
    bench = Bench()
    for name in ("elsewhere", "before", "late"):
        bench.ours.open(thread(name, active=False))
    assert bench.after(60).ours.open(thread("before")) is None
    bench.after(5).ours.typed(b"\r")
    assert bench.ours.open(thread("elsewhere", at="/elsewhere")) is None
    assert bench.ours.open(thread("before")) is None
    assert bench.ours.open(thread("unseen", made=900.0)) is None
    assert bench.after(3).ours.open(thread("late")) is None
    assert not bench.ours.are_any


def test_a_command_with_a_prompt_begins_by_itself() -> None:
    """Once, with a session that was made by then."""
    bench = Bench(has_prompt=True)
    assert bench.ours.open(thread("old", made=500.0)) is None
    bench.after(20)
    assert bench.ours.open(thread("new", made=1020.0)) is not None
    assert bench.ours.open(thread("other", made=1020.0)) is None
    late = Bench(has_prompt=True)
    assert late.after(100).ours.open(thread("late", made=1099.0)) is None


def test_the_next_session_of_the_screen_is_one_more() -> None:
    """The first one goes on, should the user come back to it."""
    bench = Bench()
    for name in ("one", "two"):
        bench.ours.open(thread(name, active=False))
        bench.ours.typed(b"\r")
        opened = bench.ours.open(thread(name))
        assert opened is not None
        opened[0].publish(Produced(Committed(), 7))
    (second,) = bench.ours.take_new()
    assert bench.ours.take_new() == []
    again = bench.ours.open(thread("one"))
    assert again is not None
    again[0].publish(Produced(Committed(), 8))
    assert [each.at for each in bench.first.poll()] == [7, 8]
    assert [each.at for each in second.poll()] == [7]


def test_sessions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a daemon says."""
    monkeypatch.setattr(module, "MAX_OURS", 2)
    monkeypatch.setattr(module, "MAX_SEEN", 16)
    bench = Bench()
    for number in range(100):
        bench.ours.open(thread(str(number), active=False))
        bench.ours.typed(b"\r")
        bench.ours.open(thread(str(number)))
    assert len(bench.ours.take_new()) == 1


def test_a_screen_that_is_left_amid_a_turn() -> None:
    """Codex goes on with it; here it has ended, and did not fail."""
    told = CodexTold()
    before: list[str] = []
    told.before_end = lambda: before.append("waited")
    told.publish(Produced(TurnActivity("", "k", AssistantProseDelta("hello"))))
    told.poll()
    assert told.in_turn
    produced = told.finish(SessionOutcome.SUCCESS)
    assert before == ["waited"]
    assert isinstance(produced[-1].payload, Committed)
    assert not view_of(produced).turn.failed
    assert not told.in_turn
    assert told.finish(None) == []


def test_a_session_that_the_daemon_closes_ends() -> None:
    """The screen may go on with another one."""
    told = CodexTold()
    told.end(SessionOutcome.SUCCESS, 5)
    assert [is_end(each) for each in told.poll()] == [True]
    assert told.feed(b"what is drawn") == []
