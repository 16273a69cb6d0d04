"""pi's files: whole messages, and what they leave to be inferred."""

from __future__ import annotations

import json
from typing import Any

from lashd.events import SessionOutcome
from lashtui.producers.pi.transcript import PiTranscriptProducer
from tests.tui.producers.goldens import produce, prose_of, view_of


class File:
    """A session's file, entry by entry."""

    def __init__(self) -> None:
        self.data = b""
        self.last: str | None = None
        self._count = 0
        self.add("session", version=3, cwd="/home/dev/app")

    def add(self, kind: str, *, parent: str | None = None, **more: Any) -> str:
        """One more entry; its id."""
        self._count += 1
        own, at = f"e{self._count}", f"2026-11-27T10:00:{self._count:02}.000Z"
        tree = {"id": own, "parentId": parent or self.last}
        record = {"type": kind, **(tree if kind != "session" else {}), "timestamp": at, **more}
        self.data += json.dumps(record).encode() + b"\n"
        self.last = own if kind != "session" else None
        return own

    def say(self, text: str, **more: Any) -> str:
        """A person's message."""
        return self.add("message", message={"role": "user", "content": text}, **more)

    def answer(self, text: str, reason: str = "stop", **more: Any) -> str:
        """The model's."""
        content = [{"type": "text", "text": text}]
        message = {"role": "assistant", "content": content, "stopReason": reason, **more}
        return self.add("message", message=message)

    def view(self) -> Any:
        """What it makes."""
        produced = produce(PiTranscriptProducer(), [self.data], SessionOutcome.SUCCESS)
        return view_of(produced, ended=False)


def test_each_prompt_has_a_turn_of_its_own() -> None:
    """Named by the first prompt until the person names it."""
    file = File()
    file.say("Fix it\nplease")
    file.answer("Done.")
    file.say("Thanks")
    assert file.view().title == "Fix it"
    file.answer("Welcome.")
    file.add("session_info", name="Fixes")
    view = file.view()
    assert (view.title, view.directory, view.agent) == ("Fixes", "/home/dev/app", "pi")
    commits = [row.state for row in view.entries if row.kind == "commit"]
    assert (prose_of(view), commits) == (["Done.", "Welcome."], ["success", "success"])


def test_a_turn_has_ended_with_its_answer_not_with_time() -> None:
    """Nobody waits for more after an answer without calls."""
    file = File()
    file.say("hi")
    file.answer("Done.")
    producer = PiTranscriptProducer()
    producer.feed(file.data)
    assert not producer.in_turn


def test_an_answer_that_failed_counts_once_it_is_not_tried_again() -> None:
    """Until then the turn runs; a retry withdraws what it said."""
    file = File()
    file.say("hi")
    entry = file.answer("Hal", "error", errorMessage="503: busy")
    producer = PiTranscriptProducer()
    producer.feed(file.data)
    assert producer.in_turn
    producer.flush()
    assert not producer.in_turn
    file.add("context_edit", targetId=entry, replacement=None)
    file.answer("Hello.")
    view = file.view()
    assert prose_of(view) == ["Hello."]
    assert [row.state for row in view.entries if row.kind == "commit"] == ["success"]


def test_going_back_in_the_tree_is_told() -> None:
    """What was said stays said."""
    file = File()
    first = file.say("one")
    file.answer("A")
    file.say("two", parent=first)
    file.answer("B")
    view = file.view()
    assert prose_of(view) == ["A", "B"]
    assert "rewound" in [row.name for row in view.entries]


def test_what_a_person_ran_and_what_extensions_hide() -> None:
    """A command of the person's is no call of the agent's; hidden notes stay hidden."""
    file = File()
    file.say("hi")
    run = {"role": "bashExecution", "command": "ls", "output": "a", "exitCode": 0}
    file.add("message", message=run)
    file.add("custom_message", customType="x", content="secret", display=False)
    file.add("custom_message", customType="x", content="A note", display=True)
    file.answer("Done.")
    view = file.view()
    names = [row.name for row in view.entries if row.kind == "diagnostic"]
    assert names == ["user_command", "note"]
    assert "secret" not in str(view.entries)
