"""`--only`: every event and entry has a kind."""

from __future__ import annotations

import typing

from lashd.events import PAYLOADS, TURN_EVENTS
from lashd.view import EntryKind
from lashtui.stream import kinds
from lashtui.stream.kinds import KINDS, kinds_of, select


def test_every_tag_of_the_vocabulary_has_kinds() -> None:
    """Nothing of the vocabulary falls through but what is shown as an error or diagnostic."""
    tables = kinds._ACTIVITIES
    unnamed = {tag for tag in TURN_EVENTS if tag not in tables}
    assert unnamed == {"error", "retry_status", "runtime_diagnostic"}
    for tag in TURN_EVENTS:
        found = kinds_of({"type": "turn_activity", "activity": {"type": tag}})
        assert set(found) <= set(KINDS)
        assert found
    assert set(kinds._EVENTS) == set(PAYLOADS) - {"turn_activity"}


def test_every_entry_has_a_kind() -> None:
    """What is not named is shown with the errors."""
    entries = set(typing.get_args(EntryKind))
    assert entries - set(kinds._ENTRIES) == {"error", "retry", "diagnostic"}
    assert set(kinds._ENTRIES.values()) <= set(KINDS)


def test_a_reset_reaches_every_reader_of_the_text() -> None:
    """It concerns readers of prose and of reasoning."""
    record = {"type": "turn_activity", "activity": {"type": "model_attempt_reset"}}
    assert select(record, frozenset({"prose"})) is record
    assert select(record, frozenset({"reasoning"})) is record
    assert select(record, frozenset({"tools"})) is None


def test_the_unknown_is_an_error_and_odd_records_do_no_harm() -> None:
    """A newer daemon's events and maps of odd shape are filtered without an error."""
    only = frozenset({"error"})
    for record in (
        {"type": "turn_activity", "activity": {"type": "brand_new"}},
        {"type": "brand_new"},
        {"type": "turn_activity", "activity": 3},
        {},
    ):
        assert select(record, only) is record
        assert select(record, frozenset({"prose"})) is None
    view = {"type": "observation", "read_view": {"entries": [3, {"kind": "brand_new"}]}}
    selected = select(view, only)
    assert selected is not None
    assert selected["read_view"]["entries"] == [{"kind": "brand_new"}]
