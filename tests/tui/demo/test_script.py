"""The demo's script."""

from __future__ import annotations

from typing import Any

from lashd.events import PAYLOADS, Committed, TurnActivity
from lashd.store import InMemoryLiveReplayStore, SessionHost
from lashtui.demo.script import CHUNK, Step, script


def played() -> SessionHost:
    """A host after the whole script."""
    store = InMemoryLiveReplayStore()
    host = SessionHost(store, "demo", now_ms=lambda: 0)
    for step in script():
        record(host, step)
    return host


def record(host: SessionHost, step: Step) -> None:
    """One step into a host, as a publisher would."""
    payload: Any = step.what
    if not isinstance(payload, tuple(PAYLOADS.values())):
        payload = TurnActivity("", step.correlation_id, payload, step.parent)
    host.record(payload)


def test_everything_the_app_can_show_happens() -> None:
    """Kinds of rows, ends of tools and of processes, a plan, a queue that has emptied."""
    view = played().view
    kinds = {entry.kind for entry in view.entries}
    assert kinds >= {"user", "prose", "reasoning", "tool", "retry", "value", "commit"}
    assert {e.state for e in view.entries if e.kind == "tool"} == {"success", "failure"}
    assert any(e.parent for e in view.entries)
    assert {p.state for p in view.processes} == {"exited", "failed", "cancelled"}
    assert view.plan
    assert view.queue == []
    assert view.turn_index == 3
    assert view.usage["total"]["input_tokens"] > 0
    assert view.usage["context"]["size"] > view.usage["context"]["used"] > 0
    assert view.model


def test_withdrawn_attempt_is_gone() -> None:
    """The text of the attempt that failed is not in the transcript."""
    prose = [entry.text or "" for entry in played().view.entries if entry.kind == "prose"]
    assert not any("so the f" in text and "thread that nobody waits for" in text for text in prose)
    assert sum("| caller |" in text for text in prose) == 1


def test_it_streams_and_can_be_watched_to_the_end() -> None:
    """Deltas are small; the whole is short enough to be watched."""
    steps = list(script())
    assert all(len(getattr(step.what, "text", "")) <= 80 for step in steps)
    assert sum(getattr(step.what, "text", "") != "" for step in steps) > 100
    assert 30 < sum(step.after for step in steps) < 90
    assert isinstance(steps[-1].what, Committed)
    assert CHUNK < 20
