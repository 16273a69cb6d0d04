"""Prompts typed ahead: which one left the queue, when the transcript gives no ids."""

from __future__ import annotations

from lashd.events import Payload, QueueChanged
from lashtui.producers.claude.queue import MAX_QUEUED, TypedAhead


class Recorder:
    """A queue, and what it emits as (kind, batch ids)."""

    def __init__(self) -> None:
        self.queue = TypedAhead(self._emit)
        self.changes: list[tuple[str, list[str]]] = []

    def _emit(self, payload: Payload) -> None:
        assert isinstance(payload, QueueChanged)
        self.changes.append((payload.kind.value, list(payload.batch_ids)))


def test_the_oldest_leaves_first() -> None:
    """Where the text doesn't say which one it was."""
    recorder = Recorder()
    recorder.queue.enqueued("a", shown=True)
    recorder.queue.enqueued("b", shown=True)
    recorder.queue.dequeued()
    assert recorder.changes[-1] == ("delivered", ["queued-1"])


def test_a_removed_prompt_is_found_by_its_text() -> None:
    """It was delivered into the running turn, unless the reason says that it was taken back."""
    recorder = Recorder()
    for text in ("a", "b", "c"):
        recorder.queue.enqueued(text, shown=True)
    assert recorder.queue.removed("b", "") == "b"
    assert recorder.changes[-1] == ("delivered", ["queued-2"])
    assert recorder.queue.removed("c", "user_removed") == ""
    assert recorder.changes[-1] == ("cancelled", ["queued-3"])


def test_what_the_program_itself_queued_is_not_shown() -> None:
    """It takes part in the order all the same."""
    recorder = Recorder()
    recorder.queue.enqueued("notification", shown=False)
    recorder.queue.enqueued("mine", shown=True)
    recorder.queue.dequeued()
    recorder.queue.dequeued()
    assert recorder.changes == [("enqueued", ["queued-2"]), ("delivered", ["queued-2"])]


def test_all_are_taken_back_at_once() -> None:
    """The user edits them again."""
    recorder = Recorder()
    recorder.queue.enqueued("a", shown=True)
    recorder.queue.enqueued("b", shown=True)
    recorder.queue.taken_back()
    recorder.queue.dequeued()
    assert recorder.changes[2:] == [("cancelled", ["queued-1"]), ("cancelled", ["queued-2"])]


def test_no_more_than_a_bound_is_remembered() -> None:
    """A transcript that only queues doesn't fill the memory; the newest are kept."""
    recorder = Recorder()
    for number in range(MAX_QUEUED + 10):
        recorder.queue.enqueued(str(number), shown=True)
    recorder.queue.dequeued()
    assert recorder.changes[-1] == ("delivered", ["queued-11"])
