"""What the daemon reports of sessions and cursors is true."""

from __future__ import annotations

from typing import Any

from lashd.session.view import ReadView
from tests.daemon.hub.hub_harness import HubHarness, prose, small_limits


def test_a_session_is_described_in_full() -> None:
    """Everything that a row of the list shows."""
    harness = HubHarness()
    publisher = harness.publisher(title="T")
    publisher.prose("one\ntwo")
    publisher.publish({"type": "waiting", "what": "approval"})
    harness.viewer().receive()
    harness.advance(3)
    item = harness.sessions()["s"]
    assert (item["state"], item["waiting_for"]) == ("waiting", "approval")
    assert (item["events"], item["viewers"], item["publishers"]) == (3, 1, 1)
    assert item["last_line"] == "two"
    assert item["oldest_at_age_s"] == 3.0
    assert item["started_at"] == item["updated_at"] == 1_000_000
    assert item["bytes"] > 100


def test_a_row_tells_the_model_and_what_it_used() -> None:
    """As the view has them, and only numbers of it, whoever gave the view."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.create()
    item = harness.sessions()["s"]
    assert (item["model"], item["usage"]) == (None, {})
    publisher.publish({"type": "session_changed", "kind": "opened", "model": "m1"})
    context = {"used": 45_000, "size": 200_000}
    publisher.publish({"type": "usage", "usage": {"cost_usd": 0.5}, "context": context})
    item = harness.sessions()["s"]
    assert item["model"] == "m1"
    assert item["usage"] == {
        "total": {"cost_usd": 0.5},
        "last": {"cost_usd": 0.5},
        "context": context,
    }
    view: Any = harness.hub.sessions.by_id["s"].host.view
    odd: Any = {"total": {"x": "y" * 10_000, "n": 1, **{str(n): n for n in range(100)}}, "z": {}}
    view.usage |= ReadView("s", usage=odd).usage
    total = harness.sessions()["s"]["usage"]["total"]
    assert (total["n"], len(total)) == (1, 32)


def test_a_cursor_report_says_what_a_cursor_can_still_do() -> None:
    """How many events follow, how long it lasts; once trimmed, the same numbers as its gap."""
    harness = HubHarness(small_limits(max_events_per_session=4, max_age=100.0))
    publisher = harness.publisher()
    publisher.prose("a")
    cursor = harness.sessions()["s"]["cursor"]
    client = harness.connect()
    report = client.request(type="cursor", cursor=cursor)
    assert (report["known"], report["resumable"], report["events_after"]) == (True, True, 0)
    publisher.prose("b")
    harness.advance(20)
    report = client.request(type="cursor", cursor=cursor)
    assert (report["resumable"], report["events_after"], report["room_events"]) == (True, 1, 3)
    assert report["room_seconds"] == 80.0
    publisher.prose(*"cdefgh")
    report = client.request(type="cursor", cursor=cursor)
    assert (report["resumable"], report["reason"]) == (False, "trimmed")
    assert "3 events" in report["message"]
    gap = harness.viewer(None, cursor=cursor).receive()[1]
    assert (report["from_at"], report["to_at"]) == (gap["from_at"], gap["to_at"])
    assert (report["lost"], report["events_after"]) == (gap["lost"], gap["skipped"])


def test_a_cursor_lasts_as_long_as_the_first_event_after_it() -> None:
    """Not as the oldest one held: in a session older than the bound that is always about to go."""
    harness = HubHarness(small_limits(max_events_per_session=1000, max_age=100.0))
    publisher = harness.publisher()
    for _ in range(20):
        publisher.prose("x")
        harness.advance(10)
    cursor = harness.sessions()["s"]["cursor"]
    client = harness.connect()
    rooms = []
    for _ in range(11):
        publisher.prose("x")
        harness.advance(10)
        rooms.append(client.request(type="cursor", cursor=cursor)["room_seconds"])
    assert rooms == [90.0, 80.0, 70.0, 60.0, 50.0, 40.0, 30.0, 20.0, 10.0, 0.0, None]


def test_a_cursor_report_says_why_a_cursor_is_of_no_use() -> None:
    """Malformed, of an unknown session, of another daemon, or ahead."""
    harness = HubHarness()
    harness.publisher().publish(prose("a"))
    client = harness.connect()
    assert client.request(type="cursor", cursor="x")["code"] == "malformed_cursor"
    assert client.request(type="cursor", cursor="lashsc1:0:1:nobody")["known"] is False
    report = client.request(type="cursor", cursor=f"lashsc1:0:{(9 << 40) + 1}:s")
    assert report["reason"] == "unavailable"
    assert "another daemon" in report["message"]
    report = client.request(type="cursor", cursor=f"lashsc1:0:{(7 << 40) + 12}:s")
    assert "10 events ahead" in report["message"]


def test_the_last_activity_is_when_the_agent_did_something() -> None:
    """Not when it was told of: an old record's, and a view's that a publisher gives back."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.publish({**prose("a"), "at": 400_000}, {"type": "committed", "at": 500_000})
    harness.advance(60)
    view = harness.viewer().receive()[1]["read_view"]
    assert harness.sessions()["s"]["updated_at"] == 500_000
    assert view["entries"][-1]["duration_ms"] == 100_000

    restarted = HubHarness(incarnation=8)
    restarted.advance(60)
    restarted.publisher().request(type="restore", view=view, last=2)
    assert restarted.sessions()["s"]["updated_at"] == 500_000


def test_nothing_happens_in_the_future() -> None:
    """A publisher whose clock is fast: events and restored views are as of now."""
    harness = HubHarness()
    harness.publisher().publish({**prose("a"), "at": 9_000_000})
    view = harness.viewer().receive()[1]["read_view"]
    assert harness.sessions()["s"]["updated_at"] == view["entries"][0]["started_at"] == 1_000_000
    view["updated_at"] = view["entries"][0]["started_at"] = 9_000_000
    harness.publisher("other").request(type="restore", view=view, last=1)
    restored = harness.viewer("other").receive()[1]["read_view"]
    assert restored["updated_at"] == restored["entries"][0]["started_at"] == 1_000_000


def test_the_last_line_has_no_colours() -> None:
    """A list shows it as it is."""
    harness = HubHarness()
    text = "one\n\x1b[1;31mred\x1b[0m \x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\\n"
    harness.publisher().publish({**prose(text), "format": "ansi"})
    assert harness.sessions()["s"]["last_line"] == "red link"
