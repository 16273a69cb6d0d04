"""Gemini's files: a log of messages that are written anew whenever they change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lashd.events import SessionOutcome
from lashd.view import ReadView
from lashtui.producers import Produced
from lashtui.producers.auto.detect import detect_format
from lashtui.producers.auto.producer import AutoProducer
from lashtui.producers.gemini.transcript import GeminiTranscriptProducer
from tests.tui.producers.goldens import produce, prose_of, view_of, wire_of
from tests.tui.producers.news import news_of
from tests.tui.producers.pipes import outcome_of

HEADER = {"sessionId": "3f2a", "projectHash": "aa", "startTime": "2026-11-22T10:00:00.000Z"}
PROMPT = {
    "id": "u1",
    "timestamp": "2026-11-22T10:00:01.000Z",
    "type": "user",
    "content": [{"text": "Look around"}],
}
CALL = {"id": "c1", "name": "ls", "args": {"path": "."}, "status": "executing"}
WORKS: dict[str, Any] = {
    "id": "g1",
    "timestamp": "2026-11-22T10:00:02.000Z",
    "type": "gemini",
    "content": "I look.",
    "thoughts": [{"subject": "Plan", "description": "List it"}],
    "tokens": {"input": 10, "output": 4, "cached": 2, "thoughts": 1, "total": 15},
    "toolCalls": [CALL],
}
RESULT = [{"functionResponse": {"id": "c1", "response": {"output": "a.txt"}}}]
WORKED = {
    **WORKS,
    "toolCalls": [
        {**CALL, "status": "success", "result": RESULT, "timestamp": "2026-11-22T10:00:03.000Z"}
    ],
}
ANSWER = {
    "id": "g2",
    "timestamp": "2026-11-22T10:00:04.000Z",
    "type": "gemini",
    "content": "One file.",
    "tokens": {"input": 12, "output": 3},
}


def read(*records: dict[str, Any], producer: GeminiTranscriptProducer | None = None) -> list[Any]:
    """What these lines become."""
    producer = producer or GeminiTranscriptProducer()
    data = "".join(json.dumps(record) + "\n" for record in records).encode()
    return list(producer.feed(data))


def whole(*records: dict[str, Any]) -> list[Produced]:
    """A file from its beginning to its end."""
    producer = GeminiTranscriptProducer()
    return read(*records, producer=producer) + producer.finish(SessionOutcome.SUCCESS)


def test_a_turn() -> None:
    """A message that is written three times is told once; its call ends with its result."""
    lines = (HEADER, PROMPT, WORKS, {"$set": {"lastUpdated": "x"}}, WORKED, WORKED, ANSWER, ANSWER)
    view = view_of(whole(*lines))
    assert prose_of(view) == ["I look.", "One file."]
    kinds = [row.kind for row in view.entries]
    assert kinds == ["user", "reasoning", "prose", "tool", "prose", "commit"]
    tool = view.entries[3]
    assert (tool.name, tool.state, tool.duration_ms) == ("ls", "success", 1000.0)
    assert tool.output == {"outcome": {"status": "success", "payload": "a.txt"}}
    usages = [each["activity"]["usage"] for each in wire_of(whole(*lines)) if "usage" in str(each)]
    assert [each["input_tokens"] for each in usages] == [10, 12]
    assert view.turn_index == 1


def test_the_turn_ends_when_nothing_more_comes() -> None:
    """Not while a call is open; not before the pause."""
    producer = GeminiTranscriptProducer()
    told = read(HEADER, PROMPT, WORKS, producer=producer) + producer.flush()
    assert view_of(told, ended=False).state == "running"
    told += read(WORKED, ANSWER, producer=producer)
    assert view_of(told, ended=False).turn_index == 0
    told += producer.flush()
    assert view_of(told, ended=False).turn_index == 1


def test_a_prompt_ends_the_turn_before_it() -> None:
    """Read at once, two turns are two."""
    view = view_of(whole(HEADER, PROMPT, ANSWER, {**PROMPT, "id": "u2"}, {**ANSWER, "id": "g3"}))
    assert view.turn_index == 2


def test_failures() -> None:
    """A call's, with its reason; and an error as the turn's last word."""
    failed = [{"functionResponse": {"response": {"error": "no such directory"}}}]
    broken = {**WORKS, "toolCalls": [{**CALL, "status": "error", "result": failed}]}
    error = {"id": "e1", "timestamp": "x", "type": "error", "content": "[API Error: 400]"}
    view = view_of(whole(HEADER, PROMPT, broken, error), ended=False)
    tool = next(row for row in view.entries if row.kind == "tool")
    assert tool.output == {"outcome": {"status": "failure", "message": "no such directory"}}
    assert [row.text for row in view.entries if row.kind == "error"] == ["[API Error: 400]"]
    assert view.outcome == "failure"


def test_about_the_session() -> None:
    """Its directory and summary, where the file has them."""
    said = whole({**HEADER, "directories": ["/home/dev/x"]}, {"$set": {"summary": "Look"}})
    view = view_of(said)
    assert (view.agent, view.directory, view.title) == ("Gemini CLI", "/home/dev/x", "Look")


def test_it_is_recognised() -> None:
    """By its first line, with or without its kind."""
    for header in (HEADER, {**HEADER, "kind": "main"}):
        assert detect_format(json.dumps(header).encode() + b"\n") == "gemini-transcript"


def test_damaged_lines() -> None:
    """Nothing raises; what is whole is told."""
    odd: list[dict[str, Any]] = [
        {"id": "x"},
        {"id": "y", "type": "gemini", "content": 3, "toolCalls": [None, {"id": 1}], "tokens": []},
        {"$set": 1},
        {"$rewindTo": "g1"},
        {"sessionId": 1, "projectHash": 2, "directories": [1]},
        {"id": "z", "type": "user", "content": {"text": "hi"}},
    ]
    view = view_of(whole(*odd, ANSWER))
    assert prose_of(view) == ["One file."]


# -- checkpoints and older files -----------------------------------------------------------------

AGAIN = {**PROMPT, "id": "u2", "content": [{"text": "And the folders"}]}
LAST = {**ANSWER, "id": "g3", "content": "No folder."}


def said_in(view: ReadView) -> list[tuple[str, str]]:
    """Words of both sides, in order."""
    rows = [row for row in view.entries if row.kind in ("user", "prose")]
    return [(row.kind, row.text or "") for row in rows]


WHOLE = [
    ("user", "Look around"),
    ("prose", "One file."),
    ("user", "And the folders"),
    ("prose", "No folder."),
]


def test_messages_that_only_a_checkpoint_holds_are_shown_once() -> None:
    """In their place; those that also stand alone are not told again."""
    checkpoint = {"$set": {"messages": [PROMPT, ANSWER], "lastUpdated": "x"}}
    assert said_in(view_of(whole(HEADER, checkpoint, AGAIN, LAST))) == WHOLE
    view = view_of(whole(HEADER, PROMPT, ANSWER, checkpoint, checkpoint, AGAIN, LAST))
    assert said_in(view) == WHOLE
    assert [row for row in view.entries if row.kind == "diagnostic"] == []
    assert view.turn_index == 2


def test_a_checkpoint_that_leaves_messages_out_says_so() -> None:
    """What was said stays readable."""
    checkpoint = {"$set": {"messages": [{**ANSWER, "id": "g9", "content": "In short: a file."}]}}
    view = view_of(whole(HEADER, PROMPT, ANSWER, checkpoint))
    assert prose_of(view) == ["One file.", "In short: a file."]
    assert [row.name for row in view.entries if row.kind == "diagnostic"] == ["history_replaced"]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("size", [1, 1000])
def test_an_older_file_is_one_document(indent: int | None, end: str, size: int) -> None:
    """On one line or on many, read whole or in pieces, recognised by its first keys."""
    document = {**HEADER, "messages": [PROMPT, ANSWER, AGAIN, LAST]}
    data = (json.dumps(document, indent=indent) + end).encode()
    producer = AutoProducer()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    view = view_of(produce(producer, pieces, SessionOutcome.SUCCESS))
    assert producer.chosen == "gemini-transcript"
    assert said_in(view) == WHOLE


def test_an_older_file_that_is_followed_is_read_when_it_is_whole() -> None:
    """Not before; then once."""
    data = json.dumps({**HEADER, "messages": [PROMPT, ANSWER]}, indent=2).encode()
    producer = GeminiTranscriptProducer()
    assert producer.feed(data[:-9]) + producer.flush() == []
    produced = producer.feed(data[-9:]) + producer.flush()
    assert prose_of(view_of(produced, ended=False)) == ["One file."]
    assert producer.flush() + producer.finish(SessionOutcome.SUCCESS) == []


# -- whose words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<session_context>\nThis is the Gemini CLI.\n</session_context>", None),
        ("<session_context>x</session_context>\nGo", "Go"),
        ("Go\n<hook_context>from a hook</hook_context>", "Go"),
        ("What is <session_context>?", "What is <session_context>?"),
        (
            "Quote <session_context>a</session_context> b",
            "Quote <session_context>a</session_context> b",
        ),
        ("<session_context> is not closed", "<session_context> is not closed"),
    ],
)
def test_the_programs_own_words_are_nobodys(text: str, said: str | None) -> None:
    """Only where they stand as the program puts them: a mark that is quoted cuts nothing."""
    view = view_of(whole(HEADER, {**PROMPT, "content": [{"text": text}]}, ANSWER))
    assert [row.text for row in view.entries if row.kind == "user"] == ([said] if said else [])
    assert view.turn_index == 1


def test_files_of_a_prompt_are_named_and_not_shown() -> None:
    """Their content is the program's; pictures say type and size."""
    parts = [
        {"text": "See @a.py"},
        {"text": "\n--- Content from referenced files ---"},
        {"text": "\nContent from @a.py:\n"},
        {"text": "secret"},
        {"text": "\n--- End of content ---"},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
    ]
    view = view_of(whole(HEADER, {**PROMPT, "content": parts}, ANSWER))
    assert view.entries[0].text == "See @a.py[image: image/png, 3 bytes]"


# -- calls ---------------------------------------------------------------------------------------


def test_a_call_that_waits_for_a_person_is_waited_for() -> None:
    """Where the file says so; until its state changes."""
    asks = {**CALL, "name": "run_shell_command", "args": {"command": "rm x"}}
    asks["status"] = "awaiting_approval"
    producer = GeminiTranscriptProducer()
    told = read(HEADER, PROMPT, {**WORKS, "toolCalls": [asks]}, producer=producer)
    told += producer.flush()
    view = view_of(told, ended=False)
    assert (view.state, view.waiting_for) == ("waiting", "run_shell_command: rm x")
    told += read({**WORKS, "toolCalls": [{**asks, "status": "executing"}]}, producer=producer)
    assert view_of(told, ended=False).state == "running"


def test_a_command_that_exits_with_another_code_has_failed() -> None:
    """The result tells the model so, whatever the call's status is."""
    output = "Output: bad\nExit Code: 3\nProcess Group PGID: 7"
    result = [{"functionResponse": {"response": {"output": output}}}]
    ran = {**CALL, "name": "run_shell_command", "status": "success", "result": result}
    view = view_of(whole(HEADER, PROMPT, {**WORKS, "toolCalls": [ran]}, ANSWER))
    tool = next(row for row in view.entries if row.kind == "tool")
    assert (tool.state, outcome_of(tool)["exit_code"]) == ("failure", 3)


def test_todos_are_the_plan() -> None:
    """Of a call that has worked."""
    todos = [
        {"description": "one", "status": "completed"},
        {"description": "two", "status": "pending"},
    ]
    wrote = {**CALL, "name": "write_todos", "args": {"todos": todos}, "status": "success"}
    view = view_of(whole(HEADER, PROMPT, {**WORKS, "toolCalls": [wrote]}, ANSWER))
    assert [(item["text"], item["status"]) for item in view.plan or []] == [
        ("one", "completed"),
        ("two", "pending"),
    ]


def test_the_model_and_its_context() -> None:
    """Each answer names its model and counts its request; written again, it counts once."""
    first = {**ANSWER, "model": "gemini-3-pro", "tokens": {"input": 90, "output": 10}}
    second = {**first, "id": "g3", "model": "gemini-3-flash", "tokens": {"input": 190, "output": 9}}
    odd = {**first, "id": "g4", "model": None, "tokens": {"input": -5, "output": "many"}}
    produced = whole(HEADER, PROMPT, first, first, second, odd)
    assert news_of(produced) == ["gemini-3-pro", {"used": 100}, "gemini-3-flash", {"used": 199}]


def test_it_is_called_by_its_first_prompt_until_it_has_a_summary() -> None:
    """Its directory stays when its name changes."""
    header = {**HEADER, "directories": ["/home/dev/x"]}
    first = {**PROMPT, "content": "\n  Look around\nand tell"}
    second = {**PROMPT, "id": "u2", "content": "More"}
    view = view_of(whole(header, first, second))
    assert (view.title, view.directory) == ("Look around", "/home/dev/x")
    view = view_of(whole(header, first, {"$set": {"summary": "A look"}}, second))
    assert (view.title, view.directory) == ("A look", "/home/dev/x")


def test_a_commands_report_is_for_the_model() -> None:
    """A person reads what the command printed, also where the screen's copy has colours."""
    report = (
        "<untrusted_context>\nOutput: a\nExit Code: {}\nProcess Group PGID: 7\n</untrusted_context>"
    )
    outcomes = []
    for code in (0, 3):
        result = [{"functionResponse": {"response": {"output": report.format(code)}}}]
        ran: dict[str, Any] = {**CALL, "name": "run_shell_command", "status": "success"}
        ran = {**ran, "result": result, "resultDisplay": [[{"text": "a"}]]}
        view = view_of(whole(HEADER, PROMPT, {**WORKS, "toolCalls": [ran]}, ANSWER))
        outcomes += [outcome_of(row) for row in view.entries if row.kind == "tool"]
    assert outcomes == [
        {"status": "success", "payload": "a"},
        {"status": "failure", "message": "exit code 3", "payload": "a", "exit_code": 3},
    ]


def test_messages_without_ids_are_shown() -> None:
    """In a document of an older version, or line by line."""
    asked = {"type": "user", "timestamp": "2026-01-01T00:00:01.000Z", "content": "Q"}
    said = {"type": "gemini", "timestamp": "2026-01-01T00:00:02.000Z", "content": "A"}
    head = {"sessionId": "s", "projectHash": "h"}
    document = json.dumps({**head, "messages": [asked, said]}, indent=2).encode()
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in (head, asked, said))
    for data in (document, lines):
        producer = GeminiTranscriptProducer()
        view = view_of(producer.feed(data) + producer.finish(None), ended=False)
        assert [row.text for row in view.entries if row.text] == ["Q", "A"]


def test_a_message_that_is_written_again_longer_is_shown_whole() -> None:
    """In one row; one that shrinks or differs later keeps what it said."""
    head = {"sessionId": "s", "projectHash": "h"}
    asked = {"id": "1", "type": "user", "content": "Q"}
    texts = ["A", "A and B", "A and B", "A"]
    said = [{"id": "2", "type": "gemini", "content": each} for each in texts]
    data = b"".join(json.dumps(each).encode() + b"\n" for each in (head, asked, *said))
    producer = GeminiTranscriptProducer()
    view = view_of(producer.feed(data) + producer.finish(None), ended=False)
    assert [row.text for row in view.entries if row.text] == ["Q", "A and B"]


def test_an_edit_has_its_diff() -> None:
    """As the program showed it to its person."""
    diff = "--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n"
    edited = {**CALL, "name": "replace", "status": "success", "result": RESULT}
    edited["resultDisplay"] = {"fileDiff": diff, "fileName": "x"}
    view = view_of(whole(HEADER, PROMPT, {**WORKS, "toolCalls": [edited]}, ANSWER))
    (row,) = [row for row in view.entries if row.kind == "tool"]
    assert outcome_of(row)["payload"] == {"output": "a.txt", "diff": diff}


# -- hooks ---------------------------------------------------------------------------------------

ASKED = {
    "session_id": "3f2a",
    "hook_event_name": "Notification",
    "notification_type": "ToolPermission",
    "message": "Tool Confirm Shell Command requires execution",
    "details": {"type": "exec", "title": "Confirm Shell Command", "command": "rm -r build"},
}
SAYS = {**WORKS, "toolCalls": []}


def test_a_question_that_only_a_hook_is_told() -> None:
    """It waits, for what is said, until the file goes on; a quiet file doesn't end the turn."""
    producer = GeminiTranscriptProducer()
    told = read(HEADER, PROMPT, SAYS, {"$set": {"lastUpdated": "x"}}, producer=producer)
    told += producer.hooked(ASKED, 1_795_000_000_000)
    told += read({"$set": {"lastUpdated": "y"}}, producer=producer) + producer.flush()
    view = view_of(told, ended=False)
    assert (view.state, view.waiting_for) == ("waiting", "permission for Shell: rm -r build")
    told += read(WORKED, producer=producer)
    assert view_of(told, ended=False).state == "running"
    told += read(ANSWER, producer=producer) + producer.flush()
    assert view_of(told, ended=False).turn_index == 1


@pytest.mark.parametrize(
    ("details", "what"),
    [
        ({"type": "edit", "title": "Confirm Edit", "filePath": "/p/a.py"}, "Confirm Edit: /p/a.py"),
        ({"type": "mcp", "title": "Confirm MCP", "toolDisplayName": "look"}, "Confirm MCP: look"),
        ({"type": "info", "prompt": "Fetch x?"}, "Fetch x?"),
        ({}, "Tool Confirm Shell Command requires execution"),
        ([1], "Tool Confirm Shell Command requires execution"),
    ],
)
def test_what_is_asked(details: Any, what: str) -> None:
    """A command, a file, a tool; else the agent's own sentence."""
    producer = GeminiTranscriptProducer()
    told = read(HEADER, PROMPT, producer=producer)
    told += producer.hooked({**ASKED, "details": details}, None)
    assert view_of(told, ended=False).waiting_for == what


@pytest.mark.parametrize("name", ["AfterAgent", "SessionEnd"])
def test_hooks_tell_a_turns_end(name: str) -> None:
    """At once; a question that was asked has its answer."""
    producer = GeminiTranscriptProducer()
    told = read(HEADER, PROMPT, SAYS, producer=producer) + producer.hooked(ASKED, None)
    told += producer.hooked({"hook_event_name": name}, None)
    view = view_of(told, ended=False)
    assert (view.state, view.turn_index) == ("idle", 1)


@pytest.mark.parametrize("call", [{}, {"hook_event_name": 3}, {"hook_event_name": "AfterModel"}])
def test_other_calls_of_hooks_say_nothing(call: dict[str, Any]) -> None:
    """Nor does junk."""
    producer = GeminiTranscriptProducer()
    read(HEADER, PROMPT, producer=producer)
    assert producer.hooked(call, None) == []


def test_a_question_waits_for_as_long_as_it_did() -> None:
    """The message that shows the answer keeps the time at which it was begun."""
    producer = GeminiTranscriptProducer()
    asked_at = 1_795_341_602_500  # after the message has begun
    told = read(HEADER, PROMPT, SAYS, producer=producer) + producer.hooked(ASKED, asked_at)
    told += read(WORKED, producer=producer)
    times = [each.at for each in told if "Waiting" in repr(each) or "Resumed" in repr(each)]
    assert times == [asked_at, 1_795_341_603_000]


def test_what_is_written_again_after_a_stop_is_told_once() -> None:
    """The program writes down what its model is given, under new ids, all at one time."""
    words = "<session_context>\nThis is the Gemini CLI.\n</session_context>"
    stopped = {"id": "i1", "timestamp": "2026-11-22T10:01:00.000Z", "type": "info", "content": "no"}
    at = {"timestamp": "2026-11-22T10:01:00.001Z"}
    again: list[dict[str, Any]] = [
        {**PROMPT, **at, "id": "n1", "content": [{"text": words}, {"text": "Look around"}]},
        {
            "id": "n2",
            "timestamp": "2026-11-22T10:01:00.004Z",
            "type": "gemini",
            "content": "I look.",
        },
    ]
    later = {**PROMPT, "id": "u9", "timestamp": "2026-11-22T10:02:00.000Z"}
    later["content"] = [{"text": "And now?"}]
    checkpoint: dict[str, Any] = {"$set": {"messages": again}}
    lines: list[dict[str, Any]] = [HEADER, PROMPT, WORKED, stopped, *again, checkpoint, later]
    view = view_of(whole(*lines))
    assert prose_of(view) == ["I look."]
    assert [row.text for row in view.entries if row.kind == "user"] == ["Look around", "And now?"]
