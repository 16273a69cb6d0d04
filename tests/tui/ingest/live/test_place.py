"""Sessions that a live source tells, beside the files of the same agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lashd.events import (
    AssistantProseDelta,
    Committed,
    Resumed,
    SessionOutcome,
    TurnActivity,
    Waiting,
)
from lashtui.ingest.live.place import Place
from lashtui.ingest.sink import Sign, State
from lashtui.ingest.transcripts import Key, Known
from lashtui.producers import Produced
from tests.tui.ingest.test_discovery import LINES, SESSION, Bench

if TYPE_CHECKING:
    from pathlib import Path

ID = "a3142cd4-e7b4-4442-a568-f3e248302560"
KEY = Key("claude", ID)
NAME = f"{ID}.jsonl"
BEFORE = b"".join(LINES[:21])
"""The recording up to the first that the agent says."""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A discovery over an empty directory."""
    return Bench(tmp_path)


@pytest.fixture
def place(bench: Bench) -> Place:
    """What its sources are handed."""
    return Place(bench.discovery, bench.warnings.append)


def say(text: str) -> Produced:
    """A piece of prose."""
    return Produced(TurnActivity("", "live", AssistantProseDelta(text)))


def test_a_claimed_file_is_left_alone(bench: Bench, place: Place) -> None:
    """The source's session has the name that the file's would have; nothing is there twice."""
    teller = place.open(KEY, Known("title", "/here"))
    assert teller is not None
    assert bench.sessions[0].about.session == "claude-a3142cd4"
    path = bench.write(NAME, SESSION)
    bench.discovery.scan()
    bench.discovery.changed([path])
    assert (bench.discovery.tails, len(bench.sessions)) == ({}, 1)
    teller.publish(say("hello"))
    assert bench.sessions[0].prose == ["hello"]
    bench.discovery.end()
    assert bench.sessions[0].outcome is SessionOutcome.CUT_OFF


def test_only_one_source_claims(place: Place, bench: Bench) -> None:
    """The second one is told to wait."""
    assert place.open(KEY, Known()) is not None
    assert place.open(KEY, Known()) is None
    assert len(bench.sessions) == 1


def test_a_source_takes_over_and_gives_back(bench: Bench, place: Place) -> None:
    """Within a turn: one session all along, in which everything is told once."""
    whole = bench.write("03142cd4-e7b4-4442-a568-f3e248302560.jsonl", SESSION)
    path = bench.write(NAME, BEFORE)
    bench.discovery.changed([whole, path])
    session = bench.sessions[1]
    assert session.produced
    teller = place.open(KEY, Known())
    assert teller is not None
    assert session.outcome is None
    bench.write(NAME, SESSION)
    bench.discovery.changed([path])
    told = len(session.produced)
    assert told == len(bench.sessions[1].produced)
    for each in bench.sessions[0].produced[: told + 3]:  # as the agent tells it on its socket
        teller.publish(each)
    assert len(session.produced) == told + 3
    place.free(KEY)
    teller.publish(say("too late"))
    bench.discovery.end()
    assert len(bench.sessions) == 2
    payloads = [[each.payload for each in one.produced] for one in bench.sessions]
    assert [type(each) for each in payloads[1]] == [type(each) for each in payloads[0]]
    assert bench.sessions[1].prose == bench.sessions[0].prose != []
    assert session.outcome is SessionOutcome.SUCCESS


def test_the_past_is_told_first(bench: Bench, place: Place) -> None:
    """A file that is too old to be followed, where the source knows it; not one elsewhere."""
    path = bench.write(NAME, SESSION, age=9000)
    bench.discovery.scan()
    assert bench.sessions == []
    teller = place.open(KEY, Known(path=path))
    assert teller is not None
    assert (len(bench.sessions), teller.turns) == (1, 1)
    assert bench.sessions[0].prose
    teller = place.open(Key("codex", ID), Known(path="/etc/passwd"))
    assert teller is not None
    assert teller.turns == 0


def test_freed_without_a_file_it_ends(bench: Bench, place: Place) -> None:
    """Nobody else would end it."""
    teller = place.open(KEY, Known())
    assert teller is not None
    teller.publish(say("hello"))
    teller.publish(Produced(Committed()))
    place.free(KEY)
    place.free(KEY)
    assert bench.sessions[0].outcome is SessionOutcome.SUCCESS
    assert place.open(KEY, Known()) is not None


def test_an_ended_session_goes_on_when_its_file_grows(bench: Bench, place: Place) -> None:
    """The source saw the agent leave; it has come back without the source."""
    path = bench.write(NAME, SESSION)
    bench.discovery.scan()
    teller = place.open(KEY, Known())
    assert teller is not None
    teller.end(SessionOutcome.SUCCESS, None)
    place.free(KEY)
    bench.discovery.scan()
    assert (bench.live, bench.discovery.tails) == ([], {})
    told = bench.sessions[0].prose
    again = SESSION.replace(b'"uuid": "', b'"uuid": "f').replace(b'"id": "', b'"id": "f')
    bench.write(NAME, SESSION + again, age=-5)
    bench.discovery.changed([path])
    assert len(bench.sessions) == 1
    assert bench.sessions[0].prose == told * 2


def kinds(bench: Bench) -> list[type]:
    """The turn events of the first session."""
    payloads = (each.payload for each in bench.sessions[0].produced)
    return [type(each.event) for each in payloads if isinstance(each, TurnActivity)]


def test_signs_come_in_their_place(bench: Bench, place: Place) -> None:
    """After what the file has by then; before what comes later."""
    path = bench.write(NAME, b"".join(LINES[:3]))
    bench.discovery.scan()
    bench.write(NAME, BEFORE)  # not reported yet
    place.sign(KEY, Sign(State.WAITING, "Bash: make", 5000))
    before = kinds(bench)
    assert before[-1] is Waiting
    assert AssistantProseDelta in before or len(before) > 2
    place.sign(KEY, Sign(State.WORKING))
    place.sign(KEY, Sign(State.WORKING))
    assert kinds(bench) == [*before, Resumed]
    bench.write(NAME, SESSION)
    bench.discovery.changed([path])
    place.sign(KEY, Sign(State.ENDED))
    assert bench.sessions[0].outcome is SessionOutcome.SUCCESS
    assert bench.discovery.tails == {}


def test_a_sign_waits_for_its_file(bench: Bench, place: Place) -> None:
    """The agent says that it waits before its file is found."""
    place.sign(KEY, Sign(State.WAITING, "old"))
    place.sign(KEY, Sign(State.WAITING, "make?"))
    bench.write(NAME, BEFORE)
    bench.discovery.scan()
    assert kinds(bench).count(Waiting) == 1
    assert kinds(bench)[-1] is Waiting
