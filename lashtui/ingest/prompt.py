"""The prompt of an agent's command, for agents whose events leave it out. Pure.

Each agent's options are known here by how many words they take. A command with an option that is
not known has no known prompt: what a person said must not be guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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
_CLINE: Final = _Options(
    names_in("-p --plan --json -v --verbose --worktree"),
    names_in(
        """--auto-approve -c --cwd --thinking --compaction --id -P --provider -k --key -m --model -s
        --system --retries -t --timeout --config --data-dir --hooks-dir"""
    ),
    frozenset(),
)
_OPENCODE: Final = _Options(
    names_in("--print-logs --pure -c --continue --fork --share --thinking --auto"),
    names_in(
        """--log-level -s --session -m --model --agent --format --title --attach -p --password -u
        --username --dir --port --variant"""
    ),
    names_in("-f --file"),
)


def prompt_of(
    agent: str, words: Sequence[str], stdin: Callable[[], str] = lambda: ""
) -> str | None:
    """The prompt among the words after the agent's name, and on its stdin.

    None: there is none, it can't be told apart, or the agent's events have it (gemini).

    Args:
        agent: its name.
        words: what follows the name.
        stdin: what the agent will read there; empty if nobody can know it.
    """
    takes_events = "stream-json" in (value_of(words, ("--input-format",)) or "")
    if agent == "kimi":
        return value_of(words, ("-p", "--prompt"))
    if agent == "cline":
        return _single_word(words)
    if agent == "qwen":
        typed = value_of(words, ("-p", "--prompt")) or ""
        piped = "" if takes_events else stdin()
        return _typed_last(piped, typed) if piped else typed or None
    options = {"claude": _CLAUDE, "codex": _CODEX, "opencode": _OPENCODE}.get(agent)
    plain = _plain_words(words, options) if options is not None else None
    if plain is None or takes_events:
        return None
    if agent == "codex":
        return _codex_prompt(plain[1:], words, stdin)
    typed = " ".join(plain[1:] if agent == "opencode" else plain[:1])
    return "\n".join(filter(None, (typed, stdin()))) or None


def _single_word(words: Sequence[str]) -> str | None:
    """cline: its prompt is the only word with spaces that is no option's value."""
    plain = _plain_words(words, _CLINE)
    return plain[0] if plain else None


def _typed_last(piped: str, typed: str) -> str:
    """What was typed comes last: the rest must leave it its place."""
    from lashd.publish.bounds import MAX_MESSAGE
    from lashd.text import short

    return f"{short(piped, max(1, MAX_MESSAGE - len(typed) - 2))}\n\n{typed}"


def _codex_prompt(plain: list[str], words: Sequence[str], stdin: Callable[[], str]) -> str | None:
    if plain[:1] == ["review"]:
        return None
    if plain[:1] == ["resume"]:
        plain = plain[1:] if "--last" in words else plain[2:]
    typed = next(iter(plain), "-")
    piped = stdin()
    if typed == "-":
        return piped or None
    if not piped.strip():
        return typed
    end = "" if piped.endswith("\n") else "\n"
    return f"{typed}\n\n<stdin>\n{piped}{end}</stdin>"


def value_of(words: Sequence[str], names: tuple[str, ...]) -> str | None:
    """The value of the first option with one of these names."""
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
