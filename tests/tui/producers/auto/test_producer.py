"""`auto` is the format that it chooses, however its input is cut."""

from __future__ import annotations

import pytest

from lashd.events import SessionOutcome
from lashtui.producers.auto.producer import AutoProducer
from tests.tui.producers.goldens import Case, cases, name_of, produce, wire_of

SOME = [each for each in cases() if each.name in ("tool", "simple_partial", "big", "tool_partial")]
ONE_WAY = [case for case in SOME if not case.path.name.endswith(".both.jsonl")]


def text_of(records: list[dict[str, object]]) -> str:
    """All prose, without the ids that each run makes anew."""
    activities = [record["activity"] for record in records if "activity" in record]
    return "".join(str(each.get("text", "")) for each in activities)  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", ONE_WAY, ids=name_of)
def test_it_gives_what_the_format_gives(case: Case) -> None:
    """Nothing of the head is lost or told twice."""
    expected = wire_of(produce(case.make(), [case.data], case.outcome))
    pieces = [case.data[start : start + 97] for start in range(0, len(case.data), 97)]
    assert wire_of(produce(AutoProducer(), pieces, case.outcome)) == expected


def test_text_comes_after_a_pause() -> None:
    """A question without a newline is shown while the program waits for its answer."""
    producer = AutoProducer()
    assert producer.feed(b"Name? ") == []
    assert producer.chosen is None
    assert text_of(wire_of(producer.flush())) == "Name? "
    assert producer.chosen == "text"
    assert text_of(wire_of(producer.finish(SessionOutcome.SUCCESS))) == ""


def test_nothing_at_all() -> None:
    """An empty input is an empty text."""
    producer = AutoProducer()
    assert len(producer.finish(SessionOutcome.SUCCESS)) == 1  # the commit
    assert producer.chosen == "text"
