"""Every recording of a real agent: the events it gives, and what no damage to it can do."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers import Produced
from tests.tui.producers.goldens import (
    Case,
    cases,
    name_of,
    produce,
    prose_of,
    view_of,
    wire_of,
)

ALL = cases()
SMALL = 40_000
"""Bytes up to which an input is cut at every line, and fed byte by byte."""


def whole(case: Case) -> list[Produced]:
    """What the undamaged recording gives."""
    return produce(case.make(), [case.data], case.outcome)


def check_view(produced: Sequence[Produced]) -> ReadView:
    """Fold; nothing may be left running when the input is over."""
    view = view_of(produced, ended=False)
    assert [row.name for row in view.entries if row.state == "running"] == []
    assert view.state in ("idle", "running")
    return view


def feed_lines(case: Case, lines: Sequence[bytes]) -> ReadView:
    """The view of these lines."""
    data = b"".join(line + b"\n" for line in lines)
    return check_view(produce(case.make(), [data], SessionOutcome.CUT_OFF))


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_a_recording_gives_the_events_that_were_reviewed(case: Case) -> None:
    """The golden list; `python -m tests.tui.producers.goldens --write` after a wanted change."""
    assert wire_of(whole(case)) == json.loads(case.golden.read_text())


@pytest.mark.parametrize(
    "case", cases("claude_transcript", "codex_rollout", "opencode_sse"), ids=name_of
)
def test_a_kept_record_tells_when_each_event_was(case: Case) -> None:
    """The ends of turns too, so that a turn takes as long as it took when it was recorded."""
    produced = whole(case)
    assert [each.payload for each in produced if each.at is None] == []
    commits = [row for row in view_of(produced).entries if row.kind == "commit"]
    assert commits
    assert 100 < max(row.duration_ms or 0 for row in commits) < 600_000


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_nothing_of_a_recording_is_skipped(case: Case) -> None:
    """No line is junk, and none is of a kind that nobody knows."""
    producer = case.make()
    produced = produce(producer, [case.data], case.outcome)
    assert producer.take_warnings() == []
    assert [row for row in wire_of(produced) if "unknown_record" in json.dumps(row)] == []


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_chunks_never_matter(case: Case) -> None:
    """Bytes split anywhere, within characters too, give the same payloads."""
    data, expected = case.data, wire_of(whole(case))
    chance = random.Random(case.name)
    for _ in range(5):
        at = sorted(chance.randrange(len(data) + 1) for _ in range(chance.choice((1, 7, 200))))
        chunks = [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]
        assert wire_of(produce(case.make(), chunks, case.outcome)) == expected
    if len(data) < SMALL:
        bytewise = [data[i : i + 1] for i in range(len(data))]
        assert wire_of(produce(case.make(), bytewise, case.outcome)) == expected


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_a_recording_cut_at_any_line_leaves_a_consistent_view(case: Case) -> None:
    """No call runs on, and what was said is the beginning of what the whole says."""
    lines = case.data.split(b"\n")
    said = "".join(prose_of(check_view(whole(case))))
    for end in range(len(lines)):
        view = feed_lines(case, lines[:end])
        assert said.startswith("".join(prose_of(view)))


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_a_recording_cut_at_any_byte_leaves_a_consistent_view(case: Case) -> None:
    """Half a line is no record; no call runs on."""
    data = case.data
    chance = random.Random(case.name)
    for _ in range(30):
        end = chance.randrange(len(data) + 1)
        check_view(produce(case.make(), [data[:end]], SessionOutcome.CUT_OFF))


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_damaged_recordings_never_raise(case: Case) -> None:
    """Lines doubled, swapped, lost, spoilt; bytes flipped; values of other types."""
    chance = random.Random(case.name)
    for _ in range(20):
        lines = case.data.rstrip(b"\n").split(b"\n")
        for _ in range(chance.choice((1, 4))):
            at = chance.randrange(len(lines))
            other = chance.randrange(len(lines))
            damage = chance.randrange(5)
            if damage == 0:
                lines.insert(at, lines[at])
            elif damage == 1:
                lines[at], lines[other] = lines[other], lines[at]
            elif damage == 2:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            elif damage == 3:
                lines[at] = bytes(
                    chance.choice(b'{}[]",:0\xff\\e') if chance.random() < 0.02 else b
                    for b in lines[at]
                )
            else:
                lines[at] = retyped(lines[at], chance)
        feed_lines(case, lines)


@pytest.mark.parametrize("case", ALL, ids=name_of)
def test_two_recordings_mixed_never_raise(case: Case) -> None:
    """Lines of two agents of a kind in one input."""
    chance = random.Random(case.name)
    others = [each for each in ALL if each.agent == case.agent]
    mine, theirs = (each.data.split(b"\n") for each in (case, chance.choice(others)))
    mixed = []
    while mine or theirs:
        mixed.append((mine if mine and (not theirs or chance.random() < 0.5) else theirs).pop(0))
    feed_lines(case, mixed)


def retyped(line: bytes, chance: random.Random) -> bytes:
    """The record with one value somewhere replaced by one of another type."""
    try:
        record = json.loads(line)
    except ValueError:
        return line
    place = record
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = chance.choice(keys)
        if chance.random() < 0.3 or not isinstance(place[key], dict | list):
            place[key] = chance.choice((None, True, -1, 1e300, "x", [], {}, [[{}]], {"a": [1]}))
            break
        place = place[key]
    return json.dumps(record).encode()
