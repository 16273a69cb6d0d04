"""The prompt in a command line: exactly what the agent takes for it, or nothing."""

from __future__ import annotations

import shlex

import pytest

from lashd.publish.bounds import MAX_MESSAGE
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


@pytest.mark.parametrize(
    ("command", "stdin", "prompt"),
    [
        ("claude -p", "fix it\n", "fix it\n"),
        ("claude -p review", "diff\n", "review\ndiff\n"),
        ("claude -p review", "", "review"),
        ("claude -p --input-format stream-json", "{}", None),
        ("claude -p --brand-new-option x hi", "diff", None),
        ("codex exec", "fix it\n", "fix it\n"),
        ("codex exec -", "fix it\n", "fix it\n"),
        ("codex exec resume --last -", "go on", "go on"),
        ("codex exec resume 0a1b", "go on", "go on"),
        ("codex exec review -", "be kind", None),
        ("codex exec 'what is it'", "a\nb", "what is it\n\n<stdin>\na\nb\n</stdin>"),
        ("codex exec 'what is it'", "a\n", "what is it\n\n<stdin>\na\n</stdin>"),
        ("codex exec 'what is it'", " \n", "what is it"),
        ("qwen -p review", "diff\n", "diff\n\n\nreview"),
        ("qwen -p ''", "diff", "diff\n\n"),
        ("qwen --input-format=stream-json -p hi", "{}", "hi"),
        ("opencode run", "fix it", "fix it"),
        ("opencode run review this", "diff\n", "review this\ndiff\n"),
        ("gemini -p hi", "diff", None),
    ],
)
def test_what_stands_on_stdin_is_part_of_it(command: str, stdin: str, prompt: str | None) -> None:
    """Put together as each agent does it."""
    agent, *words = shlex.split(command)
    assert prompt_of(agent, words, lambda: stdin) == prompt


def test_a_long_stdin_leaves_what_was_typed() -> None:
    """qwen puts it first."""
    prompt = prompt_of("qwen", ["-p", "review"], lambda: "x" * 1_000_000) or ""
    assert len(prompt) == MAX_MESSAGE
    assert prompt.endswith("x…\n\nreview")
