"""What every publishing command does with a daemon and with payloads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from lashd.errors import ConnectionFailed
from lashd.events import AssistantProseDelta, Committed, TurnActivity
from lashtui.ingest.publish import publish_one, reach_daemon
from lashtui.producers import Produced

if TYPE_CHECKING:
    from pathlib import Path


class RecordingPublisher:
    """A publisher that remembers its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def commit(self, **options: Any) -> None:
        """Remember it."""
        self.calls.append(("commit", options))

    def publish(self, payload: Any, **options: Any) -> None:
        """Remember it."""
        self.calls.append((payload.event.text, options))


def test_a_payload_keeps_what_its_line_said_of_it() -> None:
    """The time of an event, and the revision of a commit."""
    publisher: Any = RecordingPublisher()
    prose = TurnActivity("", None, AssistantProseDelta("hi"))
    publish_one(publisher, Produced(prose, at=5))
    publish_one(publisher, Produced(Committed(), at=6, revision=7))
    assert publisher.calls == [
        ("hi", {"at": 5}),
        ("commit", {"revision": 7, "read_view": None}),
    ]


def test_without_starting_one_a_missing_daemon_is_an_error(tmp_path: Path) -> None:
    """`--no-start` never leaves a daemon behind."""
    with pytest.raises(ConnectionFailed):
        reach_daemon(os.fspath(tmp_path / "s"), start=False)
    assert list(tmp_path.iterdir()) == []
