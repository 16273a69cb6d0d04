"""The prompt in an agent's command line, for agents whose events leave it out. Pure.

Each agent's options are known here by how many words they take. A command with an option that is
not known has no known prompt: what a person said must not be guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Options(NamedTuple):
    """An agent's options. Those that may or may not have a value take the next plain word."""

    flags: frozenset[str]
    values: frozenset[str]
    lists: frozenset[str]
    """They take every word up to the next option."""
    clusters: str = ""
    """Letters of flags that can be joined, as in -cp."""


def names_in(text: str) -> frozenset[str]:
    """The names in a text, between its spaces."""
    return frozenset(text.split())


_CLAUDE: Final = _Options(
    names_in(
        """-p --print -c --continue --verbose --allow-dangerously-skip-permissions --bare --brief
        --ax-screen-reader --chrome --no-chrome --dangerously-skip-permissions --ide
        --disable-slash-commands --exclude-dynamic-system-prompt-sections --fork-session
        --forward-subagent-text --include-hook-events --include-partial-messages
        --no-session-persistence --replay-user-messages --restricted --safe-mode
        --strict-mcp-config"""
    ),
    names_in(
        """--agent --agents --append-system-prompt --append-system-prompt-file --autocompact
        --debug-file --effort --fallback-model --json-schema --max-budget-usd --max-turns --model
        -n --name --output-format --permission-mode --permission-prompt-tool --permission-prompts
        --plugin-dir --plugin-url --session-id --setting-sources --settings --system-prompt
        --system-prompt-file --system-prompt-snapshot -d --debug --from-pr -r --resume -w
        --worktree --prompt-suggestions"""
    ),
    names_in(
        """--add-dir --allowedTools --allowed-tools --betas --disallowedTools --disallowed-tools
        --file --mcp-config --tools"""
    ),
    "cp",
)
_CODEX: Final = _Options(
    names_in(
        """--strict-config --oss --approve-for-me --dangerously-bypass-approvals-and-sandbox
        --dangerously-bypass-hook-trust --worktree --skip-git-repo-check --trust --ephemeral
        --ignore-user-config --ignore-rules --json --experimental-json --full-auto --yolo --search
        --last --all"""
    ),
    names_in(
        """-c --config --enable --disable --remote --remote-auth-token-env -m --model
        --local-provider -p --profile -s --sandbox -a --ask-for-approval -C --cd --add-dir
        --thread-source --cyber-access-program --output-schema --color -o --output-last-message"""
    ),
    names_in("-i --image"),
)
_OPENCODE: Final = _Options(
    names_in("--print-logs --pure -c --continue --fork --share --thinking --auto"),
    names_in(
        """--log-level -s --session -m --model --agent --format --title --attach -p --password -u
        --username --dir --port --variant"""
    ),
    names_in("-f --file"),
)


def prompt_of(agent: str, words: Sequence[str]) -> str | None:
    """The prompt among the words after the agent's name.

    None: there is none, it is read from stdin, it can't be told apart, or the agent's events have
    it (gemini).
    """
    if agent == "qwen":
        return _value_of(words, ("-p", "--prompt"))
    if agent == "claude":
        if "stream-json" in (_value_of(words, ("--input-format",)) or ""):
            return None
        return next(iter(_plain_words(words, _CLAUDE) or ()), None)
    if agent == "codex":
        return _codex_prompt(words)
    if agent == "opencode":
        message = _plain_words(words, _OPENCODE) or []
        return " ".join(message[1:]) or None
    return None


def _codex_prompt(words: Sequence[str]) -> str | None:
    plain = (_plain_words(words, _CODEX) or [])[1:]
    if plain[:1] == ["review"]:
        return None
    if plain[:1] == ["resume"]:
        plain = plain[1:] if "--last" in words else plain[2:]
    prompt = next(iter(plain), None)
    return None if prompt == "-" else prompt


def _value_of(words: Sequence[str], names: tuple[str, ...]) -> str | None:
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else next(iter(words[place + 1 : place + 2]), None)
    return None


def _plain_words(words: Sequence[str], options: _Options) -> list[str] | None:
    """The words that are neither options nor their values; None if an option is not known."""
    plain: list[str] = []
    takes = 0
    """How many more words belong to an option; -1: all up to the next one."""
    for place, word in enumerate(words):
        if word == "--":
            return plain + list(words[place + 1 :])
        if not word.startswith("-") or word == "-":
            if takes:
                takes = max(takes - 1, -1)
            else:
                plain.append(word)
            continue
        name, equals, _ = word.partition("=")
        takes = 0
        if name in options.lists:
            takes = 0 if equals else -1
        elif name in options.values:
            takes = 0 if equals else 1
        elif name not in options.flags and not set(word[1:]) <= set(options.clusters):
            return None
    return plain
