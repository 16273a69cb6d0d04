"""Frames made by hand are what the encoder would make."""

from __future__ import annotations

from lashd.hub import records
from lashd.protocol.framing import frame
from tests.daemon.hub.hub_harness import HubHarness, pack, texts, unpack


def test_an_observation_in_parts_is_the_frame_of_the_whole() -> None:
    """The view is never copied, and no reader can tell."""
    view = pack({"entries": [1, 2, 3]})
    head, body = records.observation("s", "lashsc1:0:1:s", view)
    assert body is view
    record = {
        "type": "observation",
        "session_id": "s",
        "cursor": "lashsc1:0:1:s",
        "read_view": {"entries": [1, 2, 3]},
    }
    assert head + body == frame(pack(record))


def test_the_cursor_of_an_event_is_found_in_its_frame() -> None:
    """Without decoding the rest of it."""
    harness = HubHarness()
    harness.publisher().prose("ä" * 100)
    session = harness.hub.sessions.by_id["s"]
    (event,) = session.store.read_frames("s", 1, 10_000).frames
    assert records.cursor_of(event) == unpack(event[4:])["cursor"]
    assert texts([unpack(event[4:])]) == ["ä" * 100]
