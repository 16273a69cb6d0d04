"""Which agent a command starts, and the options that make it print events. Pure.

What an agent prints for people can't be parsed. If its command doesn't choose an output format,
the options for events are added; a format that the user chose stays.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from lashtui.ingest.prompt import names_in, prompt_of, value_of

_Words = Sequence[str]

MAX_NAMES: Final = 99
"""Sessions named after one command at a time: make, make-2, ... make-99."""


class Launch(NamedTuple):
    """A command as it will be started."""

    command: list[str]
    agent: str = ""
    """The agent's name; empty if it is not a known agent."""
    format: str = "text"
    """What its stdout will be."""
    added: tuple[str, ...] = ()
    """Options that were added; if any, the output is not what the user would have seen."""
    hint: str = ""
    """It opens the agent's screen, which can't be followed: what the user can do."""
    prompt: str | None = None
    """What the agent is asked, if its own output leaves that out."""
    files: str = ""
    """The folder of the files that its events are read from, instead of from its output."""
    screen_at: int = 0
    """It opens the agent's screen: where options for that go in the command; 0: add none."""
    session: str = ""
    """Which of these files, where that is known before it starts."""
    note: str = ""
    """It is an agent whose events can't be read: what would give more than its text."""


class _EventOptions(NamedTuple):
    """How to make one agent print events."""

    agent: str
    format: str
    is_batch: Callable[[_Words], bool]
    """Whether the words after the name make it print and exit, rather than open its screen."""
    flag: str
    """The option that chooses a format; it has no value if `value` is empty."""
    value: str
    short: str = ""
    """Its short name."""
    extra: tuple[str, ...] = ()
    """Options it needs in addition."""


_RUNNERS: Final = ("npx", "bunx", "pnpx")
"""Run a package's command; their own options come first."""
_PACKAGES: Final = {
    "@anthropic-ai/claude-code": "claude",
    "@openai/codex": "codex",
    "@google/gemini-cli": "gemini",
    "@qwen-code/qwen-code": "qwen",
    "opencode-ai": "opencode",
    "@earendil-works/pi-coding-agent": "pi",
    "@mariozechner/pi-coding-agent": "pi",
    "@github/copilot": "copilot",
    "@moonshot-ai/kimi-code": "kimi",
}
_CLAUDE_PRINT: Final = re.compile(r"-[cr]*p[cr]*\Z")
_CODEX_EXEC: Final = ("exec", "e")
_CODEX_VALUES: Final = frozenset(
    {
        "-c",
        "--config",
        "-m",
        "--model",
        "-p",
        "--profile",
        "-s",
        "--sandbox",
        "-a",
        "--ask-for-approval",
        "-C",
        "--cd",
        "-i",
        "--image",
        "--add-dir",
        "--enable",
        "--disable",
        "--local-provider",
    }
)
"""Options of Codex that take a value and may come before its subcommand."""
_CLINE_VALUES: Final = names_in(
    """--auto-approve -c --cwd --compaction --id -P --provider -k --key -m --model -s --system
    --retries -t --timeout --config --data-dir --hooks-dir"""
)
_OPENCODE_VALUES: Final = frozenset(["--log-level"])
_NOT_FOLLOWED: Final = "its screen can't be followed; "
_HINTS: Final = {
    **dict.fromkeys(
        ("claude", "codex", "copilot", "gemini", "kimi", "qwen", "pi"),
        "`lashtui discover` follows its transcript",
    ),
    **dict.fromkeys(("cline", "vibe"), "`lashtui tap` follows it in an ACP editor (README)"),
    "opencode": "`lashtui discover` follows its server",
}
_UNREAD: Final = {
    "amp": ("Amp", "npx -y amp-acp"),
    "droid": ("Droid", "droid exec --output-format acp"),
    "cursor-agent": ("Cursor's agent", "cursor-agent acp"),
    "goose": ("goose", "goose acp"),
    "openhands": ("OpenHands", "openhands acp"),
    "crush": ("Crush", ""),
    "aider": ("aider", ""),
}
"""Agents whose output is shown as text: their names, and how they are started by an ACP editor."""
OTHER_COMMANDS: Final = {
    "claude": names_in(
        """agents attach auth auto-mode config doctor gateway import install logs mcp
        migrate-installer plugin plugins purge respawn rm setup-token stop kill ultrareview update
        upgrade"""
    ),
    "codex": names_in(
        """exec e review login logout mcp mcp-server plugin app-server remote-control completion
        update doctor sandbox debug apply a queue archive delete migrate-rollouts migrate-nfs-db
        unarchive cloud exec-server features help proto"""
    ),
    "cline": names_in(
        """auth config plugin skill connect mcp doctor history h hook schedule hub dashboard update
        version kanban"""
    ),
    "copilot": names_in(
        """app login help init config update version workflow sessions memories plugin mcp skill
        instruction lsp sandbox completion"""
    ),
    "kimi": names_in(
        """export fork provider session acp web server rc remote login doctor vis install-desktop
        migrate upgrade update"""
    ),
    "vibe": frozenset(),
    "gemini": names_in("mcp extensions skills hooks gemma"),
    "opencode": names_in(
        """acp agent auth completion db debug export github import mcp models pr providers run serve
        session stats uninstall upgrade web"""
    ),
    "pi": names_in("install remove uninstall update list config auth mcp"),
    "qwen": names_in(
        "auth board channel extensions hooks mcp review sandbox serve sessions update"
    ),
}
"""Subcommands that print and open no screen. Any other word is a prompt or a path."""
_NO_SCREEN: Final = frozenset(
    ["--acp", "--experimental-acp", "--bg", "--background", "--list-models", "--export"]
)


def _prints(words: _Words) -> bool:
    return any(word == "--print" or _CLAUDE_PRINT.match(word) for word in words)


def _has_prompt(words: _Words) -> bool:
    """gemini and qwen: a prompt that isn't an option's value opens their screen."""
    return any(word in ("-p", "--prompt") or word.startswith("--prompt=") for word in words)


def _prints_by_mode(words: _Words) -> bool:
    """pi: its way with events prints and exits, too."""
    mode = value_of(words, ("--mode",))
    return mode in ("json", "rpc") or any(word in ("-p", "--print") for word in words)


def _is_cline_task(words: _Words) -> bool:
    """cline: a prompt, which is one word with spaces, unless it opens the screen."""
    word = _subcommand(words, _CLINE_VALUES)
    return " " in word and not {"-i", "--tui", "-z", "--zen", "--acp"} & set(words)


def _subcommand(words: _Words, values: frozenset[str]) -> str:
    """The first word that is neither an option nor an option's value."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in values:
            skip = True
        elif not word.startswith("-"):
            return word
    return ""


_FORMS: Final = {
    "claude": _EventOptions(
        "claude",
        "claude",
        _prints,
        "--output-format",
        "stream-json",
        extra=("--verbose", "--include-partial-messages"),
    ),
    "codex": _EventOptions(
        "codex",
        "codex",
        lambda words: _subcommand(words, _CODEX_VALUES) in _CODEX_EXEC,
        "--json",
        "",
    ),
    "gemini": _EventOptions(
        "gemini", "gemini", _has_prompt, "--output-format", "stream-json", short="-o"
    ),
    "qwen": _EventOptions(
        "qwen",
        "qwen",
        _has_prompt,
        "--output-format",
        "stream-json",
        short="-o",
        extra=("--include-partial-messages",),
    ),
    "copilot": _EventOptions("copilot", "copilot", _has_prompt, "--output-format", "json"),
    "cline": _EventOptions("cline", "cline", _is_cline_task, "--json", ""),
    "kimi": _EventOptions("kimi", "kimi", _has_prompt, "--output-format", "stream-json"),
    "vibe": _EventOptions("vibe", "vibe", _has_prompt, "--output", "streaming"),
    "pi": _EventOptions("pi", "pi", _prints_by_mode, "--mode", "json"),
    "opencode": _EventOptions(
        "opencode",
        "opencode",
        lambda words: _subcommand(words, _OPENCODE_VALUES) == "run",
        "--format",
        "json",
    ),
}


def launch(
    command: Sequence[str], *, as_is: bool = False, stdin: Callable[[], str] = lambda: ""
) -> Launch:
    """The command as it will be started.

    Args:
        command: the user's words; not empty.
        as_is: add nothing.
        stdin: what the command will read there, as far as it is known.
    """
    plain = Launch(list(command))
    place = _place_of_agent(command)
    if place is None:
        return plain._replace(note=_note_of(command))
    name = agent_name(command[place])
    form = _FORMS[name]
    before_end = until_end(command[place + 1 :])
    if {"-h", "--help", "-v", "-V", "--version"} & set(before_end):
        return plain
    if not form.is_batch(before_end):
        opens_screen = _subcommand(before_end, _CODEX_VALUES) not in OTHER_COMMANDS[
            name
        ] and not _NO_SCREEN & set(before_end)
        hint = _NOT_FOLLOWED + _HINTS[name] if opens_screen else ""
        screen_at = place + 1 if opens_screen else 0
        return plain._replace(agent=name, hint=hint, screen_at=screen_at)
    plain = plain._replace(agent=name, prompt=prompt_of(name, command[place + 1 :], stdin))
    if as_is:
        return plain
    given = _given(before_end, form)
    if given is not None:
        is_events = given in (form.value, "") if form.value else True
        return plain._replace(format=form.format if is_events else "text")
    return _with_options(plain, place, form, before_end)


def _note_of(command: Sequence[str]) -> str:
    """What to say of a command that starts an agent which can't be read."""
    name, acp = _UNREAD.get(agent_name(command[0]), ("", ""))
    if not name:
        return ""
    more = f"; in an ACP editor, `lashtui tap -- {acp}` as the agent's command shows more"
    return f"the events of {name} can't be read, its text is shown{more if acp else ''}"


def agent_name(word: str) -> str:
    """The name of what a word runs: the last part of a path, the command of a package."""
    package = word if word.rfind("@") <= 0 else word[: word.rfind("@")]
    if package in _PACKAGES:
        return _PACKAGES[package]
    name = os.path.basename(package)
    for ending in (".exe", ".cmd", ".js", ".mjs"):
        name = name.removesuffix(ending)
    return name


def session_name(command: Sequence[str]) -> str:
    """A name for the session of an agent's command; after a runner, the package's command."""
    words = [word for word in command[1:] if not word.startswith("-")]
    first = agent_name(command[0])
    return agent_name(words[0]) if first in _RUNNERS and words else first


def environment_in(command: Sequence[str], environment: Mapping[str, str]) -> Mapping[str, str]:
    """The variables that a command's program gets: `env NAME=VALUE ...` sets some."""
    if agent_name(command[0]) != "env":
        return environment
    given = itertools.takewhile(lambda word: "=" in word[1:] and word[0] != "-", command[1:])
    return {**environment, **dict(word.split("=", 1) for word in given)}


def names_for(command: str) -> Iterator[str]:
    """Session names to try for a command, best first: `make`, `make-2`, ... for /usr/bin/make."""
    base = "".join(c for c in os.path.basename(command) if c.isprintable())
    base = base.encode("utf-8", "replace")[:200].decode("utf-8", "ignore") or "run"
    yield base
    for number in range(2, MAX_NAMES + 1):
        yield f"{base}-{number}"


def server_format(command: Sequence[str]) -> str:
    """The protocol an agent speaks on its pipes with an editor."""
    is_codex = session_name(command) == "codex" and "app-server" in command
    return "codex-appserver" if is_codex else "acp"


def _place_of_agent(command: Sequence[str]) -> int | None:
    """The index of the agent's own name: first, or after a runner or `env`."""
    runner = agent_name(command[0])
    if runner in _FORMS:
        return 0
    if runner == "env":
        for place, word in enumerate(command[1:], 1):
            if "=" not in word or word.startswith("-"):
                return place if agent_name(word) in _FORMS else None
        return None
    if runner in _RUNNERS:
        for place, word in enumerate(command[1:], 1):
            if not word.startswith("-"):
                return place if agent_name(word) in _FORMS else None
    return None


def until_end(words: Sequence[str]) -> list[str]:
    """The words before a `--`; what follows it is the prompt."""
    return list(words[: words.index("--")]) if "--" in words else list(words)


def _given(words: _Words, form: _EventOptions) -> str | None:
    """The output format that the user chose; None if they chose none."""
    for place, word in enumerate(words):
        if word == form.flag or (form.short and word == form.short):
            if not form.value:
                return ""
            return words[place + 1] if place + 1 < len(words) else ""
        if form.value and word.startswith(form.flag + "="):
            return word.partition("=")[2]
    # An older name of Codex's option.
    return "" if form.agent == "codex" and "--experimental-json" in words else None


def _with_options(plain: Launch, place: int, form: _EventOptions, words: Sequence[str]) -> Launch:
    added = [form.flag, form.value] if form.value else [form.flag]
    added += [each for each in form.extra if each not in words]
    # Right after the name or subcommand, so that no option of the user's takes them as its value.
    where = place + 1
    if form.agent in ("codex", "opencode"):
        values = _CODEX_VALUES if form.agent == "codex" else _OPENCODE_VALUES
        where += list(words).index(_subcommand(words, values)) + 1
    changed = [*plain.command[:where], *added, *plain.command[where:]]
    return plain._replace(command=changed, format=form.format, added=tuple(added))
