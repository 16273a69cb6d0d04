"""Which agents run here, and which files are theirs."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lashtui.ingest.agents_here import Here, agent_of, agents_here, elsewhere, files_of
from lashtui.process.others import Command, Processes
from tests.tui.ingest.test_discovery import SESSION
from tests.tui.producers.goldens import CAPTURES

ME = os.getpid()
ID = "a3142cd4-e7b4-4442-a568-f3e248302560"


@pytest.mark.parametrize(
    ("words", "agent"),
    [
        (("claude", "claude"), "claude"),
        (("claude", "/usr/bin/claude", "-p", "say codex"), "claude"),
        (("claude", "claude", "--settings", "/tmp/lashtui-x/settings.json"), "claude"),
        (("claude", "claude", "mend lashtui"), "claude"),
        (("node", "node", "/opt/node_modules/@anthropic-ai/claude-code/cli.js"), "claude"),
        (("MainThread", "/usr/bin/node", "--no-warnings", "/usr/bin/gemini"), "gemini"),
        (("codex", "codex", "exec", "do it"), "codex"),
        (("node", "node", "/usr/bin/qwen"), "qwen"),
        (("node", "node", "/usr/bin/kimi"), "kimi"),
        (("python3", "/usr/bin/python3", "/usr/bin/aider", "--message", "x"), "aider"),
        (("opencode", "opencode", "serve"), "opencode"),
        (("codex", "codex", "app-server"), ""),
        (("claude", "claude", "mcp", "serve"), ""),
        (("vim", "vim", "claude"), ""),
        (("grep", "grep", "-r", "codex"), ""),
        (("sh", "sh", "-c", "codex"), ""),
        (("python3", "python3", "-m", "lashtui", "run", "--", "claude"), ""),
        (("cline", "cline", "--cline-hub-daemon", "--cwd", "/x"), ""),
        (("kimi", "kimi"), "kimi"),
        (("pi",), "pi"),
        (("bash",), ""),
        ((), ""),
    ],
)
def test_which_agent_a_process_is(words: tuple[str, ...], agent: str) -> None:
    """By its program, not by what it is asked; what works in no session is none."""
    assert agent_of(Command(words, "/")) == agent


def processes(*commands: Command, holders: dict[str, int] | None = None) -> Processes:
    """A machine."""
    numbers = frozenset(each.number for each in commands)
    held = holders or {}
    return Processes(frozenset(), frozenset(held), commands, numbers, held)


def test_a_wrapper_and_what_it_starts_are_one() -> None:
    """With the processes above them, which may publish it."""
    found = agents_here(
        processes(
            Command(("bash", "bash"), "/x", 1, 0),
            Command(("lashtui", "lashtui", "run", "--", "codex"), "/x", 7, 1),
            Command(("node", "node", "/usr/bin/codex"), "/x", ME, 7),
            Command(("codex", "/opt/codex"), "/x", 9, ME),
            Command(("vim", "vim"), "/x", 10, 9),
        )
    )
    assert [(each.agent, each.number, each.numbers) for each in found] == [
        ("codex", ME, frozenset({ME, 9}))
    ]
    assert found[0].above == (7,)
    assert found[0].began <= time.time()


def here(agent: str, began: float = 0.0, directory: str = "/home/dev/project") -> Here:
    """An agent that runs."""
    return Here(agent, 5, directory, began, frozenset({5}), ())


def test_files_of_claude(tmp_path: Path) -> None:
    """It says which session it runs; else the newest in its directory since it began."""
    environment = {"HOME": str(tmp_path)}
    project = tmp_path / ".claude" / "projects" / "p"
    project.mkdir(parents=True)
    path = project / f"{ID}.jsonl"
    path.write_bytes(SESSION)
    other = project / "b3142cd4-e7b4-4442-a568-f3e248302560.jsonl"
    other.write_bytes(SESSION)
    os.utime(path, (1000, 1000))
    os.utime(other, (2000, 2000))
    nothing = processes()
    assert files_of(here("claude", 1500), nothing, environment) == [str(other)]
    assert files_of(here("claude", 2500), nothing, environment) == []
    assert files_of(here("claude", 1500, "/elsewhere"), nothing, environment) == []
    (tmp_path / ".claude" / "sessions").mkdir()
    told = tmp_path / ".claude" / "sessions" / "5.json"
    told.write_text(f'{{"pid": 5, "sessionId": "{ID}"}}')
    assert files_of(here("claude", 2500), nothing, environment) == [str(path)]
    told.write_text('{"pid": 5, "sessionId": "../../../etc/passwd"}')
    assert files_of(here("claude", 2500), nothing, environment) == []


def test_files_of_codex(tmp_path: Path) -> None:
    """Those that it has open."""
    path = str(tmp_path / f"rollout-2026-01-01T00-00-00-{ID}.jsonl")
    held = processes(holders={path: 5, "/dev/null": 5})
    assert files_of(here("codex"), held, {"HOME": str(tmp_path)}) == [path]


def test_files_that_a_server_has_open(tmp_path: Path) -> None:
    """Codex's screen leaves them to one; those of another screen are that one's."""
    place = tmp_path / ".codex" / "sessions" / "2026"
    place.mkdir(parents=True)
    path = place / f"rollout-2026-01-01T00-00-00-{ID}.jsonl"
    path.write_bytes((CAPTURES / "codex_rollout" / "mcp.stdout.jsonl").read_bytes())
    for words, expected in ((("codex", "codex", "app-server"), [str(path)]), (("codex",) * 2, [])):
        server = Command(words, "/", 9)
        running = processes(server, holders={str(path): 9})
        assert files_of(here("codex"), running, {"HOME": str(tmp_path)}) == expected


def test_files_of_another_agent_are_not_taken(tmp_path: Path) -> None:
    """In one directory several may run."""
    place = tmp_path / ".codex" / "sessions" / "2026"
    place.mkdir(parents=True)
    name = f"rollout-2026-01-01T00-00-00-{ID}.jsonl"
    (place / name).write_bytes((CAPTURES / "codex_rollout" / "mcp.stdout.jsonl").read_bytes())
    assert files_of(here("gemini"), processes(), {"HOME": str(tmp_path)}) == []


def test_an_agent_with_another_home(tmp_path: Path) -> None:
    """Its files are not where they are looked for."""
    own = {"HOME": str(tmp_path)}
    assert elsewhere(here("claude"), own, own) == ""
    assert elsewhere(here("claude"), {**own, "CODEX_HOME": "/x"}, own) == ""
    assert elsewhere(here("claude"), {"CLAUDE_CONFIG_DIR": "/x"}, own) == "/x/projects"
    assert elsewhere(here("codex"), {**own, "CODEX_HOME": "/x"}, own) == "/x/sessions"
    assert elsewhere(here("kimi"), {**own, "KIMI_CODE_HOME": "/x"}, own) == "/x/sessions"
    assert elsewhere(here("aider"), {"HOME": "/x"}, own) == ""
