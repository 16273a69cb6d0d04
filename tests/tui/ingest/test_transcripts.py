"""What a file's name and beginning tell of its session."""

from __future__ import annotations

import json

import pytest

from lashd.cursor import check_session_id
from lashtui.ingest.transcripts import (
    about,
    is_subagents,
    may_be_transcript,
    parents_of,
    short_id,
)
from tests.tui.producers.goldens import Case, cases, name_of

V4 = "a3142cd4-e7b4-4442-a568-f3e248302560"
V7 = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0123"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/p/{V4}.jsonl", "a3142cd4"),
        (f"/p/rollout-2026-01-01T00-00-00-{V7}.jsonl", "ffff0123"),
        ("/p/session-2026-11-22T10-00-3f2a91bc.jsonl", "3f2a91bc"),
        (f"/p/{V4}/subagents/agent-ab12.jsonl", "a3142cd4-agent-ab12"),
        ("/p/notes.jsonl", "notes"),
        ("/p/a\nb.jsonl", "ab"),
        ("/p/.jsonl", "session"),
        ("/p/" + "é" * 100 + ".jsonl", "é" * 24),
    ],
)
def test_short_ids(path: str, expected: str) -> None:
    """Short, without what only says when, and fit for a session's name."""
    assert short_id(path) == expected
    assert check_session_id(f"claude-{expected}")


def test_names_of_files() -> None:
    """Other programs' lines are no sessions, nor are the agents' own lists."""
    assert may_be_transcript(f"/h/.claude/projects/p/{V4}.jsonl")
    assert may_be_transcript("/h/.gemini/tmp/p/chats/session-x.jsonl")
    assert may_be_transcript("/h/.gemini/tmp/p/chats/session-2025-x.json")
    assert not may_be_transcript("/h/.gemini/tmp/p/logs.jsonl")
    assert not may_be_transcript("/h/.gemini/tmp/p/chats/other.json")
    assert not may_be_transcript("/h/.gemini/tmp/p/logs.json")
    assert not may_be_transcript("/h/.claude/projects/p/session-x.json")
    assert not may_be_transcript("/h/.codex/history.jsonl")
    assert not may_be_transcript("/h/.claude/projects/p/memory.md")


@pytest.mark.parametrize("case", cases("claude_transcript", "codex_rollout"), ids=name_of)
def test_recordings(case: Case) -> None:
    """The format, and the directory as the title."""
    found = about(f"/p/{V4}.jsonl", case.data)
    assert found is not None
    assert found.format == case.agent.replace("_", "-")
    assert found.session == f"{case.agent.partition('_')[0]}-a3142cd4"
    assert found.directory == "/home/dev/project"
    assert found.title == "project"


def test_a_beginning_that_tells_nothing() -> None:
    """A first line that is half written is no line yet; other lines never become a session."""
    line = json.dumps({"sessionId": "s", "projectHash": "h", "directories": ["/d"]}).encode()
    assert about("/p/x.jsonl", line) is None
    found = about("/p/x.jsonl", line + b"\n")
    assert found is not None
    assert (found.session, found.directory) == ("gemini-x", "/d")
    document = about("/p/session-2025-09-18T02-45-3b44bc68.json", line)
    assert document is not None
    assert (document.format, document.session) == ("gemini-transcript", "gemini-3b44bc68")
    assert about("/p/x.jsonl", b"hello\n" * 10) is None
    assert about("/p/x.jsonl", b'{"type":"usage"}\n' * 30) is None
    assert about("/p/x.jsonl", b"") is None


def test_a_session_of_claudes_is_one_once_something_was_said() -> None:
    """Its first lines name no directory; a name without one would stay."""
    notes = b'{"type":"mode","mode":"normal","sessionId":"s"}\n' * 3
    assert about(f"/p/{V4}.jsonl", notes) is None
    said = b'{"type":"user","sessionId":"s","parentUuid":null,"cwd":"/d"}\n'
    found = about(f"/p/{V4}.jsonl", notes + said)
    assert found is not None
    assert found.directory == "/d"


def test_files_of_qwens_are_sessions() -> None:
    """Its chats; not what else it keeps beside them."""
    assert may_be_transcript("/h/.qwen/projects/p/chats/x.jsonl")
    assert not may_be_transcript("/h/.qwen/projects/p/usage.jsonl")
    line = b'{"type":"user","parentUuid":null,"sessionId":"s","cwd":"/d","message":{"parts":[]}}\n'
    found = about("/h/.qwen/projects/p/chats/x.jsonl", line)
    assert found is not None
    assert (found.format, found.session) == ("qwen-transcript", "qwen-x")


def test_files_of_copilots_kimis_and_pis_are_sessions() -> None:
    """Named by their folder where all files are called alike; what lies beside them is none."""
    copilot = f"/h/.copilot/session-state/{V4}/events.jsonl"
    assert may_be_transcript(copilot)
    assert not may_be_transcript(f"/h/.copilot/session-state/{V4}/files/x.jsonl")
    start = b'{"type":"session.start","data":{"context":{"cwd":"/d/app"}},"timestamp":"t",'
    found = about(copilot, start + b'"parentId":null}\n')
    assert found is not None
    assert (found.session, found.directory) == ("copilot-a3142cd4", "/d/app")
    kimi = f"/h/.kimi-code/sessions/wd_x/session_{V4}/agents/main/wire.jsonl"
    assert may_be_transcript(kimi)
    helper = kimi.replace("main", "agent-0")
    assert may_be_transcript(helper)
    assert (is_subagents(helper), is_subagents(kimi)) == (True, False)
    assert parents_of(helper, b"") == [kimi]
    assert short_id(helper) == "a3142cd4-agent-0"
    lines = b'{"type":"metadata","protocol_version":"1.5","created_at":1}\n'
    lines += b'{"type":"profile.bind","environmentDisclosure":{"cwd":"/d/app"}}\n'
    found = about(kimi, lines)
    assert found is not None
    assert (found.format, found.session) == ("kimi-wire", "kimi-a3142cd4")
    assert found.directory == "/d/app"
    pi = f"/h/.pi/agent/sessions/--d-app--/2026-11-27T22-14-23-982Z_{V7}.jsonl"
    assert may_be_transcript(pi)
    head = b'{"type":"session","version":3,"id":"x","timestamp":"t","cwd":"/d/app"}\n'
    assert about(pi, head) is None
    more = b'{"type":"model_change","id":"a","parentId":null,"timestamp":"t","modelId":"m"}\n'
    found = about(pi, head + more)
    assert found is not None
    assert (found.session, found.directory) == ("pi-ffff0123", "/d/app")


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "a/b", "", 5])
def test_a_subagents_session_that_can_have_no_file_has_none(name: object) -> None:
    """Nothing is looked for that the system can't have."""
    head = json.dumps({"sessionId": name}).encode() + b"\n"
    assert parents_of("/h/.claude/projects/p/agent-1.jsonl", head) == []
