"""Agents' commands: what is added to them, and what is left alone."""

from __future__ import annotations

import shlex

import pytest

from lashd.cursor import check_session_id
from lashtui.ingest.launch import MAX_NAMES, environment_in, launch, names_for

PI = "@earendil-works/pi-coding-agent"
CLAUDE = "--output-format stream-json --verbose --include-partial-messages"


@pytest.mark.parametrize(
    ("given", "started", "form"),
    [
        ("claude -p hi", f"claude {CLAUDE} -p hi", "claude"),
        ("claude --print hi", f"claude {CLAUDE} --print hi", "claude"),
        ("/opt/bin/claude hi -cp", f"/opt/bin/claude {CLAUDE} hi -cp", "claude"),
        (
            "claude -p --verbose hi",
            "claude --output-format stream-json --include-partial-messages -p --verbose hi",
            "claude",
        ),
        ("env A=b claude -p hi", f"env A=b claude {CLAUDE} -p hi", "claude"),
        (
            "npx -y @anthropic-ai/claude-code@latest -p hi",
            f"npx -y @anthropic-ai/claude-code@latest {CLAUDE} -p hi",
            "claude",
        ),
        ("codex exec 'do it'", "codex exec --json 'do it'", "codex"),
        ("codex e 'do it'", "codex e --json 'do it'", "codex"),
        ("codex -c exec=1 -m x exec hi", "codex -c exec=1 -m x exec --json hi", "codex"),
        ("codex exec resume --last hi", "codex exec --json resume --last hi", "codex"),
        ("gemini -p hi", "gemini --output-format stream-json -p hi", "gemini"),
        (
            "qwen --prompt=hi",
            "qwen --output-format stream-json --include-partial-messages --prompt=hi",
            "qwen",
        ),
        ("pi -p hi", "pi --mode json -p hi", "pi"),
        ("npx @earendil-works/pi-coding-agent -p hi", f"npx {PI} --mode json -p hi", "pi"),
        ("copilot -p hi", "copilot --output-format json -p hi", "copilot"),
        ("cline 'do it'", "cline --json 'do it'", "cline"),
        ("cline -m x 'do it'", "cline --json -m x 'do it'", "cline"),
        ("kimi -p hi", "kimi --output-format stream-json -p hi", "kimi"),
        ("vibe -p hi", "vibe --output streaming -p hi", "vibe"),
        ("opencode run hi", "opencode run --format json hi", "opencode"),
        (
            "opencode --log-level INFO run hi",
            "opencode --log-level INFO run --format json hi",
            "opencode",
        ),
        ("codex exec -- --json", "codex exec --json -- --json", "codex"),
    ],
)
def test_options_are_added(given: str, started: str, form: str) -> None:
    """Where the command would print for people."""
    found = launch(shlex.split(given))
    assert found.command == shlex.split(started)
    assert found.format == form
    assert set(found.added) == set(found.command) - set(shlex.split(given)) or found.agent


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ("claude -p hi --output-format stream-json --verbose", "claude"),
        ("claude -p hi --output-format=stream-json --verbose", "claude"),
        ("claude -p hi --output-format text", "text"),
        ("claude -p hi --output-format json", "text"),
        ("codex exec --json hi", "codex"),
        ("codex --json exec hi", "codex"),
        ("codex exec --experimental-json hi", "codex"),
        ("gemini -p hi -o json", "text"),
        ("gemini -p hi -o stream-json", "gemini"),
        ("opencode run --format default hi", "text"),
        ("opencode run --format json hi", "opencode"),
        ("pi --mode json hi", "pi"),
        ("pi --mode text -p hi", "text"),
    ],
)
def test_a_form_that_was_asked_for_stays(given: str, form: str) -> None:
    """The bytes are the user's own wish; only how they are read follows from it."""
    found = launch(shlex.split(given))
    assert found.command == shlex.split(given)
    assert (found.format, found.added) == (form, ())


@pytest.mark.parametrize(
    "given",
    [
        "make -p",
        "claude",
        "claude 'explain -p to me'",
        "claude -c",
        "claude --help -p",
        "claude mcp list",
        "codex",
        "codex app-server",
        "codex resume",
        "codex -c exec",
        "gemini",
        "gemini -i hi",
        "gemini 'what is this'",
        "gemini mcp list",
        "gemini --acp",
        "opencode",
        "opencode serve",
        "npx cowsay claude",
        "pi",
        "pi 'what is -p'",
        "pi install x",
        "copilot",
        "copilot -i hi",
        "copilot --acp",
        "cline",
        "cline auth",
        "cline -i 'do it'",
        "cline -s 'be nice'",
        "kimi acp",
        "vibe 'do it'",
        "env",
        "git commit -m claude -p",
        "claude -- -p",
    ],
)
def test_all_else_is_left_alone(given: str) -> None:
    """An agent's own screen, its other commands, and whatever is no agent."""
    found = launch(shlex.split(given))
    assert found.command == shlex.split(given)
    assert (found.format, found.added) == ("text", ())


def test_as_is() -> None:
    """The user's word is the last."""
    assert launch(["claude", "-p", "hi"], as_is=True).added == ()


def test_an_agents_screen_is_followed_elsewhere() -> None:
    """The user is told how, where there is a way; a subcommand needs none."""
    assert "lashtui discover" in launch(["claude"]).hint
    assert "lashtui discover" in launch(["codex"]).hint
    assert "lashtui discover" in launch(["pi"]).hint
    assert launch(["codex", "login"]).hint == ""
    assert launch(["make"]).hint == ""


def test_an_agent_that_cant_be_read_is_said_to_be_one() -> None:
    """With what gives more, where anything does."""
    assert "lashtui tap -- goose acp" in launch(["goose", "run", "-t", "hi"]).note
    assert launch(["aider", "--message", "hi"]).note.endswith("its text is shown")
    assert launch(["make"]).note == ""
    assert launch(["goose"]).format == "text"


@pytest.mark.parametrize(
    ("command", "first"),
    [
        ("/usr/bin/make", "make"),
        ("make", "make"),
        ("./a b", "a b"),
        ("dir/", "run"),
        ("a\nb", "ab"),
        ("é" * 300, "é" * 100),
    ],
)
def test_names(command: str, first: str) -> None:
    """The command's own name, then numbered; each can name a session, and there is an end."""
    names = list(names_for(command))
    assert names[:2] == [first, f"{first}-2"]
    assert len(names) == len(set(names)) == MAX_NAMES
    for name in names:
        assert check_session_id(name) == name


@pytest.mark.parametrize(
    ("given", "opens"),
    [
        ("claude", True),
        ("claude 'fix it'", True),
        ("claude --resume", True),
        ("claude mcp list", False),
        ("codex resume --last", True),
        ("codex 'fix it'", True),
        ("codex login", False),
        ("gemini 'what is this'", True),
        ("gemini --acp", False),
        ("qwen -i hi", True),
        ("opencode .", True),
        ("opencode serve", False),
        ("claude -p hi", False),
        ("vim", False),
    ],
)
@pytest.mark.parametrize("as_is", [False, True])
def test_which_commands_open_a_screen(given: str, opens: bool, as_is: bool) -> None:
    """Then there is a hint, also where no options may be added."""
    assert bool(launch(shlex.split(given), as_is=as_is).hint) is opens


def test_where_options_of_a_screen_go() -> None:
    """Right after the agent's own name, before anything that could take them as its value."""
    assert launch(["qwen", "-i", "hi"]).screen_at == 1
    assert launch(["npx", "-y", "@qwen-code/qwen-code", "hi"]).screen_at == 3
    assert launch(["env", "A=b", "opencode"]).screen_at == 3
    assert launch(["qwen", "mcp", "list"]).screen_at == 0
    assert launch(["qwen", "-p", "hi"]).screen_at == 0


def test_the_prompt_is_known_in_every_form() -> None:
    """Whether options are added, were given, or must not be added."""
    for given in ("claude -p hi", "claude -p hi --output-format text", "npx -y opencode-ai run hi"):
        for as_is in (False, True):
            assert launch(shlex.split(given), as_is=as_is).prompt == "hi"
    assert launch(["claude", "hi"]).prompt is None


def test_what_env_sets_for_a_command() -> None:
    """As its program gets it; words of the program itself set nothing."""
    own = {"HOME": "/h", "CODEX_HOME": "/x"}
    assert environment_in(["codex", "exec", "CODEX_HOME=/y"], own) == own
    words = ["/usr/bin/env", "A=b=c", "CODEX_HOME=", "codex", "exec", "HOME=/y"]
    assert environment_in(words, own) == {"HOME": "/h", "A": "b=c", "CODEX_HOME": ""}
    assert environment_in(["env", "-i", "A=b", "codex"], own) == own
