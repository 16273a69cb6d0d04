"""Whether an agent still runs, by what this machine shows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lashtui.ingest.presence import Presence, pid_of, presence_of
from lashtui.ingest.transcripts import About
from lashtui.process.others import Command, Processes

CLAUDE = About("claude-transcript", "claude-1", None, "/home/dev/app")
GEMINI = About("gemini-transcript", "gemini-1", None, "/home/dev/app")
PI = About("pi-transcript", "pi-1", None, "/home/dev/app")
COPILOT = About("copilot", "copilot-1", None, "/home/dev/app")
KIMI = About("kimi-wire", "kimi-1", None, "/home/dev/app")
QWEN = About("qwen-transcript", "qwen-1", None, "/home/dev/app")


def running(*words: str, at: str = "/home/dev/app", numbers: tuple[int, ...] = ()) -> Processes:
    """One process, with this command."""
    return Processes(frozenset(), frozenset(), (Command(words, at),), frozenset(numbers))


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (CLAUDE, ("claude", "claude")),
        (CLAUDE, ("node", "node", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js")),
        (CLAUDE, ("claude", "/home/dev/.vscode/extensions/anthropic.claude-code-2/claude")),
        (GEMINI, ("node", "node", "/usr/bin/gemini")),
        (GEMINI, ("node", "node", "--no-warnings", "/x/@google/gemini-cli/bundle/gemini.js")),
        (QWEN, ("node", "node", "/usr/bin/qwen", "-p", "hi")),
        (PI, ("pi",)),
        (COPILOT, ("node", "/x/@github/copilot/npm-loader.js", "-p", "hi")),
        (KIMI, ("node", "node", "/usr/bin/kimi")),
    ],
)
def test_an_agent_is_there_if_its_program_runs_in_its_directory(
    about: About, words: tuple[str, ...]
) -> None:
    """Elsewhere it is another one; where that can't be seen, it may be."""
    path = f"/none/projects/p/{about.session}.jsonl"
    assert presence_of(path, about, running(*words)) is Presence.THERE
    assert presence_of(path, about, running(*words, at="/elsewhere")) is Presence.UNSEEN
    assert presence_of(path, about, running(*words, at="")) is Presence.HIDDEN
    anywhere = about._replace(directory=None)
    assert presence_of(path, anywhere, running(*words, at="/elsewhere")) is Presence.THERE


@pytest.mark.parametrize(
    "words",
    [
        ("python3", "python3", "/usr/bin/lashtui", "attach", "claude-1"),
        ("bash", "/bin/bash", "-c", "source /home/dev/.claude-code/x && sleep 9"),
        ("vim", "vim", "notes", "about", "the", "/bin/claude"),
    ],
)
def test_what_only_names_the_agent_is_not_it(words: tuple[str, ...]) -> None:
    """Its watcher, its own commands that outlive it, somebody's file."""
    assert presence_of("/none/projects/p/x.jsonl", CLAUDE, running(*words)) is Presence.UNSEEN


def test_a_claude_that_runs_another_session_is_not_it(tmp_path: Path) -> None:
    """The one that has left this session wrote so no more; another works in the same directory."""
    path = str(tmp_path / "projects" / "-home-dev-app" / "aaaa-bbbb.jsonl")
    (tmp_path / "sessions").mkdir()
    claude = Processes(frozenset(), frozenset(), (Command(("claude",), "/home/dev/app", 8),))
    assert presence_of(path, CLAUDE, claude) is Presence.THERE
    assert pid_of(path, CLAUDE, claude) == 8
    (tmp_path / "sessions" / "8.json").write_text('{"pid": 8, "sessionId": "cccc"}')
    assert presence_of(path, CLAUDE, claude) is Presence.UNSEEN
    assert pid_of(path, CLAUDE, claude) is None


def test_claude_says_which_process_runs_a_session(tmp_path: Path) -> None:
    """Then another one in the same directory is not it, as when it was killed."""
    path = str(tmp_path / "projects" / "-home-dev-app" / "aaaa-bbbb.jsonl")
    told = tmp_path / "sessions"
    told.mkdir()
    (told / "9.json").write_text("{damaged")
    (told / "8.json").write_text("[8]")
    (told / "6.json").write_text("[" * 50_000)
    os.symlink(tmp_path / "none", told / "7.json")
    claude = running("claude", numbers=(41,))
    assert presence_of(path, CLAUDE, claude) is Presence.THERE
    (told / "40.json").write_text(json.dumps({"pid": 40, "sessionId": "aaaa-bbbb"}))
    (told / "41.json").write_text(json.dumps({"pid": 41, "sessionId": "other"}))
    assert presence_of(path, CLAUDE, claude) is Presence.UNSEEN
    assert presence_of(path, CLAUDE, running("claude", numbers=(40,))) is Presence.THERE
    (told / "41.json").write_text(json.dumps({"sessionId": "aaaa-bbbb"}))  # named by its file
    assert presence_of(path, CLAUDE, claude) is Presence.THERE


def test_codex_has_its_file_open(tmp_path: Path) -> None:
    """Whatever else of it runs; what another user runs can't be looked at."""
    codex = About("codex-rollout", "codex-1", None, None)
    nothing = Processes(frozenset(), frozenset())
    assert presence_of("/r.jsonl", codex, nothing) is Presence.UNSEEN
    assert (
        presence_of("/r.jsonl", codex, nothing._replace(files=frozenset({"/r.jsonl"})))
        is Presence.THERE
    )
    assert (
        presence_of("/r.jsonl", codex, nothing._replace(hidden=frozenset({"codex"})))
        is Presence.HIDDEN
    )


def test_the_process_of_an_agent_is_told_where_it_is_the_only_one(tmp_path: Path) -> None:
    """By the file that it has open, by what it says itself, by its program and directory."""
    rollout = About("codex-rollout", "codex-1", None, "/home/dev/app")
    held = Processes(frozenset(), frozenset(["/r"]), holders={"/r": 9})
    assert (pid_of("/r", rollout, held), pid_of("/other", rollout, held)) == (9, None)
    one, two = (Command(("gemini", "gemini"), "/home/dev/app", number) for number in (5, 6))
    elsewhere = one._replace(directory="/elsewhere", number=7)
    nobody = frozenset[str]()
    assert pid_of("/x", GEMINI, Processes(nobody, nobody, (one, elsewhere))) == 5
    assert pid_of("/x", GEMINI, Processes(nobody, nobody, (one, two))) is None
    assert pid_of("/x", GEMINI, Processes(nobody, nobody, (elsewhere,))) is None
    told = tmp_path / "sessions"
    told.mkdir()
    (told / "31.json").write_text(json.dumps({"pid": 31, "sessionId": "abc"}))
    path = str(tmp_path / "projects" / "p" / "abc.jsonl")
    claudes = tuple(one._replace(words=("claude", "claude"), number=each) for each in (30, 31))
    both = Processes(nobody, nobody, claudes, frozenset([30, 31]))
    assert pid_of(path, CLAUDE, both) == 31


@pytest.mark.parametrize("directory", ["/home/dev/\0app", "/home/dev/\ud800app"])
def test_a_directory_that_no_system_can_have_is_nobodys(tmp_path: Path, directory: str) -> None:
    """The file that names it is followed like any other."""
    about = CLAUDE._replace(directory=directory)
    path = str(tmp_path / "projects" / "p" / "s.jsonl")
    assert presence_of(path, about, running("claude")) is Presence.UNSEEN
    assert pid_of(path, about, running("claude", numbers=(41,))) is None
