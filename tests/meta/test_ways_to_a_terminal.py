"""Every way in which an agent's text leaves for a terminal has a test with hostile text.

Where this fails, something new writes to a terminal: try it with `tests/hostile.py`, and name the
test here.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

APP = "tests/integration/test_hostile_terminal.py::test_nothing_of_an_agents_reaches_the_terminal"
COMMANDS = "tests/integration/test_hostile_commands.py::"
STREAMS = "tests/integration/test_hostile_streams.py::"
LINES = "tests/tui/text/test_single_lines.py::"
REFUSALS = f"{COMMANDS}test_what_taps_and_refusals_say"

WRITERS = {
    "app/driver.py": APP,
    "app/leaving.py": f"{LINES}test_notices_and_titles",
    "cli/completion.py": REFUSALS,
    "cli/cursor.py": REFUSALS,
    "cli/daemon.py": REFUSALS,
    "cli/discover.py": f"{COMMANDS}test_what_is_found",
    "cli/hooks.py": f"{COMMANDS}test_hooks_of_a_hostile_directory",
    "cli/ls.py": f"{COMMANDS}test_tables_on_a_terminal",
    "cli/main.py": "",  # its own version
    "cli/show.py": f"{COMMANDS}test_a_transcript_on_a_terminal",
    "cli/up.py": f"{COMMANDS}test_what_is_found",
    "demo/host.py": "",  # one word, for the program that started it
    "diagnostics.py": f"{COMMANDS}test_warnings_about_an_input",
    "ingest/claims.py": "",  # a file of its own
    "ingest/run_output.py": f"{STREAMS}test_an_agent_that_is_run",
    "listing/watch.py": f"{COMMANDS}test_a_table_that_stays",
    "process/leader.py": "",  # a pipe between two of our processes
    "process/pty_proxy.py": "",  # what the user's own command prints, unchanged
    "process/relay.py": f"{COMMANDS}test_raw_bytes_of_a_command",
    "process/spawn.py": "",  # as above, a pipe
    "stream/output.py": f"{COMMANDS}test_a_transcript_on_a_terminal",
}
"""Modules that write to standard output, standard error, or a descriptor."""

LEAVING = {
    "app/notices/command.py": f"{LINES}test_the_environment",
    "app/notices/watch.py": f"{LINES}test_notices_and_titles",
    "app/title.py": f"{LINES}test_notices_and_titles",
    "process/opening.py": f"{LINES}test_programs_are_run",
    "reading/export.py": f"{LINES}test_an_exported_files_name",
    "screens/taking.py": APP,
}
"""And those by which it leaves the app otherwise: programs, titles, clipboards, files."""


def writes(path: Path) -> bool:
    """Whether a module writes to what may be a terminal."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in {"print", "os.write"}:
            return True
        if re.fullmatch(r"(sys\.std(out|err)|.*_driver|super\(\))\.write", called):
            return True
    return False


def test_every_writer_is_named() -> None:
    """A new one is noticed, and one that is gone."""
    found = {
        str(path.relative_to(ROOT / "lashtui"))
        for path in sorted((ROOT / "lashtui").rglob("*.py"))
        if writes(path)
    }
    assert found == set(WRITERS)


@pytest.mark.parametrize("module", [*WRITERS, *LEAVING])
def test_the_named_test_is_there(module: str) -> None:
    """By the beginning of its name."""
    assert (ROOT / "lashtui" / module).is_file()
    where = (WRITERS | LEAVING)[module]
    if where:
        file, _, name = where.partition("::")
        assert f"def {name}" in (ROOT / file).read_text()
        assert "hostile" in (ROOT / file).read_text()
