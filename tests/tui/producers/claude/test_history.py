"""History that is written again: gone back is told, a copy is not."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.producers.claude.transcript import ClaudeTranscriptProducer
from tests.tui.producers.claude.claude_records import rows, seen, told
from tests.tui.producers.claude.test_transcript import answer, line, queue, said, text, tool, user
from tests.tui.producers.goldens import view_of


def turn(number: str, parent: str | None) -> list[dict[str, Any]]:
    """A prompt and its answer, `pN` and `aN`."""
    return [
        user(f"Q{number}", uuid=f"p{number}", parentUuid=parent),
        said(f"m{number}", text(f"A{number}"), uuid=f"a{number}", parentUuid=f"p{number}"),
    ]


def remarks(*lines: dict[str, Any]) -> list[tuple[str | None, Any]]:
    """What the view remarks, and what people said, in order."""
    view = seen(ClaudeTranscriptProducer(), *lines)
    kept = [row for row in view.entries if row.kind in ("diagnostic", "user")]
    return [
        (row.name, row.output) if row.kind == "diagnostic" else (None, row.text) for row in kept
    ]


def test_who_went_back_is_seen_to_have_gone_back() -> None:
    """Before the prompt that leaves others behind, naming the first of them."""
    assert remarks(*turn("1", None), *turn("2", "a1"), *turn("3", "a2"), *turn("4", "a1")) == [
        (None, "Q1"),
        (None, "Q2"),
        (None, "Q3"),
        ("rewound", "to before: Q2"),
        (None, "Q4"),
    ]


def test_going_back_to_the_beginning_is_told() -> None:
    """The first prompt has nothing before it."""
    assert ("rewound", "to before: Q1") in remarks(*turn("1", None), *turn("2", None))


def test_going_on_is_no_going_back() -> None:
    """Lines between turns, subagents', interruptions and shortened histories name others."""
    note = line("system", subtype="turn_duration", uuid="n", parentUuid="a1")
    hidden = line("attachment", attachment={"type": "date"}, uuid="h", parentUuid="n")
    assert remarks(*turn("1", None), note, hidden, *turn("2", "h")) == [(None, "Q1"), (None, "Q2")]
    shorter = line("system", subtype="compact_boundary", uuid="b", parentUuid=None)
    lines = [*turn("1", None), shorter, *turn("2", None), *turn("3", "gone")]
    assert "rewound" not in [name for name, _ in remarks(*lines)]
    other = [{**each, "sessionId": "other"} for each in turn("2", None)]
    assert "rewound" not in [name for name, _ in remarks(*turn("1", None), *other)]


def copies(*numbers: str, generation: int) -> list[dict[str, Any]]:
    """The turns once more, with new ids of lines."""
    lines = [each for number in numbers for each in turn(number, None)]
    return [
        {**each, "uuid": f"{each['uuid']}-{generation}", "parentUuid": f"x{generation}"}
        for each in lines
    ]


def test_a_copy_of_the_history_is_not_told_again() -> None:
    """Each copy is followed by something new, which is."""
    lines = [
        *turn("1", None),
        *copies("1", generation=1),
        *turn("2", "a1-1"),
        *copies("1", "2", generation=2),
        *turn("3", "a2-2"),
    ]
    view = seen(ClaudeTranscriptProducer(), *lines)
    assert rows(view, "user", "prose") == ["Q1", "A1", "Q2", "A2", "Q3", "A3"]
    assert view.turn_index == 3
    assert view.usage["total"]["output_tokens"] == 6


def test_a_copy_with_calls_is_not_told_again() -> None:
    """Calls and their results are known by their own ids."""
    once = [user("Q"), said("m", tool("t"), stop=None), answer("t"), said("n", text("A"))]
    again = [{**each, "uuid": f"{each['uuid']}-again"} for each in once]
    view = seen(ClaudeTranscriptProducer(), *once, *again, user("R"), said("o", text("B")))
    assert rows(view, "user", "prose") == ["Q", "A", "R", "B"]
    assert [row.kind for row in view.entries].count("tool") == 1


@pytest.mark.parametrize("rest", [[said("m2", text("Again."))], [user("other")], []])
def test_a_person_may_say_the_same_again(rest: list[dict[str, Any]]) -> None:
    """What is answered anew, or not yet, was said again."""
    lines = [user("continue"), said("m1", text("Yes.")), user("continue"), *rest]
    assert rows(seen(ClaudeTranscriptProducer(), *lines), "user")[:2] == ["continue", "continue"]


def test_what_was_said_again_is_shown_when_nothing_follows() -> None:
    """A moment later, while the model is still asked."""
    producer = ClaudeTranscriptProducer()
    lines = [user("continue"), said("m1", text("Yes.")), user("continue")]
    produced = told(producer, *lines, outcome=None)
    assert rows(view_of(produced, ended=False), "user") == ["continue"]
    produced += producer.flush()
    view = view_of(produced, ended=False)
    assert (rows(view, "user"), view.state) == (["continue", "continue"], "running")


def test_what_is_queued_behind_a_repeated_prompt_stands_behind_it() -> None:
    """The prompt may be a copy until its answer comes; the order is that of the file."""
    lines = [user("continue"), said("m1", text("Yes.")), user("continue")]
    lines += [queue("enqueue", content="next"), queue("dequeue"), said("m2", text("Again."))]
    produced = told(ClaudeTranscriptProducer(), *lines)
    order = [type(each.payload).__name__ for each in produced]
    first, second = [at for at, name in enumerate(order) if name == "QueueChanged"]
    prompts = [at for at, each in enumerate(produced) if "continue" in str(each.payload)]
    assert prompts[-1] < first < second
    times = [each.at for each in produced if each.at is not None]
    assert times == sorted(times)


def test_what_is_queued_within_a_copy_is_queued() -> None:
    """The queue's lines are no part of the history that is copied."""
    lines = [*turn("1", None), *copies("1", generation=1), *turn("2", "a1-1")]
    lines.insert(3, queue("enqueue", content="next"))
    view = seen(ClaudeTranscriptProducer(), *lines)
    assert rows(view, "user", "prose") == ["Q1", "A1", "Q2", "A2"]
    assert [item.text for item in view.queue] == ["next"]
