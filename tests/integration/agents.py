"""Stand-ins for agents, under the names that `lashtui run` knows, playing recordings."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lashd.view import ReadView
from lashtui.ingest.outcome import run_outcome
from tests.tui.producers.goldens import Case, produce, view_of

if TYPE_CHECKING:
    from tests.integration.cli import Cli

STANDIN = Path(__file__).parents[1] / "data" / "standin.py"

COMMANDS = {
    "claude": ("claude", "-p", "hi"),
    "codex_exec": ("codex", "exec", "hi"),
    "gemini": ("gemini", "-p", "hi"),
    "opencode": ("opencode", "run", "hi"),
    "qwen": ("qwen", "-p", "hi"),
}
"""What a user would type, by the recordings' folder."""

_SHOWN = ("kind", "parent", "text", "format", "name", "args", "state", "output", "settled")


def stand_in(cli: Cli, directory: Path, case: Case, *, speed: float = 0) -> list[str]:
    """Put the agent's stand-in before all others in `cli`'s path; the command to run it."""
    words = COMMANDS[case.agent]
    directory.mkdir(exist_ok=True)
    script = directory / words[0]
    play = shlex.join([sys.executable, str(STANDIN), str(case.path)])
    script.write_text(f'#!/bin/sh\nexec {play} "$@"\n')
    script.chmod(0o755)
    cli.environment["PATH"] = f"{directory}:{cli.environment['PATH']}"
    cli.environment["STANDIN_SPEED"] = str(speed)
    cli.environment["STANDIN_WORDS"] = str(directory / "words.json")
    return list(words)


def rows_of(view: dict[str, Any]) -> list[dict[str, Any]]:
    """What a user sees of each row; without what a stand-in printed on stderr."""
    rows = [{key: entry.get(key) for key in _SHOWN} for entry in view["entries"]]
    return [row for row in rows if (row["kind"], row["name"]) != ("diagnostic", "stderr")]


def expected_rows(case: Case) -> list[dict[str, Any]]:
    """The rows that the recording makes when all of it is read at once."""
    code = case.exit_code if case.exit_code >= 0 else 128 - case.exit_code
    view: ReadView = view_of(produce(case.make(), [case.data], run_outcome(code)))
    return rows_of(view.to_wire())


def lived_rows(case: Case) -> list[dict[str, Any]]:
    """The same as `lashtui run` publishes it: with the prompt of its command line, once."""
    rows = expected_rows(case)
    if case.agent == "gemini":  # its stream has the prompt, that of the recording's own command
        asked = [row["text"] for row in rows if row["kind"] == "user"]
        assert asked
        return rows
    user = {**dict.fromkeys(_SHOWN), "kind": "user", "text": "hi", "settled": True}
    return [user, *rows]
