"""A screen is not read, and that is said once."""

from __future__ import annotations

from lashd.events import RuntimeDiagnostic, SessionOutcome, TurnActivity
from lashtui.ingest.screen import ScreenProducer


def test_nothing_of_a_screen_is_published_but_a_remark() -> None:
    """However much is drawn; nothing at all if nothing was."""
    producer = ScreenProducer("look elsewhere")
    (remark,) = producer.feed(b"\x1b[2JDo you want to proceed?")
    assert isinstance(remark.payload, TurnActivity)
    assert remark.payload.event == RuntimeDiagnostic("screen", {"text": "Not read: look elsewhere"})
    assert producer.feed(b"more") == producer.flush() == []
    assert producer.finish(SessionOutcome.SUCCESS) == []
    assert producer.take_warnings() == []
    assert (producer.chosen, producer.is_text, producer.in_turn) == (None, False, False)
