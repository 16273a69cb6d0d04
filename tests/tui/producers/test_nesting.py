"""Subagents' files of Codex and qwen-code, told within their parent's session."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers import Produced
from lashtui.producers.children import Child
from lashtui.producers.codex.rollout import CodexRolloutProducer
from lashtui.producers.nesting import NestingProducer
from lashtui.producers.qwen.transcript import QwenTranscriptProducer
from tests.tui.producers.codex import rollout_records as codex
from tests.tui.producers.codex.rollout_records import END, START, line, meta, told
from tests.tui.producers.goldens import prose_of, view_of
from tests.tui.producers.qwen import test_transcript as qwen

CHILD, GRANDCHILD = "child-thread", "grandchild-thread"


class Told:
    """A session and its subagents, line by line."""

    def __init__(self, producer: NestingProducer) -> None:
        self.producer = producer
        self.produced: list[Produced] = []

    def main(self, *records: Any) -> None:
        """Lines of the session's own file."""
        for each in records:
            self.produced += self.producer.feed(json.dumps(each).encode() + b"\n")

    def child(self, key: str, *records: Any) -> None:
        """Lines of a subagent's."""
        for each in records:
            self.produced += self.producer.feed_child(key, json.dumps(each).encode())

    def flush(self) -> ReadView:
        """Nothing came for a while."""
        self.produced += self.producer.flush()
        return self.view()

    def rest(self) -> ReadView:
        """Nothing came for long."""
        self.produced += self.producer.rest()
        return self.view()

    def end(self, outcome: SessionOutcome = SessionOutcome.SUCCESS) -> ReadView:
        """Nothing more comes."""
        self.produced += self.producer.finish(outcome)
        return self.view()

    def view(self) -> ReadView:
        """As it is seen now."""
        return view_of(self.produced, ended=False)


def rows(view: ReadView) -> list[tuple[str, str]]:
    """What each row is under, and what it says."""
    kept = [row for row in view.entries if row.kind != "commit"]
    return [(row.parent or "", row.text or row.name or "") for row in kept]


def agent(text: str) -> Any:
    """A message as the events tell it."""
    return told("agent_message", message=text)


def prompt(text: str) -> Any:
    """What a person, or a parent, said."""
    return told("user_message", message=text)


def spawns(call: str, child: str, **args: Any) -> list[Any]:
    """A call that starts a subagent."""
    item = {"type": "SubAgentActivity", "id": call, "kind": "started", "agent_thread_id": child}
    return [
        codex.asked("spawn_agent", {"task_name": "helper", **args}, call=call),
        told("item_completed", item={**item, "agent_path": "/root/helper"}),
        codex.gave("{}", call=call),
    ]


@pytest.fixture
def session() -> Told:
    """One of Codex with a subagent's file."""
    found = Told(CodexRolloutProducer())
    found.producer.join(Child(CHILD, label="helper"))
    return found


# -- Codex ---------------------------------------------------------------------------------------


def test_a_subagents_work_stands_below_its_call(session: Told) -> None:
    """With ids of its own, whatever they are in its file; its plan is not the session's."""
    session.main(START, prompt("Go"))
    assert not session.producer.expects(CHILD)
    session.main(*spawns("c", CHILD, message="Look"), agent("It runs."))
    assert session.producer.expects(CHILD)
    session.child(CHILD, meta(CHILD, source={"subagent": {}}), START, prompt("Look"))
    session.child(CHILD, agent("I look."), codex.asked("shell", {"command": ["ls"]}, call="c"))
    session.child(CHILD, codex.asked("update_plan", {"plan": [{"step": "x", "status": "p"}]}, "p"))
    session.child(CHILD, codex.gave("a b", call="c"), codex.gave("ok", call="p"))
    session.child(CHILD, told("token_count", info={"last_token_usage": {"input_tokens": 3}}))
    session.child(CHILD, told("error", message="broken"), END)
    session.main(END)
    view = session.end()
    assert rows(view) == [
        ("", "Go"),
        ("", "spawn_agent"),
        ("", "It runs."),
        ("c", "I look."),
        ("c", "shell"),
        ("c", "update_plan"),
        ("c", "subagent_error"),
    ]
    assert (view.turn_index, view.plan, view.outcome) == (1, None, SessionOutcome.SUCCESS)
    assert [row.state for row in view.entries if row.kind == "tool"] == ["success"] * 3
    assert [(each.label, each.state) for each in view.processes] == [("/root/helper", "exited")]


def test_a_turn_within_which_a_subagent_works_on_is_no_cut_one(session: Told) -> None:
    """Its work between two turns is part of the next, and ends with it."""
    session.main(START, prompt("Go"), *spawns("c", CHILD), agent("It runs."), END)
    session.child(CHILD, START, agent("I look."))
    assert session.flush().state == "running"
    session.main(START, prompt("And?"), agent("Wait."), END)
    view = session.view()
    assert (view.turn_index, view.state) == (2, "idle")
    assert [row for row in view.entries if row.kind == "error"] == []
    session.child(CHILD, agent("Done."), END)
    assert session.view().state == "running"
    view = session.flush()
    assert (view.state, view.turn_index) == ("idle", 3)
    assert prose_of(view, parent="c") == ["I look.", "Done."]
    assert [each.state for each in view.processes] == ["exited"]


def test_a_subagent_that_is_asked_again_runs_again(session: Told) -> None:
    """What its parent sent stands in the parent's call; what a person typed is shown."""
    session.main(START, *spawns("c", CHILD, message="Look"))
    session.child(CHILD, START, prompt("Look"), agent("Seen."), END)
    assert [each.state for each in session.view().processes] == ["exited"]
    session.main(codex.asked("send_message", {"target": "helper", "message": "More"}, call="d"))
    session.child(CHILD, START, prompt("More"), prompt("Faster"), agent("More seen."))
    assert [each.state for each in session.view().processes] == ["running"]
    session.child(CHILD, told("turn_aborted", reason="interrupted"))
    view = session.view()
    assert [each.state for each in view.processes] == ["cancelled"]
    assert [row.text for row in view.entries if row.kind == "user"] == ["Faster"]


def test_what_a_subagent_said_last_is_told_once(session: Told) -> None:
    """Its parent's file holds it too, with the program's words around it."""
    session.main(START, *spawns("c", CHILD))
    session.child(CHILD, START, agent("All fine."), END)
    content = [{"type": "input_text", "text": "Message Type: FINAL_ANSWER\nPayload:\nAll fine."}]
    answer = {"type": "agent_message", "author": "/root/helper", "recipient": "/root"}
    session.main(line("response_item", **answer, content=content))
    assert [row.name for row in session.view().entries if row.kind == "diagnostic"] == []
    content[0]["text"] = "Message Type: FINAL_ANSWER\nPayload:\nAnother."
    session.main(line("response_item", **answer, content=content))
    assert [row.name for row in session.view().entries if row.kind == "diagnostic"] == [
        "agent_message"
    ]


def test_a_subagents_subagent_stands_below_the_call_in_its_file(session: Told) -> None:
    """Its end is told too."""
    session.producer.join(Child(GRANDCHILD, label="deep"))
    session.main(START, *spawns("c", CHILD))
    session.child(CHILD, START, *spawns("c", GRANDCHILD))
    assert session.producer.expects(GRANDCHILD)
    session.child(GRANDCHILD, START, agent("Deep."), END)
    view = session.view()
    (row,) = [row for row in view.entries if row.text == "Deep."]
    (call,) = [each for each in view.entries if each.id == row.parent]
    assert (call.name, call.parent) == ("spawn_agent", "c")
    assert [each.state for each in view.processes] == ["running", "exited"]


def test_a_subagent_without_a_call_stands_below_a_remark(session: Told) -> None:
    """With its name, before its first words and not without any."""
    session.main(START, prompt("Go"), agent("Done."), END)
    session.child(CHILD, meta(CHILD))
    assert rows(session.view()) == [("", "Go"), ("", "Done.")]
    session.child(CHILD, START, agent("I look."), END)
    view = session.flush()
    assert rows(view)[2:] == [("", "subagent"), (CHILD, "I look.")]
    assert view.entries[-3].output == {"description": "helper"}
    assert view.state == "idle"


@pytest.mark.parametrize("has_call", [True, False])
def test_a_subagent_that_is_silent_for_long(session: Told, has_call: bool) -> None:
    """Is gone, unless it waits for a call."""
    session.main(START, *spawns("c", CHILD), agent("It runs."), END)
    session.child(CHILD, START, agent("I look."))
    if has_call:
        session.child(CHILD, codex.asked("shell", {"command": ["make"]}, call="m"))
    session.flush()
    assert session.rest().state == ("running" if has_call else "idle")
    view = session.end()
    assert view.state == "idle"
    assert not [row for row in view.entries if row.state == "running"]


def test_files_without_ends_of_turns(session: Told) -> None:
    """Older versions: a prompt after a subagent's work begins the next turn all the same."""
    session.main(prompt("Go"), codex.asked("spawn_agent", {}, call="c"), agent("One."))
    session.main(prompt("And?"), agent("Two."))
    session.child(CHILD, agent("I look."))
    view = session.end()
    assert view.turn_index == 2
    assert [row.kind for row in view.entries if row.kind == "error"] == []


def test_damaged_lines_of_a_subagent_cost_a_warning(session: Told) -> None:
    """With its name; the session goes on."""
    session.main(START, *spawns("c", CHILD))
    session.produced += session.producer.feed_child(CHILD, b"{\n")
    session.child(CHILD, {"type": "event_msg", "payload": 3}, agent("Fine."))
    assert prose_of(session.end(), parent="c") == ["Fine."]
    assert any(each.startswith("helper: ") for each in session.producer.take_warnings())
    assert session.producer.feed_child("nobody", b"{}\n") == []


# -- qwen-code -----------------------------------------------------------------------------------


def test_qwens_subagents_stand_below_their_calls() -> None:
    """By the call that stands beside the file; a command's turn ends all the same."""
    session = Told(QwenTranscriptProducer())
    session.producer.join(Child("a", "t", "Look"))
    session.main(qwen.user("Go"), qwen.calls("t", "agent", prompt="p"))
    assert session.producer.expects("a")
    session.child("a", qwen.system("agent_bootstrap", kind="fork", history=["secret"]))
    session.child("a", qwen.user("p"), qwen.says("I look."), qwen.calls("u", "read_file"))
    session.child("a", qwen.gave("u", "read_file", output="x"))
    session.main(qwen.gave("t", "agent", output="Background agent launched successfully. x"))
    session.main(qwen.says("It runs."))
    assert (session.flush().turn_index, session.view().state) == (1, "idle")
    session.child("a", qwen.says("All fine."))
    assert session.view().state == "running"
    session.main(qwen.user("And?"), qwen.says("Fine."))
    view = session.end()
    assert rows(view) == [
        ("", "Go"),
        ("", "agent"),
        ("t", "I look."),
        ("t", "read_file"),
        ("", "It runs."),
        ("t", "All fine."),
        ("", "And?"),
        ("", "Fine."),
    ]
    assert (view.turn_index, view.usage["child"]["output_tokens"]) == (2, 4)
    assert "secret" not in str(session.produced)
