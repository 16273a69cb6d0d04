"""Copies become a session: both sides are read, what is missing is said, the end is the agent's."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashtui.ingest.observer import Observer
from lashtui.ingest.tap_reader import MAX_WARNINGS, CopyDecoder, TapReader
from lashtui.process.relay import AGENT, CLIENT, EXIT, FRAME, LOST
from lashtui.producers import Produced
from lashtui.producers.acp.stream import AcpProducer
from tests.tui.ingest.test_observer import FakePublisher
from tests.tui.producers.goldens import prose_of, view_of

PROMPT = (
    b'{"jsonrpc":"2.0","id":1,"method":"session/prompt",'
    b'"params":{"sessionId":"s","prompt":[{"type":"text","text":"Hi"}]}}\n'
)
CHUNK = (
    b'{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":'
    b'{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"Hello"}}}}\n'
)
DONE = b'{"jsonrpc":"2.0","id":1,"result":{"stopReason":"end_turn"}}\n'


def session_of(
    *frames: tuple[bytes, bytes], tell: Callable[[str], None] = lambda sentence: None
) -> FakePublisher:
    """What is published of these copies."""
    opened: list[FakePublisher] = []

    def open_session(name: str, warn: Any) -> FakePublisher:
        opened.append(FakePublisher(name, warn))
        opened[-1].state = "live"
        return opened[-1]

    def publish(publisher: Any, produced: Produced) -> None:
        publisher.published.append(produced)

    producer = AcpProducer()
    observer = Observer(iter(["s"]), open_session, publish, producer, stderr_is_text=False)
    reading, writing = os.pipe()
    for kind, body in frames:
        os.write(writing, FRAME.pack(kind, len(body)) + body)
    os.close(writing)
    reader = TapReader(observer, producer, tell)
    reader.run(reading)
    os.close(reading)
    reader.finish()
    return opened[0]


def test_both_sides_are_read() -> None:
    """The prompt of one, the answer of the other, however they are cut."""
    cut = [(AGENT, CHUNK[:40]), (CLIENT, b"\n"), (AGENT, CHUNK[40:])]
    published = session_of((CLIENT, PROMPT), *cut, (AGENT, DONE), (EXIT, b"0"))
    view = view_of(published.published)
    assert [row.kind for row in view.entries] == ["user", "prose", "commit"]
    assert prose_of(view) == ["Hello"]
    assert published.ended == (SessionOutcome.SUCCESS, 0)


def test_what_is_missing_is_said() -> None:
    """The torn line is skipped; what follows is read again."""
    torn = [(AGENT, CHUNK[:40]), (LOST, AGENT + b"123"), (AGENT, CHUNK[90:]), (AGENT, CHUNK)]
    published = session_of((CLIENT, PROMPT), *torn, (AGENT, DONE), (EXIT, b"0"))
    view = view_of(published.published)
    assert prose_of(view) == ["Hello"]
    said = [row.output for row in view.entries if row.name == "tap_overflow"]
    assert said == [{"from": "agent", "lost_bytes": 123}]


@pytest.mark.parametrize(("end", "outcome"), [((EXIT, b"3"), "failure"), (None, "cut_off")])
def test_ends(end: tuple[bytes, bytes] | None, outcome: str) -> None:
    """The agent's exit code; without one the tap itself was lost."""
    published = session_of((CLIENT, PROMPT), *([end] if end else []))
    assert published.ended is not None
    assert published.ended[0] == outcome


def test_the_agent_is_not_called_lost_when_the_watching_was() -> None:
    """Without an exit code nobody knows how the agent fares; what it had said stays."""
    published = session_of((CLIENT, PROMPT), (AGENT, CHUNK))
    view = view_of(published.published)
    assert prose_of(view) == ["Hello"]
    (error,) = [row.text for row in view.entries if row.kind == "error"]
    assert error is not None
    assert error.startswith("No longer watched: ")


def test_an_editors_log_is_not_filled() -> None:
    """What is no protocol at all is told in a few lines."""
    told: list[str] = []
    session_of((AGENT, b"no\n" * 1000), (EXIT, b"0"), tell=told.append)
    assert 0 < len(told) <= MAX_WARNINGS


def test_frames_in_pieces() -> None:
    """A byte at a time gives the same."""
    data = b"".join(FRAME.pack(AGENT, len(body)) + body for body in (b"", b"one", b"two" * 99))
    frames = CopyDecoder()
    found = [each for byte in data for each in frames.feed(bytes([byte]))]
    assert found == [(AGENT, b""), (AGENT, b"one"), (AGENT, b"two" * 99)]
