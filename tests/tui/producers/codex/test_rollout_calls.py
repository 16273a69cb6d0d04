"""Calls in a rollout: background commands, scripts, searches and child agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import SessionOutcome
from tests.tui.producers.codex.rollout_records import (
    CHILD,
    END,
    START,
    asked,
    gave,
    line,
    ran,
    script,
    script_gave,
    told,
    view_at,
)
from tests.tui.producers.pipes import outcome_of, rows

if TYPE_CHECKING:
    pass


def test_the_event_that_knows_more_ends_the_call() -> None:
    """What the model was given after it is not a second end."""
    item = {
        "type": "CommandExecution",
        "id": "c",
        "command": ["bash", "-lc", "x"],
        "aggregated_output": "clean",
        "exit_code": 0,
        "status": "completed",
        "duration": {"secs": 2, "nanos": 0},
    }
    done = told("item_completed", item=item)
    view = view_at(START, asked("exec_command", {"cmd": "x"}), done, gave("header"), END)
    (row,) = rows(view, "tool")
    assert (outcome_of(row)["payload"], row.duration_ms) == ("clean", 2000)


def test_arguments_that_are_no_json_are_shown() -> None:
    """A model writes what it writes."""
    view = view_at(START, asked("f", "{broken"), gave("x"), END)
    assert rows(view, "tool")[0].args == "{broken"


def test_a_command_that_ends_after_the_turn_is_a_process() -> None:
    """It opens no turn, nothing stays running, and its exit code and output are kept."""
    late = ran("exec-1", "sleep 3; echo bg", aggregated_output="bg\n")
    view = view_at(START, told("agent_message", message="It runs."), END, late)
    (process,) = view.processes
    assert (process.label, process.state, process.exit_code) == ("sleep 3; echo bg", "exited", 0)
    assert (process.output, process.started_at) == ("bg\n", 1000)
    assert (view.turn_index, view.state, rows(view, "tool")) == (1, "idle", [])


def test_a_running_command_becomes_a_process_at_the_turns_end() -> None:
    """Its call is no longer open, and was not cancelled; the real end is told when it comes."""
    running = "Chunk ID: 1\nWall time: 1 seconds\nProcess running with session ID 7\nOutput:\none\n"
    view = view_at(
        START,
        asked("exec_command", {"cmd": "serve"}),
        gave(running),
        END,
        ran("c", "serve", aggregated_output="one\ntwo\n", exit_code=2, status="failed"),
    )
    (row,), (process,) = rows(view, "tool"), view.processes
    assert outcome_of(row) == {"status": "success", "payload": "one\n"}
    assert (process.tool_call_id, process.state, process.exit_code) == ("c", "failed", 2)
    assert (process.output, view.state) == ("one\ntwo\n", "idle")


def test_an_answer_about_a_running_command_ends_it() -> None:
    """Versions without the event: the model asks, and is told the exit code."""
    header = "Wall time: 1 seconds\nProcess {}\nOutput:\n"
    view = view_at(
        START,
        asked("exec_command", {"cmd": "make"}),
        gave(header.format("running with session ID 7") + "one\n"),
        asked("write_stdin", {"session_id": 7, "chars": ""}, "d"),
        gave(header.format("exited with code 3") + "two\n", "d"),
        END,
    )
    make, _ = rows(view, "tool")
    assert outcome_of(make) == {
        "status": "failure",
        "message": "exit code 3",
        "payload": "one\ntwo\n",
        "exit_code": 3,
    }
    assert view.processes == []


def test_an_interrupted_turn_stops_its_commands() -> None:
    """They are cancelled, and nothing goes on beside the turn."""
    running = "Process running with session ID 7\nOutput:\n"
    aborted = told("turn_aborted", reason="interrupted")
    view = view_at(START, asked("exec_command", {"cmd": "make"}), gave(running), aborted)
    assert [row.state for row in rows(view, "tool")] == ["cancelled"]
    assert (view.processes, [row.name for row in rows(view, "diagnostic")]) == ([], ["interrupted"])


def test_a_command_inside_a_script_stands_below_it() -> None:
    """The script as code with its source, the command once."""
    view = view_at(
        START,
        script("text(await tools.exec_command({cmd: 'ls'}))"),
        ran("exec-1", "ls", aggregated_output="a.py\n"),
        script_gave("Script completed\nWall time 0.1 seconds\nOutput:\na.py\n"),
        END,
    )
    (code,), (shell,) = rows(view, "code"), rows(view, "tool")
    assert (code.name, code.state, code.output) == (
        "javascript",
        "success",
        {"output": "a.py\n", "error": None},
    )
    assert "exec_command" in (code.text or "")
    assert (shell.name, shell.parent, shell.args) == ("shell", "s", {"command": "ls"})


def test_a_script_that_fails_or_is_lost_says_so() -> None:
    """With what it printed; one that never ended is not left running."""
    failed = view_at(START, script("x"), script_gave("Script failed\nOutput:\nboom"), END)
    (row,) = rows(failed, "code")
    assert (row.state, row.output) == ("failure", {"output": "boom", "error": "the script failed"})
    lost = view_at(START, script("x"), told("turn_aborted", reason="interrupted"))
    (row,) = rows(lost, "code")
    assert (row.state, lost.outcome) == ("failure", SessionOutcome.SUCCESS)


def test_a_plan_in_a_script_counts() -> None:
    """Where its argument can be read."""
    source = 'await tools.update_plan({"plan": [{"step": "a", "status": "pending"}]})'
    assert view_at(START, script(source), END).plan == [{"text": "a", "status": "pending"}]
    assert view_at(START, script("tools.update_plan({plan: x})"), END).plan is None


def test_a_child_is_a_process_of_the_call_that_began_it() -> None:
    """It ends when its answer comes, or with the event that says so."""
    began = {"type": "SubAgentActivity", "kind": "started", "agent_path": "/root/ada"}
    start = told("item_completed", item={**began, "id": "c", "agent_thread_id": CHILD})
    answer = line(
        "response_item",
        type="agent_message",
        author="/root/ada",
        recipient="/root",
        content=[{"type": "input_text", "text": "Message Type: FINAL_ANSWER\nPayload:\nfine"}],
    )
    view = view_at(START, asked("spawn_agent", {"message": "look"}), start, gave("{}"), answer, END)
    (process,) = view.processes
    assert (process.label, process.state, process.tool_call_id) == ("/root/ada", "exited", "c")
    assert [row.name for row in rows(view, "tool")] == ["spawn_agent"]
    assert "fine" in str(rows(view, "diagnostic"))


def test_what_only_the_vendor_can_read_is_named() -> None:
    """A task for a child agent is encrypted: what is left of it would say that it is empty."""
    head = {"type": "input_text", "text": "Message Type: NEW_TASK\nPayload:\n"}
    hidden = {"type": "encrypted_content", "encrypted_content": "gAAA"}
    task = line("response_item", type="agent_message", author="/root", content=[head, hidden])
    (row,) = rows(view_at(START, task, END), "diagnostic")
    assert "Payload: [encrypted]" in str(row.output)
    assert "gAAA" not in str(row.output)


def test_older_events_about_children_are_read() -> None:
    """Spawned with a name, waited for, closed."""
    view = view_at(
        START,
        told(
            "collab_agent_spawn_end", call_id="c", new_thread_id="t", prompt="p", status="running"
        ),
        told("collab_waiting_end", call_id="d", statuses={"t": {"completed": "ok"}}),
        END,
    )
    assert [(each.process_id, each.state) for each in view.processes] == [("t", "exited")]


def test_searches_are_shown_once() -> None:
    """The item has no id in some versions, and the event tells it again."""
    action = {"type": "search", "query": "q"}
    item = line("response_item", type="web_search_call", status="completed", action=action)
    event = told("web_search_end", call_id="ws", query="q", action=action)
    for pair in ((item, event), (event, item)):
        (row,) = rows(view_at(START, *pair, END), "tool")
        assert (row.name, row.args) == ("web_search", {"query": "q", "action": action})
    assert len(rows(view_at(START, item, event, item, event, END), "tool")) == 2


def test_tools_that_were_searched_for_are_named() -> None:
    """Their schemas are the vendor's."""
    call = line("response_item", type="tool_search_call", call_id="t", arguments={"query": "git"})
    found = [{"name": "commit", "parameters": {"secret": 1}}]
    output = line("response_item", type="tool_search_output", call_id="t", tools=found)
    view = view_at(START, call, output, END)
    (row,) = rows(view, "tool")
    assert (row.name, outcome_of(row)["payload"]) == ("tool_search", "commit")
    assert "secret" not in str(view.to_wire())


def test_a_result_that_stands_before_its_call_is_the_calls() -> None:
    """With its name and arguments, and one row; one whose call never comes is still shown."""
    view = view_at(START, gave("a.py", "c"), asked("f", {"x": 1}, "c"), gave("lost", "d"), END)
    row, other = rows(view, "tool")
    assert (row.name, row.args, outcome_of(row)["payload"]) == ("f", {"x": 1}, "a.py")
    assert (other.state, outcome_of(other)["payload"]) == ("success", "lost")
    assert (view.turn_index, view.state) == (1, "idle")


def test_a_rollback_after_the_last_turn_is_told() -> None:
    """It need not wait for a next one."""
    said, back = told("user_message", message="Do it"), told("thread_rolled_back", num_turns=1)
    view = view_at(START, said, END, back)
    assert [row.kind for row in view.entries] == ["user", "commit", "diagnostic", "commit"]
    assert view.entries[2].name == "rewound"
