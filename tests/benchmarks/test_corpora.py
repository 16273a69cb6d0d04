"""The events that the daemon's benchmark publishes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from benchmarks.daemon import corpora
from benchmarks.daemon.load import write_corpus
from lashd.events import UnknownTurnEvent, payload_from_wire
from lashd.store import InMemoryLiveReplayStore, SessionHost

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def host_of(events: Iterable[corpora.Event]) -> SessionHost:
    host = SessionHost(InMemoryLiveReplayStore(), "s", now_ms=lambda: corpora.AT)
    for event in events:
        host.record(payload_from_wire(event))
    return host


def kind_of(event: corpora.Event) -> str:
    return str(event["activity"]["type"] if "activity" in event else event["type"])


def test_the_mix_is_seventy_percent_prose() -> None:
    """The rest is calls, each with its result of 2 KB, and queue and processes."""
    events = list(corpora.mixed(1000))
    kinds = Counter(map(kind_of, events))

    assert len(events) == 1000
    assert kinds["assistant_prose_delta"] == 700
    assert kinds["tool_call_started"] == kinds["tool_call_completed"] == 120
    assert kinds["queue_changed"] == 40
    assert kinds["process_changed"] == 20
    assert 2000 <= len(corpora.RESULT) <= 2100


def test_nothing_of_the_mix_stays_open() -> None:
    """Calls are answered, processes exit, the queue is emptied: it could go on for ever."""
    view = host_of(corpora.mixed(1000)).view

    assert not view.queue
    assert all(str(entry.state) == "success" for entry in view.entries if entry.kind == "tool")
    assert all(str(process.state) == "exited" for process in view.processes)


@pytest.mark.parametrize("rows", [100, 1000])
def test_a_filled_view_has_its_rows(rows: int) -> None:
    """Both views have as many events behind them; only the rows differ, all of them settled."""
    events = list(corpora.filled(1000, rows))
    view = host_of(events).view

    assert len(events) == 1000
    assert 0.95 * rows <= len(view.entries) <= 1.1 * rows
    assert all(entry.settled for entry in view.entries)


def test_a_view_can_be_filled_with_open_calls() -> None:
    """Each answer then closes one of many."""
    host = host_of(corpora.filled(1000, 100, open_calls=True))
    assert [str(e.state) for e in host.view.entries if e.kind == "tool"] == ["running"] * 100

    host.record(payload_from_wire(corpora.answered(0)))

    assert [str(e.state) for e in host.view.entries if e.kind == "tool"].count("success") == 1


@pytest.mark.parametrize("name", corpora.KINDS)
def test_each_kind_is_what_a_publisher_may_send(name: str) -> None:
    """None is refused, and none but the one of tomorrow is unknown."""
    for number in range(4):
        payload = payload_from_wire(corpora.KINDS[name](number))
        unknown = isinstance(getattr(payload, "event", None), UnknownTurnEvent)
        assert unknown == (name == "unknown")


def test_a_corpus_file_is_lengths_and_maps(tmp_path: Path) -> None:
    """The generator finds its way by the lengths."""
    path = write_corpus(tmp_path / "corpus", [{"a": 1}, {"b": "c"}])

    assert path.read_bytes() == b"\0\0\0\4\x81\xa1a\1" + b"\0\0\0\5\x81\xa1b\xa1c"
