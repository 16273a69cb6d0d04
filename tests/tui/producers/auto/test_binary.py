"""Input that is no text is named, never shown."""

from __future__ import annotations

import pytest

from lashd.events import SessionOutcome
from lashtui.producers.auto.binary import binary_kind
from lashtui.producers.auto.producer import AutoProducer
from tests.tui.producers.goldens import produce, view_of


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x28\xb5\x2f\xfd\x00\x58", "Zstandard"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x89PNG\r\n\x1a\n\x00", "PNG image"),
        (b"\xff\xd8\xff\xe0", "JPEG image"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8", "WebP image"),
    ],
)
def test_binary_input_is_named_and_not_shown(head: bytes, kind: str) -> None:
    """As a warning and in the session; no byte of it is prose."""
    producer = AutoProducer()
    view = view_of(produce(producer, [head, b"\x00\xff" * 100], SessionOutcome.SUCCESS))
    (warning,) = producer.take_warnings()
    assert kind in warning
    (row, _) = view.entries
    assert (row.kind, row.name) == ("diagnostic", "unreadable_input")
    assert kind in str(row.output)
    assert not producer.is_readable


def test_text_is_not_binary() -> None:
    """Nor is a beginning that is too short to say."""
    for head in (b"", b"\x28", b"hello", b"RIFF and so on", '{"a": "\u00e9"}'.encode()):
        assert binary_kind(head) is None
