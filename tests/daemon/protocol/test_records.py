"""Records about a stream are told from the events in it."""

from __future__ import annotations

from pathlib import Path

import lashd
from lashd.events import PAYLOADS, TURN_EVENTS
from lashd.protocol.records import CONTROL


def test_no_event_has_the_type_of_a_control_record() -> None:
    """A reader can tell them apart by type alone."""
    assert CONTROL.isdisjoint({*PAYLOADS, *TURN_EVENTS})


def test_the_protocol_document_names_each_that_the_daemon_sends() -> None:
    """Clients in other languages know them from there."""
    document = (Path(lashd.__path__[0]).parent / "PROTOCOL.md").read_text()

    for kind in CONTROL - {"progress", "disconnected", "reconnected"}:
        assert f"`{kind}" in document
