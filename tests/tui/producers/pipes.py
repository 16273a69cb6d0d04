"""Records made by hand, fed to a producer, and what a viewer then sees."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from lashd.events import SessionOutcome
from lashd.view import Entry, ReadView
from lashtui.producers import Produced, Producer, TwoWayProducer
from tests.tui.producers.goldens import view_of, wire_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

Side = Literal["agent", "client"]


def lines(*records: Record) -> bytes:
    """One JSON object a line."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def events(*records: Record) -> bytes:
    """Server-sent events."""
    return b"".join(b"data: " + json.dumps(record).encode() + b"\n\n" for record in records)


def talk(producer: TwoWayProducer, *messages: tuple[Side, Record]) -> list[Produced]:
    """What a conversation over a pipe gives, while it goes on."""
    produced = []
    for side, record in messages:
        produced += producer.feed(lines(record), side)
    return produced


def seen(
    producer: Producer, data: bytes, outcome: SessionOutcome = SessionOutcome.SUCCESS
) -> ReadView:
    """The view of a whole input."""
    return view_of(producer.feed(data) + producer.finish(outcome), ended=False)


def kinds(produced: Iterable[Produced]) -> list[str]:
    """The tags of all that was told: of turn events their own."""
    return [
        record["activity"]["type"] if record["type"] == "turn_activity" else record["type"]
        for record in wire_of(list(produced))
    ]


def rows(view: ReadView, kind: str) -> list[Entry]:
    """The entries of a kind."""
    return [row for row in view.entries if row.kind == kind]


def outcome_of(row: Entry) -> Record:
    """How a call ended."""
    assert isinstance(row.output, dict)
    outcome = row.output["outcome"]
    assert isinstance(outcome, dict)
    return outcome


def notes(view: ReadView) -> dict[str, Any]:
    """Diagnostics by their kind."""
    return {str(row.name): row.output for row in rows(view, "diagnostic")}
