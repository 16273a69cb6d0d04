"""The queue of a session."""

from __future__ import annotations

import pytest

from tests.daemon.publish.fake_session import FakeSession


@pytest.fixture(name="session")
def _session() -> FakeSession:
    return FakeSession()


def test_queued_work_comes_and_goes(session: FakeSession) -> None:
    """Under the id that is returned, or the one passed in."""
    first = session.queue.enqueue("later")
    second = session.queue.enqueue("steer", id="b2", delivery="immediate")
    third = session.queue.enqueue(id=7)
    assert [(item.batch_id, item.text, item.delivery) for item in session.view.queue] == [
        (first, "later", None),
        ("b2", "steer", "immediate"),
        ("7", None, None),
    ]

    session.queue.deliver(first)
    session.queue.cancel(second, third)

    assert session.view.queue == []
    assert session.view.state == "idle"


def test_delivering_nothing_publishes_nothing(session: FakeSession) -> None:
    """No empty event."""
    session.queue.deliver()

    assert session.events == []


def test_odd_texts_and_ids_are_accepted(session: FakeSession) -> None:
    """Values that are not text, ids that are not UTF-8."""
    session.queue.enqueue({1: 2}, id="é\ud800")

    assert session.view.queue[0].text == "{1: 2}"
    assert session.warnings == []
