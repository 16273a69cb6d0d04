"""What the app server says of threads, in the spellings of its versions."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.ingest.live.codex.words import (
    began_at,
    is_done,
    is_over,
    message_of,
    retold,
    thread_of,
)


@pytest.mark.parametrize(
    ("said", "parent", "is_hidden"),
    [
        ({}, "", False),
        ({"source": "vscode"}, "", False),
        ({"ephemeral": True}, "", True),
        ({"parentThreadId": "p"}, "p", False),
        ({"source": {"subAgent": {"thread_spawn": {"parent_thread_id": "p"}}}}, "p", False),
        ({"source": {"subagent": {"thread_spawn": {"parent_thread_id": "p"}}}}, "p", False),
        ({"source": {"subAgent": "review"}, "parentThreadId": "p"}, "p", False),
        ({"source": {"subAgent": "memory_consolidation"}}, "", True),
        ({"source": {"internal": "x"}}, "", True),
    ],
)
def test_whose_a_thread_is(said: dict[str, object], parent: str, is_hidden: bool) -> None:
    """A person's, a subagent's, or the program's own."""
    thread = thread_of({"id": "t", **said})
    assert thread is not None
    assert (thread.parent, thread.is_hidden) == (parent, is_hidden)


def test_what_is_no_thread() -> None:
    """Without a name of a sensible length there is nothing to ask about."""
    assert thread_of({}) is None
    assert thread_of({"id": 7}) is None
    assert thread_of({"id": "x" * 201}) is None


def test_only_what_a_producer_may_see_is_kept() -> None:
    """An answer to us holds instructions and settings of the user's."""
    thread = thread_of({"id": "t", "name": "n", "gitInfo": {"originUrl": "secret"}, "turns": [1]})
    assert thread is not None
    assert thread.record == {"id": "t", "name": "n"}


def test_no_message() -> None:
    """Whatever comes."""
    for data in (b"", b"[]", b"{", b"\xff", b"[" * 100_000):
        assert message_of(data) == {}


def test_a_turn_told_again() -> None:
    """Its start, its items with their own times, its end; what is not whole only begins."""
    turn: dict[str, Any] = {
        "id": "u",
        "status": "completed",
        "startedAt": 5,
        "completedAt": 7,
        "items": [
            {"id": "a", "type": "agentMessage", "startedAtMs": 5100, "completedAtMs": 5200},
            {"id": "b", "type": "commandExecution", "status": "inProgress", "startedAtMs": 5300},
        ],
    }
    told = [(each["method"], each["emittedAtMs"]) for each in retold("t", turn, 0, 9000)]
    assert told == [
        ("turn/started", 5100),
        ("item/completed", 5200),
        ("item/started", 5300),
        ("turn/completed", 7000),
    ]
    assert [each["method"] for each in retold("t", turn, 5250, 9000)][1:2] == ["item/started"]
    assert is_over(turn)
    assert not is_done(turn["items"][1])
    assert not is_done({"completedAtMs": None})


def test_a_turn_without_items_began_within_its_second() -> None:
    """Its own time has no parts of a second; it is not in the future."""
    turn = {"id": "u", "status": "inProgress", "startedAt": 5, "items": "none"}
    assert began_at(turn) == 5000
    assert retold("t", turn, 0, 9000)[0]["emittedAtMs"] == 5999
    assert retold("t", turn, 0, 5200)[0]["emittedAtMs"] == 5200
    assert began_at({}) == 0


@pytest.mark.parametrize("path", ["relative", "/a\0b", "/" + "x" * 5000, 7, "/\ud800"])
def test_a_path_that_no_system_takes(path: object) -> None:
    """It is not handed on."""
    thread = thread_of({"id": "t", "cwd": path, "path": path, "name": "a" * 500 + "\nb"})
    assert thread is not None
    assert (thread.directory, thread.path) == ("", "")
    assert len(thread.title) <= 80
