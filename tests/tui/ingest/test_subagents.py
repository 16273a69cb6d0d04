"""Subagents' files are told within their parent's session: one list of rows, in order, nested."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from lashd.events import ProcessChanged, SessionOutcome, TurnActivity
from lashd.view import ReadView
from lashtui.ingest import subagents, tailing
from lashtui.producers import Produced
from lashtui.producers.fields import time_of
from lashtui.reading.export import markdown
from lashtui.stream.text import TextWriter
from tests.tui.ingest.test_discovery import Bench, FakeSession
from tests.tui.producers.goldens import CAPTURES, prose_of, view_of, wire_of

RECORDED = CAPTURES / "claude_subagents"
SESSION = "2cad8c93-2bc9-4912-a3e1-ed0aedd5cd20"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for a call that does not come: the next settling tells it."""
    monkeypatch.setattr(tailing, "WAIT_FOR", 0.0)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """One over an empty directory."""
    return Bench(tmp_path)


# -- records -------------------------------------------------------------------------------------


def line(at: float, kind: str, *, agent: str = "", **fields: Any) -> dict[str, Any]:
    """A record at second `at`; `agent`: of a subagent's file."""
    stamp = f"2026-01-01T{int(at) // 3600:02}:{int(at) // 60 % 60:02}:{at % 60:06.3f}Z"
    side = {"isSidechain": True, "agentId": agent} if agent else {"isSidechain": False}
    usual = {"uuid": f"{agent}-{kind}-{at}", "sessionId": "s", "timestamp": stamp, "cwd": "/work"}
    return {"type": kind, **usual, **side, **fields}


def user(at: float, said: Any, **fields: Any) -> dict[str, Any]:
    """A prompt."""
    return line(at, "user", message={"role": "user", "content": said}, **fields)


def says(at: float, words: str, stop: str = "end_turn", **fields: Any) -> dict[str, Any]:
    """Prose."""
    content = [{"type": "text", "text": words}]
    return _message(at, content, stop, **fields)


def calls(at: float, call_id: str, name: str, agent: str = "", **args: Any) -> dict[str, Any]:
    """A call."""
    content = [{"type": "tool_use", "id": call_id, "name": name, "input": args}]
    return _message(at, content, "tool_use", agent=agent)


def _message(at: float, content: list[Any], stop: str, **fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 2}
    name = f"m{at}{fields.get('agent')}"
    message = {"id": name, "content": content, "stop_reason": stop, "usage": usage}
    return line(at, "assistant", message=message, **fields)


def result(at: float, call_id: str, content: Any = "ok", **fields: Any) -> dict[str, Any]:
    """A call's result."""
    block = {"type": "tool_result", "tool_use_id": call_id, "content": content}
    return user(at, [block], **fields)


def launched(at: float, call_id: str, agent: str) -> dict[str, Any]:
    """The result of a call whose agent goes on in the background."""
    content = f"Async agent launched successfully. (internal)\nagentId: {agent}"
    rich = {"isAsync": True, "status": "async_launched", "agentId": agent}
    return result(at, call_id, content, toolUseResult=rich)


def finished(at: float, call_id: str, agent: str, report: str) -> dict[str, Any]:
    """The result of a call that waited for its agent."""
    content = [{"type": "text", "text": report}]
    return result(at, call_id, content, toolUseResult={"agentId": agent, "content": content})


def notified(at: float, call_id: str, agent: str, report: str, status: str = "completed") -> Any:
    """The program wakes its agent: a background agent has ended."""
    text = (
        f"<task-notification>\n<task-id>{agent}</task-id>\n<tool-use-id>{call_id}</tool-use-id>\n"
        f"<status>{status}</status>\n<summary>ended</summary>\n<result>{report}</result>\n"
        "</task-notification>"
    )
    return user(at, text, origin={"kind": "task-notification"})


def jsonl(*records: dict[str, Any]) -> bytes:
    """Lines."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


class Files:
    """A session and its subagents on disk."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.main = "p/s.jsonl"

    def path(self, agent: str) -> str:
        """Where a subagent's file is."""
        return f"p/s/subagents/agent-{agent}.jsonl"

    def session(self, *records: dict[str, Any]) -> None:
        """The session's own file from the beginning."""
        self.bench.write(self.main, jsonl(*records))

    def agent(self, name: str, *records: dict[str, Any], **meta: Any) -> None:
        """A subagent's file, and what stands beside it."""
        if meta:
            self.bench.write(f"p/s/subagents/agent-{name}.meta.json", json.dumps(meta).encode())
        self.bench.write(self.path(name), jsonl(*records))

    def add(self, name: str, *records: dict[str, Any]) -> None:
        """A file grows, without a word to anybody."""
        with open(self.bench.root / name, "ab") as file:
            file.write(jsonl(*records))

    def changed(self, *names: str) -> None:
        """The system tells of changes."""
        self.bench.discovery.changed([str(self.bench.root / name) for name in names])

    def seen(self) -> ReadView:
        """The only session's view."""
        (session,) = self.bench.sessions
        return view_of(session.produced, ended=False)


@pytest.fixture
def files(bench: Bench) -> Files:
    """Of that bench."""
    return Files(bench)


def told(view: ReadView) -> list[tuple[str, str]]:
    """What is in a view's rows, and under what, without commits."""
    rows = [entry for entry in view.entries if entry.kind != "commit"]
    return [(entry.parent or "", entry.text or entry.name or "") for entry in rows]


def ends(session: FakeSession) -> list[Any]:
    """The payloads of processes."""
    return [each.payload for each in session.produced if isinstance(each.payload, ProcessChanged)]


# -- recorded ------------------------------------------------------------------------------------

ONE, TWO = "toolu_tasks_0_173556215", "toolu_tasks_0_273561813"


def test_a_recorded_session_with_two_agents_in_the_background(bench: Bench) -> None:
    """One session; each row once, under its call, in the order of time; both processes ended."""
    shutil.copytree(RECORDED, bench.root / "p")
    bench.discovery.scan()
    bench.discovery.end()
    (session,) = bench.sessions
    view = view_of(session.produced, ended=False)
    assert told(view) == [
        ("", "SCN:tasks#tasks"),
        ("", "Two helpers."),
        ("", "Agent"),
        ("", "Agent"),
        ("", "Both are done."),
        (ONE, "Child looks around."),
        (ONE, "Bash"),
        (TWO, "Other looks too."),
        (TWO, "Bash"),
        (ONE, "Child report: all fine."),
        ("", "Both are done."),
        (TWO, "Other report: fine too."),
        ("", "Both are done."),
    ]
    assert (view.turn_index, session.outcome) == (3, SessionOutcome.SUCCESS)
    assert [(each.label, each.state) for each in view.processes] == [
        ("Helper one", "exited"),
        ("Helper two", "exited"),
    ]
    assert view.usage["total"]["output_tokens"] == 195
    assert view.usage["child"]["output_tokens"] == 200
    assert view.title == "SCN:tasks#tasks"
    assert "redacted" not in str(wire_of(session.produced))


def test_the_same_line_by_line(bench: Bench) -> None:
    """As the agent wrote it: the rows are those of the whole files, the turns too."""
    (bench.root / "p").mkdir()
    found = []
    for source in RECORDED.rglob("*.jsonl"):
        for text in source.read_text().splitlines(keepends=True):
            stamp = json.loads(text).get("timestamp", "9")
            found.append((stamp, source.relative_to(RECORDED), text))
    for meta in RECORDED.rglob("*.json"):
        (bench.root / "p" / meta.relative_to(RECORDED)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(meta, bench.root / "p" / meta.relative_to(RECORDED))
    before = None
    for stamp, name, text in sorted(found, key=lambda each: each[0]):
        for tail in bench.discovery.tails.values() if _is_quiet(before, stamp) else ():
            tail._publish(tail._producer.flush())
        before = stamp
        path = bench.root / "p" / name
        with path.open("a") as file:
            file.write(text)
        bench.discovery.changed([str(path)])
    bench.discovery.end()
    live = bench.sessions
    other = Bench(bench.root / "p")
    other.discovery.scan()
    other.discovery.end()
    assert len(live) == 1
    views = [view_of(each[0].produced, ended=False) for each in (live, other.sessions)]
    assert sorted(told(views[0])) == sorted(told(views[1]))
    assert [each.turn_index for each in views] == [3, 3]
    assert [each.state for each in views] == ["idle", "idle"]


def _is_quiet(before: str | None, now: str) -> bool:
    """Whether a second lies between two lines."""
    if before is None or now == "9":
        return False
    return (time_of(now) or 0) - (time_of(before) or 0) >= 1000


# -- order and place -----------------------------------------------------------------------------


def _two_agents(files: Files) -> None:
    files.session(
        user(0, "Go"),
        calls(1, "t1", "Agent", description="One", prompt="p"),
        calls(1.5, "t2", "Agent", description="Two", prompt="p"),
        finished(9, "t2", "b", "B ends."),
        finished(10, "t1", "a", "A ends."),
        says(11, "Done."),
    )
    files.agent("a", user(2, "p", agent="a"), says(3, "A begins.", "tool_use", agent="a"))
    files.agent("b", user(2.5, "p", agent="b"), says(4, "B begins.", "tool_use", agent="b"))
    files.add(files.path("a"), says(8, "A ends.", agent="a"))
    files.add(files.path("b"), says(7, "B ends.", agent="b"))


@pytest.mark.parametrize("says_which", [True, False])
def test_parallel_agents_stand_each_under_its_call(files: Files, says_which: bool) -> None:
    """By what stands beside the file, else by their prompts, in order; their last words once."""
    _two_agents(files)
    if says_which:
        for agent, call in (("a", "t1"), ("b", "t2")):
            meta = json.dumps({"toolUseId": call}).encode()
            files.bench.write(f"p/s/subagents/agent-{agent}.meta.json", meta)
    else:  # both have the same prompt: the first file is the first call's
        os.utime(files.bench.root / files.path("a"), (files.bench.now - 9, files.bench.now - 9))
    files.bench.discovery.scan()
    view = files.seen()
    assert told(view) == [
        ("", "Go"),
        ("", "Agent"),
        ("", "Agent"),
        ("t1", "A begins."),
        ("t2", "B begins."),
        ("t2", "B ends."),
        ("t1", "A ends."),
        ("", "Done."),
    ]
    assert view.turn_index == 0
    files.bench.discovery.end()
    assert files.seen().turn_index == 1
    assert files.bench.sessions[0].outcome is SessionOutcome.SUCCESS


def test_beside_the_sessions_file(files: Files) -> None:
    """Where older versions keep it: the first line names the session."""
    files.session(
        user(0, "Go"),
        calls(1, "t", "Task", description="Look", prompt="p"),
        finished(5, "t", "a", "Seen."),
        says(6, "Done."),
    )
    agent = [user(2, "p", agent="a"), says(3, "Seen.", agent="a")]
    path = files.bench.write("p/agent-a.jsonl", jsonl(*agent))
    files.bench.discovery.scan()
    assert told(files.seen())[2:] == [("t", "Seen."), ("", "Done.")]
    files.bench.discovery.changed([path])
    assert len(files.bench.sessions) == 1


def test_nested_agents(files: Files) -> None:
    """An agent's agent stands under the call in the file of the one that started it."""
    files.session(user(0, "Go"), calls(1, "t1", "Agent", prompt="p"))
    files.agent(
        "a",
        user(2, "p", agent="a"),
        calls(3, "t2", "Agent", agent="a", prompt="q"),
        toolUseId="t1",
    )
    files.agent("b", user(4, "q", agent="b"), says(5, "Deep.", agent="b"), toolUseId="t2")
    files.bench.discovery.scan()
    assert told(files.seen()) == [("", "Go"), ("", "Agent"), ("t1", "Agent"), ("t2", "Deep.")]


def test_a_file_that_comes_later(files: Files) -> None:
    """Than the call, as agents write it; also what stands beside it, and in one batch."""
    files.session(user(0, "Go"), calls(1, "t", "Agent", prompt="p"))
    files.bench.discovery.scan()
    files.agent("a", user(2, "other", agent="a"), says(3, "Look.", "tool_use", agent="a"))
    files.changed(files.path("a"))
    assert prose_of(files.seen(), parent="t") == []
    files.bench.write("p/s/subagents/agent-a.meta.json", b'{"toolUseId": "t"}')
    files.add(files.path("a"), says(4, "Seen.", agent="a"))
    files.add(files.main, finished(5, "t", "a", "Seen."), says(6, "Done."))
    files.changed(files.main, files.path("a"))
    assert prose_of(files.seen(), parent="t") == ["Look.", "Seen."]
    assert told(files.seen())[-1] == ("", "Done.")
    assert len(files.bench.sessions) == 1


def test_a_file_that_is_read_before_its_call(files: Files) -> None:
    """It waits, and the call stands above it."""
    files.session(user(0, "Go"))
    files.bench.discovery.scan()
    files.agent("a", user(2, "p", agent="a"), says(3, "Look.", agent="a"), toolUseId="t")
    files.changed(files.path("a"))
    files.add(files.main, calls(1, "t", "Agent", prompt="p"))
    files.changed(files.main)
    assert told(files.seen()) == [("", "Go"), ("", "Agent"), ("t", "Look.")]


def test_a_directory_that_appears(files: Files) -> None:
    """The system may tell of it alone."""
    files.session(user(0, "Go"), calls(1, "t", "Agent", prompt="p"))
    files.bench.discovery.scan()
    files.agent("a", user(2, "p", agent="a"), says(3, "Look.", agent="a"))
    files.changed("p/s")
    assert told(files.seen())[-1] == ("t", "Look.")


def test_published_rows_are_never_put_elsewhere(files: Files) -> None:
    """What comes late comes last, with its own time."""
    files.session(user(0, "Go"), calls(1, "t", "Agent", prompt="p"), says(9, "On.", "tool_use"))
    files.bench.discovery.scan()
    before = list(files.bench.sessions[0].produced)
    files.agent("a", user(2, "p", agent="a"), says(3, "Late.", agent="a"))
    files.changed(files.path("a"))
    produced = files.bench.sessions[0].produced
    assert produced[: len(before)] == before
    assert told(files.seen())[-1] == ("t", "Late.")
    assert files.seen().entries[-1].started_at == files.seen().entries[0].started_at + 3000  # type: ignore[operator]


# -- without a call ------------------------------------------------------------------------------


def _shown(produced: list[Produced]) -> tuple[str, str]:
    writer, text = TextWriter(), ""
    for record in wire_of(produced):
        text += writer.write(record)
    return text, markdown(view_of(produced, ended=False))


def test_an_agent_without_a_call_stands_under_a_remark(files: Files) -> None:
    """It says what the file says; who reads text sees the label too."""
    files.session(user(0, "Go"), says(1, "Done."))
    files.agent(
        "a",
        user(2, "p", agent="a"),
        says(3, "Look.", agent="a"),
        toolUseId="gone",
        description="Review it",
    )
    files.bench.discovery.scan()
    assert told(files.seen()) == [("", "Go"), ("", "Done.")]
    files.bench.discovery.settle()
    assert told(files.seen())[2:] == [("", "subagent"), ("a", "Look.")]
    assert files.seen().entries[-2].output == {"description": "Review it"}
    files.bench.discovery.end()
    session = files.bench.sessions[0]
    assert session.outcome is SessionOutcome.SUCCESS
    assert files.seen().state == "idle"
    text, exported = _shown(session.produced)
    assert "-- subagent: Review it\n  -- Review it:\n  Look.\n" in text
    assert "Review it" in exported


def test_what_an_agent_without_a_call_is_called(files: Files) -> None:
    """What stands beside it, else its kind, else its prompt."""
    files.session(user(0, "Go"), says(1, "Done."))
    names = {"a": {"description": "Look"}, "b": {"agentType": "Explore"}, "c": {}}
    for name, meta in names.items():
        files.agent(name, user(2, f"prompt {name}", agent=name), says(3, "x", agent=name), **meta)
    files.bench.discovery.scan()
    files.bench.discovery.end()
    remarks = [each.output for each in files.seen().entries if each.name == "subagent"]
    assert sorted(str(each) for each in remarks) == [
        "{'description': 'Explore'}",
        "{'description': 'Look'}",
        "{'description': 'prompt c'}",
    ]


def test_an_agent_whose_session_is_not_there_is_a_session(bench: Bench) -> None:
    """Nothing is lost where there is no place for it."""
    agent = jsonl(user(2, "p", agent="a"), says(3, "Look.", agent="a"))
    bench.write("p/gone/subagents/agent-a.jsonl", agent)
    bench.discovery.scan()
    assert bench.sessions[0].about.session == "claude-gone-agent-a"
    assert bench.sessions[0].prose == ["Look."]


def test_a_subagents_file_that_was_named_is_a_session(files: Files) -> None:
    """The user wants to see that one."""
    _two_agents(files)
    path = str(files.bench.root / files.path("a"))
    files.bench.discovery.roots = (files.bench.discovery.roots[0]._replace(path=path),)
    files.bench.discovery.scan()
    assert files.bench.sessions[0].prose == ["A begins.", "A ends."]


def test_a_sessions_file_that_was_named_brings_its_subagents(files: Files) -> None:
    """Also those that come later, which lie outside of what was named."""
    _two_agents(files)
    os.rename(files.bench.root / files.path("b"), files.bench.root / "b")
    path = str(files.bench.root / files.main)
    files.bench.discovery.roots = (files.bench.discovery.roots[0]._replace(path=path),)
    files.bench.discovery.scan()
    os.rename(files.bench.root / "b", files.bench.root / files.path("b"))
    files.bench.discovery.settle()
    files.bench.discovery.settle()
    words = {text for _, text in told(files.seen())}
    assert {"A begins.", "A ends.", "B begins.", "B ends."} <= words
    assert len(files.bench.sessions) == 1


def test_copies_that_the_program_makes_for_itself_are_not_shown(files: Files) -> None:
    """For a summary or a suggestion it asks with the session's whole history."""
    files.session(user(0, "Go"), says(1, "Done."))
    for name in ("acompact-1", "aprompt_suggestion-2"):
        files.agent(name, user(0, "Go", agent=name), says(2, "Summary", agent=name))
    files.bench.discovery.scan()
    files.bench.discovery.end()
    assert told(files.seen()) == [("", "Go"), ("", "Done.")]


def test_a_fork_that_copies_history_tells_it_once(files: Files) -> None:
    """The lines of its parent in its file are the parent's, whatever ids they have."""
    call = calls(1, "t", "Agent", prompt="p")
    files.session(user(0, "Go"), says(0.5, "I fork.", "tool_use"), call)
    copied = [{**says(0.5, "I fork.", "tool_use"), "uuid": "x"}, {**call, "uuid": "y"}]
    side = [{**each, "isSidechain": True, "agentId": "a"} for each in copied]
    files.agent("a", *side, user(2, "p", agent="a"), says(3, "New.", agent="a"), toolUseId="t")
    files.bench.discovery.scan()
    assert told(files.seen()) == [("", "Go"), ("", "I fork."), ("", "Agent"), ("t", "New.")]


# -- turns, outcomes, ends -----------------------------------------------------------------------


def test_agents_in_the_background_make_no_turns_of_their_own(files: Files) -> None:
    """What they do between two turns is part of the next; it runs as long as they do."""
    files.session(
        user(0, "Go"),
        calls(1, "t", "Agent", description="Look", prompt="p"),
        launched(2, "t", "a"),
        says(3, "It runs."),
    )
    files.agent("a", user(2, "p", agent="a"), says(2.5, "One.", "tool_use", agent="a"))
    files.bench.discovery.scan()
    tail = next(iter(files.bench.discovery.tails.values()))
    tail._publish(tail._producer.flush())
    assert (files.seen().turn_index, files.seen().state) == (1, "idle")
    for at in (10, 20, 30):
        files.add(files.path("a"), says(at, f"At {at}.", "tool_use", agent="a"))
        files.changed(files.path("a"))
        tail._publish(tail._producer.flush())
    assert (files.seen().turn_index, files.seen().state) == (1, "running")
    files.add(files.path("a"), says(40, "All fine.", agent="a"))
    files.add(files.main, notified(41, "t", "a", "All fine."), says(42, "It ended."))
    files.changed(files.main, files.path("a"))
    tail._publish(tail._producer.flush())
    view = files.seen()
    assert (view.turn_index, view.state, view.outcome) == (2, "idle", SessionOutcome.SUCCESS)
    assert prose_of(view, parent="t") == ["One.", "At 10.", "At 20.", "At 30.", "All fine."]
    assert [each.state for each in view.processes] == ["exited"]


def test_a_prompt_while_an_agent_works_in_the_background(files: Files) -> None:
    """Belongs to the turn that it begins; no turn holds nothing but the agent's rows."""
    files.session(
        user(0, "Go"),
        calls(1, "t", "Agent", prompt="p"),
        launched(2, "t", "a"),
        says(3, "It runs."),
        user(20, "And?"),
        says(21, "Wait."),
    )
    files.agent("a", user(2, "p", agent="a"), says(10, "Look.", "tool_use", agent="a"))
    files.bench.discovery.scan()
    files.bench.discovery.end()
    view = files.seen()
    assert view.turn_index == 2
    assert [text for _, text in told(view)] == ["Go", "Agent", "It runs.", "Look.", "And?", "Wait."]


def test_an_agent_that_ends_alone_leaves_nothing_running(files: Files) -> None:
    """Its last words end what it began, when nobody is woken by them."""
    files.session(
        user(0, "Go"), calls(1, "t", "Agent", prompt="p"), launched(2, "t", "a"), says(3, "Bye.")
    )
    files.bench.discovery.scan()
    tail = next(iter(files.bench.discovery.tails.values()))
    tail._publish(tail._producer.flush())
    files.agent("a", user(4, "p", agent="a"), says(5, "Alone.", agent="a"))
    files.changed(files.path("a"))
    assert files.seen().state == "running"
    tail._publish(tail._producer.flush())
    tail._rest()
    view = files.seen()
    assert (view.state, [each.state for each in view.processes]) == ("idle", ["exited"])


def test_an_agent_that_is_silent_for_long_leaves_nothing_running(files: Files) -> None:
    """Without a call that may take long, it is gone."""
    files.session(
        user(0, "Go"), calls(1, "t", "Agent", prompt="p"), launched(2, "t", "a"), says(3, "Bye.")
    )
    files.agent("a", user(4, "p", agent="a"), says(5, "I look.", "tool_use", agent="a"))
    files.bench.discovery.scan()
    tail = next(iter(files.bench.discovery.tails.values()))
    tail._publish(tail._producer.flush())
    files.add(files.path("a"), says(9, "I go on.", "tool_use", agent="a"))
    files.changed(files.path("a"))
    tail._publish(tail._producer.flush())
    assert files.seen().state == "running"
    tail._rest()
    assert files.seen().state == "idle"


@pytest.mark.parametrize("status", ["killed", "completed", "failed"])
def test_calls_of_an_agent_that_is_gone_are_over(files: Files, status: str) -> None:
    """Whatever it had called, and its agents had: no row runs for ever."""
    files.session(
        user(0, "Go"),
        calls(1, "t", "Agent", prompt="p"),
        launched(2, "t", "a"),
        says(9, "On."),
        notified(20, "t", "a", "", status),
        says(21, "Done."),
    )
    files.agent("a", user(3, "p", agent="a"), calls(4, "t2", "Agent", agent="a", prompt="q"))
    files.agent("b", user(5, "q", agent="b"), calls(6, "t3", "Bash", agent="b", command="ls"))
    files.bench.discovery.scan()
    assert [row.state for row in files.seen().entries if row.id in ("t2", "t3")] == ["running"] * 2
    tail = next(iter(files.bench.discovery.tails.values()))
    tail._publish(tail._producer.flush())
    view = files.seen()
    assert [row.state for row in view.entries if row.id in ("t2", "t3")] == ["cancelled"] * 2
    assert view.state == "idle"
    assert [each.state for each in view.processes] != ["running"]


def test_what_subagents_fail_at_is_no_failure_of_the_session(files: Files) -> None:
    """Their errors stand under their call."""
    files.session(
        user(0, "Go"),
        calls(1, "t", "Agent", prompt="p"),
        finished(9, "t", "a", "It broke."),
        says(10, "Done."),
    )
    error = says(3, "API Error: 500", agent="a", isApiErrorMessage=True, error="x")
    retry = line(2.5, "system", agent="a", subtype="api_error", retryAttempt=1)
    files.agent("a", user(2, "p", agent="a"), retry, error)
    files.bench.discovery.scan()
    files.bench.discovery.end()
    assert files.bench.sessions[0].outcome is SessionOutcome.SUCCESS
    assert ("t", "subagent_error") in told(files.seen())
    assert [row.parent for row in files.seen().entries if row.kind == "retry"] == ["t"]


def test_a_failure_stays_one_whatever_subagents_say(files: Files) -> None:
    """The agent itself failed."""
    files.session(
        user(0, "Go"),
        calls(1, "t", "Agent", prompt="p"),
        launched(2, "t", "a"),
        says(3, "API Error", isApiErrorMessage=True, error="x"),
    )
    files.agent("a", user(2, "p", agent="a"), says(4, "Fine.", agent="a"))
    files.bench.discovery.scan()
    files.bench.discovery.end()
    assert files.bench.sessions[0].outcome is SessionOutcome.FAILURE


def test_a_report_that_comes_before_its_words_is_told_once(files: Files) -> None:
    """The end tells it where the agent's file is behind."""
    files.session(
        user(0, "Go"), calls(1, "t", "Agent", prompt="p"), launched(2, "t", "a"), says(3, "On.")
    )
    files.bench.discovery.scan()
    files.add(files.main, notified(9, "t", "a", "All fine."), says(10, "Done."))
    files.changed(files.main)
    assert prose_of(files.seen(), parent="t") == ["All fine."]
    files.agent("a", user(4, "p", agent="a"), says(8, "All fine.", agent="a"))
    files.changed(files.path("a"))
    assert prose_of(files.seen(), parent="t") == ["All fine."]


def test_what_a_person_says_to_a_subagent_is_shown(files: Files) -> None:
    """What its parent sent stands in the parent's call."""
    files.session(
        user(0, "Go"),
        calls(1, "t", "Agent", prompt="p"),
        calls(4, "m", "SendMessage", message="Go on", to="a"),
    )
    files.agent(
        "a", user(2, "p", agent="a"), user(5, "Go on", agent="a"), user(6, "Stop that", agent="a")
    )
    files.bench.discovery.scan()
    rows = [(row.parent, row.text) for row in files.seen().entries if row.kind == "user"]
    assert rows == [(None, "Go"), ("t", "Stop that")]


# -- files ---------------------------------------------------------------------------------------


def test_an_old_session_whose_agent_works_is_followed(files: Files) -> None:
    """With all its agents, however old."""
    _two_agents(files)
    for name in (files.main, files.path("b")):
        os.utime(files.bench.root / name, (1, 1))
    files.bench.discovery.scan()
    assert len(files.bench.sessions) == 1
    assert ("t2", "B begins.") in told(files.seen())


def test_growth_before_the_watching(files: Files) -> None:
    """Of a subagent's file too."""
    _two_agents(files)
    files.bench.discovery.scan()
    files.add(files.path("a"), says(8.5, "More.", agent="a"))
    files.bench.discovery.catch_up()
    assert told(files.seen())[-1] == ("t1", "More.")


def test_half_lines_and_a_last_line_without_a_newline(files: Files) -> None:
    """A half one waits; at the end a whole record needs no newline."""
    files.session(user(0, "Go"), calls(1, "t", "Agent", prompt="p"))
    files.agent("a", user(2, "p", agent="a"))
    files.bench.discovery.scan()
    whole = jsonl(says(3, "Look.", agent="a"))
    path = files.bench.root / files.path("a")
    with path.open("ab") as file:
        file.write(whole[:30])
    files.changed(files.path("a"))
    assert prose_of(files.seen(), parent="t") == []
    with path.open("ab") as file:
        file.write(whole[30:-1])
    files.bench.discovery.end()
    assert prose_of(files.seen(), parent="t") == ["Look."]


def test_files_that_go_away_or_are_replaced(files: Files) -> None:
    """A subagent's file may go; one that is written again tells nothing twice."""
    _two_agents(files)
    files.bench.discovery.scan()
    before = told(files.seen())
    content = (files.bench.root / files.path("a")).read_bytes()
    files.bench.write("other", content + jsonl(says(8.5, "More.", agent="a")))
    os.replace(files.bench.root / "other", files.bench.root / files.path("a"))
    os.unlink(files.bench.root / files.path("b"))
    files.changed(files.path("a"), files.path("b"))
    assert told(files.seen()) == [*before, ("t1", "More.")]
    os.unlink(files.bench.root / files.main)
    files.changed(files.main)
    assert files.bench.discovery.tails == {}


def test_links_to_subagents_are_not_followed(files: Files, tmp_path_factory: Any) -> None:
    """As for any file."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "agent-a.jsonl"
    elsewhere.write_bytes(jsonl(user(2, "p", agent="a"), says(3, "Secret.", agent="a")))
    files.session(user(0, "Go"), calls(1, "t", "Agent", prompt="p"))
    (files.bench.root / "p/s/subagents").mkdir(parents=True)
    (files.bench.root / files.path("a")).symlink_to(elsewhere)
    files.bench.discovery.scan()
    files.changed(files.path("a"))
    assert "Secret." not in str(told(files.seen()))


def test_few_files_are_open_at_a_time(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many subagents a session has; all are told."""
    monkeypatch.setattr(tailing, "MAX_OPEN", 2)
    names = [f"a{n}" for n in range(9)]
    started = [calls(1 + n / 99, f"t-{name}", "Agent", prompt=name) for n, name in enumerate(names)]
    files.session(user(0, "Go"), *started)
    for name in names:
        files.agent(name, user(2, name, agent=name), says(3, f"I am {name}.", agent=name))
    before = len(os.listdir("/proc/self/fd"))
    files.bench.discovery.scan()
    assert len(os.listdir("/proc/self/fd")) == before + 1
    said = [text for parent, text in told(files.seen()) if parent]
    assert sorted(said) == [f"I am {name}." for name in names]


def test_subagents_beyond_the_bound_are_named(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once; they get no session either."""
    for module in (tailing, subagents):
        monkeypatch.setattr(module, "MAX_CHILDREN", 1)
    _two_agents(files)
    files.bench.discovery.scan()
    files.changed(files.path("a"), files.path("b"))
    files.bench.discovery.settle()
    assert len(files.bench.sessions) == 1
    assert files.bench.warnings == ["claude-s: only 1 of its subagents are followed"]


def test_damaged_files_cost_nothing_but_themselves(files: Files) -> None:
    """Lines that are none, fields of the wrong types, no records at all."""
    files.session(user(0, "Go"), calls(1, "t", "Agent", prompt="p"))
    good = says(3, "Fine.", agent="a")
    bad: list[dict[str, Any]] = [
        {"type": "user"},
        {"type": "assistant", "message": 3, "isSidechain": True},
        {},
    ]
    files.agent("a", user(2, "p", agent="a"), *bad, good, toolUseId=7, description=[1])
    files.add(files.path("a"), says(4, "More.", agent="a"))
    files.bench.write("p/s/subagents/agent-b.jsonl", b"\x00\xff\n[1]\n{\n")
    files.bench.write("p/s/subagents/agent-b.meta.json", b"[[[[")
    files.bench.discovery.scan()
    files.bench.discovery.end()
    assert prose_of(files.seen(), parent="t") == ["Fine.", "More."]


def test_activities_name_their_parents(files: Files) -> None:
    """Each event of a subagent says where it belongs."""
    _two_agents(files)
    files.bench.discovery.scan()
    produced = files.bench.sessions[0].produced
    parents = [each.payload.parent for each in produced if isinstance(each.payload, TurnActivity)]
    assert {None, "t1", "t2"} == set(parents)


# -- other agents --------------------------------------------------------------------------------

PARENT = "01a21c89-d916-7bf1-9ecd-49c3927f09b8"
CHILD = "01a21c89-da9a-7be2-b78e-5983d14a5338"
ROLLOUTS = CAPTURES / "codex_rollout"


def _rollout(bench: Bench, name: str, thread: str, day: str = "27") -> str:
    data = (ROLLOUTS / f"codemode_task_{name}.stdout.jsonl").read_bytes()
    return bench.write(f"2026/11/{day}/rollout-2026-11-{day}T10-25-25-{thread}.jsonl", data)


@pytest.mark.parametrize("day", ["27", "28"])
def test_codexs_subagents_stand_in_their_parents_session(bench: Bench, day: str) -> None:
    """Also those of another day; the process ends as the subagent's file says."""
    _rollout(bench, "parent", PARENT)
    _rollout(bench, "child", CHILD, day)
    bench.discovery.scan()
    bench.discovery.end()
    (session,) = bench.sessions
    view = view_of(session.produced, ended=False)
    call = "call_task_0_1159161352"
    assert told(view) == [
        ("", "SCN:task please"),
        ("", "I ask a helper."),
        ("", "spawn_agent"),
        (call, "agent_message"),
        ("", "The helper says: **fine**."),
    ]
    assert (view.turn_index, session.outcome) == (1, SessionOutcome.SUCCESS)
    assert [(each.label, each.state) for each in view.processes] == [("/root/helper", "cancelled")]
    assert view.title == "SCN:task please"


def test_codexs_subagent_that_starts_while_its_parent_is_followed(bench: Bench) -> None:
    """Its file is no session, from its first line on."""
    parent = Path(_rollout(bench, "parent", PARENT))
    lines = parent.read_bytes().splitlines(keepends=True)
    parent.write_bytes(b"".join(lines[:17]))
    bench.discovery.scan()
    whole = Path(_rollout(bench, "child", CHILD)).read_bytes()
    child = bench.write(f"2026/11/27/rollout-2026-11-27T10-25-26-{CHILD}.jsonl", whole[:100])
    os.unlink(bench.root / f"2026/11/27/rollout-2026-11-27T10-25-25-{CHILD}.jsonl")
    bench.discovery.changed([child])
    Path(child).write_bytes(whole)
    parent.write_bytes(b"".join(lines))
    bench.discovery.changed([child, str(parent)])
    assert len(bench.sessions) == 1
    assert ("call_task_0_1159161352", "agent_message") in told(
        view_of(bench.sessions[0].produced, ended=False)
    )


def test_codexs_subagent_without_its_parent_is_a_session(bench: Bench) -> None:
    """And so is what a person forked."""
    _rollout(bench, "child", CHILD)
    parent = Path(_rollout(bench, "parent", PARENT)).read_bytes()
    os.unlink(bench.root / f"2026/11/27/rollout-2026-11-27T10-25-25-{PARENT}.jsonl")
    meta = json.loads(parent.splitlines()[0])
    meta["payload"]["forked_from_id"] = CHILD
    fork = "01a21c89-dfff-7be2-b78e-5983d14a5338"
    rest = b"".join(parent.splitlines(keepends=True)[1:])
    bench.write(f"2026/11/27/rollout-2026-11-27T10-25-25-{fork}.jsonl", jsonl(meta) + rest)
    bench.discovery.scan()
    assert len(bench.sessions) == 2


def test_qwens_subagents_stand_in_their_parents_session(bench: Bench) -> None:
    """Their files lie in a directory beside that of the sessions."""

    def part(at: float, kind: str, *parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A record."""
        message = {"role": "x", "parts": list(parts)}
        return line(at, kind, message=message, parentUuid=None, provenance="x", **fields)

    call = {"functionCall": {"id": "t", "name": "agent", "args": {"description": "Look"}}}
    main = [part(0, "user", {"text": "Go"}), part(1, "assistant", call)]
    bench.write(".qwen/projects/p/chats/s.jsonl", jsonl(*main))
    side = [part(2, "user", {"text": "p"}, agentId="a")]
    side.append(part(3, "assistant", {"text": "I look."}, agentId="a"))
    bench.write(".qwen/projects/p/subagents/s/agent-a.jsonl", jsonl(*side))
    meta = {"agentId": "a", "toolUseId": "t", "description": "Look"}
    about = json.dumps(meta, indent=2).encode()
    bench.write(".qwen/projects/p/subagents/s/agent-a.meta.json", about)
    bench.discovery.scan()
    (session,) = bench.sessions
    rows = told(view_of(session.produced, ended=False))
    assert rows == [("", "Go"), ("", "agent"), ("t", "I look.")]


def test_kimis_subagents_stand_in_their_parents_session(bench: Bench) -> None:
    """Each agent of a session has a folder; the session's file says which call each is of."""
    recorded = CAPTURES / "kimi_subagents"
    place = "sessions/wd_x/session_5d0c1a52-7f0e-4f4e-9f0a-1d2c3b4a5f60/agents"
    for name in ("agent-0", "main", "agent-1"):
        whole = (recorded / f"{name}.stdout.jsonl").read_bytes()
        bench.write(f"{place}/{name}/wire.jsonl", whole)
    bench.discovery.scan()
    (session,) = bench.sessions
    first, second = "call_tasks_0_135937800", "call_tasks_0_239321516"
    view = view_of(session.produced, ended=False)
    assert prose_of(view) == ["Two helpers.", "Both are done."]
    assert prose_of(view, parent=first) == ["Child looks around.", "Child report: all fine."]
    assert prose_of(view, parent=second) == ["Other looks too.", "Other report: fine too."]
    assert told(view)[-1] == ("", "Both are done.")
    assert view.turn_index == 1
