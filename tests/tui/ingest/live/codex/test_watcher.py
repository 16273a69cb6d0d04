"""An app server is followed: joined while a thread works, left when idle, nothing told twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lashd.events import (
    AssistantProseDelta,
    Committed,
    Resumed,
    SessionOutcome,
    TurnActivity,
    UserMessage,
    Waiting,
)
from lashtui.ingest.live.codex import watcher as module
from lashtui.ingest.live.codex.watcher import Unusable
from lashtui.ingest.telling import Telling
from lashtui.producers import Produced
from tests.tui.ingest.live.codex.server import Bench, FakeSession, turn_of_recording
from tests.tui.producers.goldens import view_of

THREAD, TURN = turn_of_recording()
ID = THREAD["id"]
STORY = [
    ("user", "SCN:esc"),
    ("prose", "It needs leave."),
    ("tool", "shell"),
    ("prose", "It was allowed."),
]


@pytest.fixture
def bench() -> Bench:
    """A server that knows one idle thread."""
    bench = Bench()
    bench.server.add(THREAD)
    return bench


def play(bench: Bench, words: list[dict[str, Any]]) -> None:
    """The thread says all this."""
    for word in words:
        bench.say(word)


def play_blindly(bench: Bench, words: list[dict[str, Any]]) -> None:
    """The thread says all this, and hears nothing from us."""
    for word in words:
        bench.tell(word)


def session(bench: Bench) -> FakeSession:
    """The only session."""
    return bench.sessions.opened[ID]


def story(bench: Bench) -> list[tuple[str, str]]:
    """What of it a reader sees, without remarks."""
    kinds = {kind for kind, _ in STORY}
    return [row for row in session(bench).story if row[0] in kinds]


def commits(bench: Bench) -> int:
    """Turns that ended."""
    return sum(isinstance(each.payload, Committed) for each in session(bench).produced)


def test_a_turn_as_it_happens(bench: Bench) -> None:
    """The row is there before anything is said; then prompt, pieces, approval, output and end."""
    bench.start()
    assert session(bench).thread.directory == "/home/dev/project"
    assert bench.server.joined == set()
    play(bench, TURN)
    assert story(bench) == STORY
    assert commits(bench) == 1
    events = [getattr(each.payload, "event", None) for each in session(bench).produced]
    waits = [each.what for each in events if isinstance(each, Waiting)]
    assert waits == ["echo esc-ran"]
    assert any(isinstance(each, Resumed) for each in events)
    assert bench.server.answers == []


@pytest.mark.parametrize("cut", range(len(TURN) + 1))
def test_joined_at_any_moment(bench: Bench, cut: int) -> None:
    """What was said before is read, what is said meanwhile waits for it; all comes once."""
    for word in TURN[:cut]:
        bench.server.note(word)
    bench.start()
    play(bench, TURN[cut:])
    bench.settle(1.0)
    assert story(bench) == STORY
    assert commits(bench) == 1


@pytest.mark.parametrize("cut", range(len(TURN) + 1))
@pytest.mark.parametrize("answers", [0, 1])
def test_words_that_come_while_turns_are_read(bench: Bench, cut: int, answers: int) -> None:
    """They wait; those that an answer has already are not told again."""
    bench.start()
    for word in TURN[:1]:
        bench.server.note(word)
    bench.tell(TURN[0])
    (resume,) = bench.watcher.take_out()
    for word in TURN[1:cut]:  # it is joined by then, as far as the server knows
        bench.server.note(word)
    last = bench.server.take(resume)
    for _ in range(answers + 1):
        for answer in last:
            bench.tell(answer)
        last = [each for sent in bench.watcher.take_out() for each in bench.server.take(sent)]
    for word in TURN[1:]:
        bench.server.note(word)
        bench.tell(word)
    for answer in last:
        bench.tell(answer)
    bench.exchange()
    assert story(bench) == STORY
    assert commits(bench) == 1


def test_left_when_idle_and_joined_again(bench: Bench) -> None:
    """A thread that somebody has joined stays loaded: nothing of ours may keep it so."""
    bench.start()
    play(bench, TURN)
    assert bench.server.joined == {ID}
    bench.settle(module.LEAVE_AFTER - 0.5)
    assert bench.server.joined == {ID}
    bench.settle(1.0)
    assert bench.server.joined == set()
    again = json.loads(json.dumps(TURN).replace("01a21c92", "01a21c93").replace("call_", "c2_"))
    play(bench, json.loads(json.dumps(again).replace("msg_", "m2_")))
    assert story(bench) == STORY + STORY
    assert commits(bench) == 2


def test_what_is_read_for_a_prompt_is_that_turn(bench: Bench) -> None:
    """Not the hours before it, which were told."""
    bench.start()
    play(bench, TURN)
    bench.settle(10)
    sizes: list[int] = []
    take = bench.take

    def measured(message: bytes) -> list[dict[str, Any]]:
        answers = take(message)
        if b"turns/list" in message:
            sizes.append(len(json.dumps(answers)))
        return answers

    bench.take = measured
    play(bench, json.loads(json.dumps(TURN[:2]).replace("01a21c92", "01a21c93")))
    assert sizes
    assert max(sizes) < 1500


def test_a_command_in_the_background_keeps_us(bench: Bench) -> None:
    """Its end is told to those alone who have joined."""
    bench.start()
    kept = [each for each in TURN if "commandExecution" not in json.dumps(each.get("params"))]
    start = next(each for each in TURN if "commandExecution" in json.dumps(each["params"]))
    end = next(
        each
        for each in TURN
        if each["method"] == "item/completed"
        and each["params"]["item"]["type"] == "commandExecution"
    )
    at = kept.index(next(each for each in kept if each["method"] == "turn/completed"))
    play(bench, [*kept[:at], start, kept[at]])
    play(bench, [{"method": "thread/status/changed", "params": {"threadId": ID, "status": {}}}])
    bench.settle(module.LEAVE_AFTER + 1)
    assert bench.server.joined == {ID}
    bench.tell(end)
    bench.settle(module.LEAVE_AFTER + 1)
    assert bench.server.joined == set()


def test_before_its_first_turn_is_on_disk_it_can_not_be_joined(bench: Bench) -> None:
    """It is asked again, soon and a bounded number of times; nothing is lost by that."""
    bench.server.refuses.add("thread/resume")
    bench.start()
    play(bench, TURN[:3])
    bench.settle(0.05)
    tries = bench.asked("thread/resume")
    assert tries >= 1
    bench.settle(0.2)
    assert bench.asked("thread/resume") == tries + 1
    bench.server.refuses.clear()
    bench.settle(1.0)
    play(bench, TURN[3:])
    assert story(bench) == STORY
    bench.server.refuses.add("thread/resume")
    bench.settle(10)
    play(bench, TURN[:1])
    for _ in range(200):
        bench.settle(1.0)
    assert bench.asked("thread/resume") <= tries + 2 + module.MAX_TRIES


def test_turns_that_the_file_has_told_are_not_told_again(bench: Bench) -> None:
    """Whoever told the session before says when its last turn ended."""
    for word in TURN:
        bench.server.note(word)
    bench.sessions.told_until = 1795775707999
    bench.start()
    assert story(bench) == []


def test_a_turn_that_the_file_has_told_in_part_goes_on(bench: Bench) -> None:
    """The rest of it comes in the same entries, and its end."""

    def before(telling: Telling) -> None:
        for event in (UserMessage("SCN:esc"), AssistantProseDelta("It needs leave.")):
            telling.publish(Produced(TurnActivity("", "x", event)))

    bench.sessions.before = before
    for word in TURN:
        bench.server.note(word)
    bench.start()
    assert story(bench) == STORY
    assert commits(bench) == 1


def test_all_of_a_history_is_read_in_bounded_pages(bench: Bench) -> None:
    """From the newest turn back to the first that was told."""
    for number in range(7):
        for word in json.loads(json.dumps(TURN).replace("01a21c92", f"01a21d0{number}")):
            bench.server.note(word)
    bench.start()
    assert commits(bench) == 7
    assert bench.asked("thread/turns/list") == 1 + 4


def test_the_programs_own_threads_are_no_sessions(bench: Bench) -> None:
    """Ephemeral ones name sessions; others keep memories."""
    for source in ({"subAgent": "memory_consolidation"}, {"internal": "x"}):
        bench.server.add({**THREAD, "id": str(source), "source": source})
    bench.server.add({**THREAD, "id": "e", "ephemeral": True, "status": {"type": "active"}})
    bench.start()
    bench.settle(5)
    assert list(bench.sessions.opened) == [ID]
    assert bench.asked("thread/resume") == 0


def test_subagents_are_told_under_their_parent(bench: Bench) -> None:
    """Whichever of them is known first; a subagent of a subagent, too."""
    child = {**THREAD, "id": "child", "parentThreadId": ID, "preview": ""}
    grandchild = {**THREAD, "id": "grandchild", "parentThreadId": "child", "preview": ""}
    bench.server.threads = {"grandchild": grandchild, "child": child, ID: THREAD}
    bench.server.turns = {"grandchild": [], "child": [], ID: []}
    bench.start()
    bench.settle(2)
    play(bench, TURN[:4])
    renamed = json.dumps(TURN).replace("msg_", "m2_").replace("call_", "c2_")
    for word in json.loads(renamed.replace(ID, "grandchild")):
        bench.say(word)
    play(bench, TURN[4:])
    assert list(bench.sessions.opened) == [ID]
    rows = [
        each.payload.parent
        for each in session(bench).produced
        if isinstance(each.payload, TurnActivity)
        and isinstance(each.payload.event, AssistantProseDelta)
    ]
    assert set(rows) == {None, "thread-grandchild"}
    assert commits(bench) == 1


def test_a_thread_that_is_closed_ends(bench: Bench) -> None:
    """Its session ends well, and is given back; a running turn is cut off."""
    bench.start()
    play(bench, TURN)
    closed = {"method": "thread/closed", "params": {"threadId": ID}}
    bench.tell(closed)
    assert session(bench).outcome is SessionOutcome.SUCCESS
    assert not session(bench).is_open
    bench.tell(bench.server.add(THREAD))
    bench.exchange()
    play(bench, json.loads(json.dumps(TURN[:5]).replace("01a21c92", "01a21c93")))
    bench.tell(closed)
    assert session(bench).outcome is SessionOutcome.CUT_OFF


def test_a_thread_that_the_list_has_no_more_ends(bench: Bench) -> None:
    """Should the word of its end have been lost; one list alone may be older than the thread."""
    bench.start()
    bench.server.threads.clear()
    bench.settle(1.1)
    assert session(bench).outcome is None
    for _ in range(3):
        bench.settle(1.1)
    assert session(bench).outcome is SessionOutcome.SUCCESS


def test_when_the_connection_is_lost_others_go_on(bench: Bench) -> None:
    """The session does not end by that; what it asked nobody can answer any more."""
    bench.start()
    at = next(at for at, each in enumerate(TURN) if each["method"].endswith("requestApproval"))
    play(bench, TURN[: at + 1])
    assert view_of(session(bench).produced, ended=False).waiting_for == "echo esc-ran"
    bench.watcher.leave()
    assert view_of(session(bench).produced, ended=False).waiting_for is None
    assert session(bench).outcome is None
    assert not session(bench).is_open


def test_a_session_that_somebody_else_publishes_is_asked_for_again(bench: Bench) -> None:
    """Not more than once a second."""
    bench.sessions.is_busy = True
    bench.start()
    bench.settle(0.5)
    bench.sessions.is_busy = False
    bench.settle(0.1)
    assert bench.sessions.opened == {}
    bench.settle(1.0)
    assert list(bench.sessions.opened) == [ID]


def test_a_server_that_never_answers_is_left(bench: Bench) -> None:
    """Whether at the first question or at a later one."""
    bench.server.is_silent = True
    bench.start()
    with pytest.raises(Unusable, match="not answered within 15 seconds"):
        bench.settle(module.ANSWER_WITHIN)
    later = Bench()
    later.server.add(THREAD)
    later.start()
    later.server.is_silent = True
    later.settle(2.0)
    with pytest.raises(Unusable, match="not answered"):
        later.settle(module.ANSWER_WITHIN)


def test_a_server_that_refuses_us_is_left(bench: Bench) -> None:
    """With its reason."""
    bench.server.refuses.add("initialize")
    with pytest.raises(Unusable, match="refused us: no rollout"):
        bench.start()


def test_garbage_and_what_is_nobodys_is_passed_over(bench: Bench) -> None:
    """No JSON, no object, wrong types, answers to nothing, words about nothing and of accounts."""
    bench.start()
    play(bench, TURN[:3])
    for garbage in (
        b"",
        b"\xff\xfe",
        b"[1, 2]",
        b'"text"',
        b"{" * 100_000,
        b'{"id": 99999, "result": {"data": 7}}',
        b'{"id": true, "result": null}',
        b'{"id": {"a": 1}, "error": 5}',
        b'{"method": 7, "params": []}',
        b'{"method": "thread/started", "params": {"thread": 5}}',
        b'{"method": "thread/started", "params": {"thread": {"id": "", "status": 4}}}',
        b'{"method": "item/started", "params": {"threadId": 5, "item": "x"}}',
        b'{"method": "thread/status/changed", "params": {"threadId": "x", "status": []}}',
        b'{"method": "account/updated", "params": {"token": "secret"}}',
        json.dumps({"method": "item/completed", "params": {"threadId": ID, "item": []}}).encode(),
        json.dumps({"method": "turn/completed", "params": {"threadId": ID}}, indent=1).encode(),
    ):
        bench.watcher.take(garbage)
    bench.server.refuses.add("thread/read")  # of the thread that nobody knows
    bench.exchange()
    play(bench, TURN[3:])
    assert story(bench)[:4] == STORY
    assert "secret" not in repr(session(bench).produced)


def test_what_a_thread_says_while_it_is_read_is_bounded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the connection is given up rather than memory."""
    monkeypatch.setattr(module, "MAX_HELD", 1000)
    bench.start()
    bench.tell(TURN[0])
    with pytest.raises(Unusable, match="more than can be held"):
        play_blindly(bench, TURN[1:])


def test_nothing_but_looking_is_ever_asked(bench: Bench) -> None:
    """No request of the server's is answered, no thread started, written to or changed."""
    bench.start()
    play(bench, TURN)
    bench.settle(60)
    assert {method for method, _ in bench.server.asked} <= {*module._MAY_ASK, "initialized"}
    assert bench.server.answers == []
