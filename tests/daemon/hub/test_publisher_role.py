"""What a publisher is told."""

from __future__ import annotations

from lashd.hub.publisher_role import MAX_REASON
from tests.daemon.hub.hub_harness import HubHarness, prose


def test_an_acknowledgement_says_once_what_was_refused() -> None:
    """All numbers that have come, the cursor behind them, and each refusal in one of them."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    ack = publisher.publish(prose("a"), {"type": ""})
    assert ack == {
        "type": "ack",
        "last": 2,
        "cursor": "lashsc1:0:7696581394434:s",
        "refused": [{"number": 2, "reason": "no `type` in the event"}],
    }
    assert publisher.publish(prose("b"))["refused"] == []


def test_a_reason_is_short() -> None:
    """However long what it quotes is."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    ack = publisher.publish({"type": "queue_changed", "kind": "x" * 5000, "batch_ids": []})
    assert len(ack["refused"][0]["reason"]) <= MAX_REASON
