"""The prompt in a command line: exactly what the agent takes for it, or nothing."""

from __future__ import annotations

import shlex

import pytest

from lashtui.ingest.prompt import prompt_of


@pytest.mark.parametrize(
    ("command", "prompt"),
    [
        ("claude -p hi", "hi"),
        ("claude -p 'fix it' --model opus", "fix it"),
        ("claude 'fix it' -cp", "fix it"),
        ("claude --model opus --max-turns 3 -p 'fix it'", "fix it"),
        ("claude -p --allowedTools Bash Edit -- 'fix it'", "fix it"),
        ("claude -p --allowedTools Bash 'eaten by the list'", None),
        ("claude -p --allowedTools=Bash 'fix it'", "fix it"),
        ("claude -p 'fix it' --allowedTools Bash Edit", "fix it"),
        ("claude -p --resume 0a1b 'go on'", "go on"),
        ("claude -p --debug 'filter, not prompt'", None),
        ("claude -p --brand-new-option x hi", None),
        ("claude -p", None),
        ("claude -p --input-format stream-json hi", None),
        ("claude -p -- --help", "--help"),
        ("codex exec 'fix it'", "fix it"),
        ("codex -m x e --skip-git-repo-check 'fix it'", "fix it"),
        ("codex exec --json -C /tmp 'fix it' -s read-only", "fix it"),
        ("codex exec -i a.png b.png -- 'what is it'", "what is it"),
        ("codex exec -", None),
        ("codex exec", None),
        ("codex exec resume --last 'go on'", "go on"),
        ("codex exec resume 0a1b 'go on'", "go on"),
        ("codex exec resume 0a1b", None),
        ("codex exec review", None),
        ("codex exec --what hi", None),
        ("qwen -p hi", "hi"),
        ("qwen --yolo --prompt='fix it'", "fix it"),
        ("qwen -p", None),
        ("opencode run fix it", "fix it"),
        ("opencode run -m a/b 'fix it' now", "fix it now"),
        ("opencode run 'fix it' -f a.py b.py", "fix it"),
        ("opencode run --command review main", None),
        ("opencode run", None),
        ("gemini -p hi", None),
        ("make -p hi", None),
    ],
)
def test_prompts(command: str, prompt: str | None) -> None:
    """By each agent's own rules; never a guess."""
    agent, *words = shlex.split(command)
    assert prompt_of(agent, words) == prompt
