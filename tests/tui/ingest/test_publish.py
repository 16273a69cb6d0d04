"""What every publishing command does with a daemon and with payloads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from lashd.errors import ConnectionFailed
from lashd.events import AssistantProseDelta, Committed, TurnActivity
from lashtui.ingest.publish import InputTimes, publish_one, reach_daemon
from lashtui.producers import Produced

if TYPE_CHECKING:
    from pathlib import Path


class RecordingPublisher:
    """A publisher that remembers its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def commit(self, revision: int | None, read_view: Any, *, at: int | None) -> None:
        """Remember it."""
        self.calls.append(("commit", {"revision": revision, "at": at}))

    def publish(self, payload: Any, **options: Any) -> None:
        """Remember it."""
        self.calls.append((payload.event.text, options))


def test_a_payload_keeps_what_its_line_said_of_it() -> None:
    """Its time, a commit's as any other's, and the revision of a commit."""
    publisher: Any = RecordingPublisher()
    prose = TurnActivity("", None, AssistantProseDelta("hi"))
    publish_one(publisher, Produced(prose, at=5))
    publish_one(publisher, Produced(Committed(), at=6, revision=7))
    assert publisher.calls == [
        ("hi", {"at": 5}),
        ("commit", {"revision": 7, "at": 6}),
    ]


def test_what_gives_no_time_in_a_record_of_the_past_happened_then() -> None:
    """A commit after a message of last year, and the input's end."""
    times = InputTimes(lambda: 10_000_000)
    assert times.timed(Produced(Committed())).at is None
    assert times.timed(Produced(Committed(), at=1_000_000)).at == 1_000_000
    assert times.timed(Produced(Committed())).at == times.end == 1_000_000


def test_what_gives_no_time_in_a_live_input_happens_now() -> None:
    """The call that began a moment ago may take long."""
    times = InputTimes(lambda: 10_000_000)
    assert times.timed(Produced(Committed(), at=1_000_000)).at == 1_000_000
    assert times.timed(Produced(Committed(), at=9_999_000)).at == 9_999_000
    assert times.timed(Produced(Committed())).at is times.end is None


def test_without_starting_one_a_missing_daemon_is_an_error(tmp_path: Path) -> None:
    """`--no-start` never leaves a daemon behind."""
    with pytest.raises(ConnectionFailed):
        reach_daemon(os.fspath(tmp_path / "s"), start=False)
    assert list(tmp_path.iterdir()) == []
