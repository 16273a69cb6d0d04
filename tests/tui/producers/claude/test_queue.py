"""What a person typed while a turn ran is said once, where the agent took it."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.producers.claude.transcript import ClaudeTranscriptProducer
from tests.tui.producers.claude.claude_records import rows, seen
from tests.tui.producers.claude.test_transcript import (
    NOTICE,
    answer,
    line,
    queue,
    said,
    text,
    tool,
    user,
)

DONE = NOTICE.format("completed", 0)


def attached(prompt: Any, **fields: Any) -> dict[str, Any]:
    """A prompt that the running turn took."""
    command = {"type": "queued_command", "prompt": prompt, "commandMode": "prompt", **fields}
    return line("attachment", attachment=command)


def between(*lines: dict[str, Any]) -> Any:
    """The view of a turn within which these lines stand."""
    return seen(
        ClaudeTranscriptProducer(),
        user("one"),
        said("a", tool("t"), stop=None),
        answer("t"),
        *lines,
        said("b", text("Both.")),
    )


ENQUEUED = queue("enqueue", content="two")


@pytest.mark.parametrize(
    "lines",
    [
        [attached("two")],
        [attached([{"type": "text", "text": "two"}])],
        [ENQUEUED, queue("remove"), attached("two")],
        [ENQUEUED, attached("two"), queue("remove")],
        [ENQUEUED, attached("two"), queue("remove", content="two")],
        [ENQUEUED, queue("remove", content="two"), attached("two")],
        [queue("enqueue"), attached("two"), queue("remove")],
        [queue("enqueue", content=DONE), ENQUEUED, queue("remove")],
        [queue("enqueue", content=DONE), ENQUEUED, attached("two"), queue("remove")],
        [queue("remove", content="two")],
        [ENQUEUED, queue("remove", content=" two\n")],
    ],
)
def test_a_prompt_is_said_once_and_waits_no_longer(lines: list[dict[str, Any]]) -> None:
    """Whichever lines tell of it, in whichever order, notices of the program in front of it."""
    view = between(*lines)
    assert [row.strip() for row in rows(view, "user")] == ["one", "two"]
    kinds = [row.kind for row in view.entries]
    assert kinds == ["user", "tool", "user", "prose", "commit"]
    assert view.queue == []


def test_the_same_words_typed_twice_are_said_twice() -> None:
    """Each once, also where two lines tell of each."""
    pair = [ENQUEUED, queue("remove"), attached("two")]
    again = [queue("enqueue", content="two"), queue("remove"), attached("two")]
    assert rows(between(*pair, *again), "user") == ["one", "two", "two"]
    assert rows(between(attached("two"), attached("two")), "user") == ["one", "two", "two"]


def test_a_removal_of_something_unknown_removes_nothing_else() -> None:
    """What waits goes on waiting."""
    view = between(queue("enqueue", content="three"), queue("remove", content="two"))
    assert rows(view, "user") == ["one", "two"]
    assert [item.text for item in view.queue] == ["three"]


def test_a_delivered_notice_leaves_the_queue() -> None:
    """A later prompt is the next one then."""
    view = seen(
        ClaudeTranscriptProducer(),
        user("one"),
        said("a", text("One.")),
        queue("enqueue", content=DONE),
        queue("enqueue", content="two"),
        user(DONE, origin={"kind": "task-notification"}),
        said("b", text("Seen.")),
        queue("dequeue"),
        user("two"),
        said("c", text("Two.")),
    )
    assert rows(view, "user") == ["one", "two"]
    assert view.queue == []


def test_a_prompt_that_a_line_says_waits_no_longer() -> None:
    """Also where what was taken from the queue seemed to be something else."""
    view = seen(
        ClaudeTranscriptProducer(),
        user("one"),
        said("a", text("One.")),
        queue("enqueue", content=DONE),
        queue("enqueue", content="two"),
        queue("dequeue"),
        user("two"),
        said("b", text("Two.")),
    )
    assert (rows(view, "user"), view.queue) == (["one", "two"], [])


@pytest.mark.parametrize(
    "fields",
    [{"isMeta": True}, {"commandMode": "task-notification"}, {"origin": {"kind": "observer"}}],
)
def test_what_the_program_put_there_is_nobodys_prompt(fields: dict[str, Any]) -> None:
    """Attachments hold the program's own as well."""
    assert rows(between(attached("Go on", **fields)), "user") == ["one"]


def test_a_prompt_from_elsewhere_says_from_where() -> None:
    """Sent to a running turn from a phone."""
    view = between(attached("two", origin={"kind": "bridge"}))
    remarks = [(row.name, row.output) for row in view.entries if row.kind == "diagnostic"]
    assert (rows(view, "user"), remarks) == (["one", "two"], [("from", "bridge")])


def test_what_a_subagent_was_told_is_its_own() -> None:
    """In its parent's file, where its lines stand among the others."""
    child = {"isSidechain": True, "agentId": "x"}
    asked = user("look", **child)
    told = {**attached("look closer"), **child}
    view = seen(
        ClaudeTranscriptProducer(),
        user("one"),
        said("a", tool("t", "Task", prompt="look"), stop=None),
        asked,
        told,
        answer("t"),
        said("b", text("Done.")),
    )
    nested = [(row.text, row.parent) for row in view.entries if row.kind == "user"]
    assert nested == [("one", None), ("look closer", "t")]
