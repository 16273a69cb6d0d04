"""Which version of an agent a command starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lashtui.hooks.version import version_of, written

if TYPE_CHECKING:
    from pathlib import Path


def agent(place: Path, script: str) -> str:
    """An agent that does this."""
    program = place / "agent"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("echo '2.1.332 (Claude Code)'", (2, 1, 332)),
        ("echo agent v10.0.1-beta", None),
        ("echo agent 10.0.1-beta", (10, 0, 1)),
        ("echo 2.1; exit 1", None),
        ("echo 2.1.3 >&2", None),
    ],
)
def test_it_is_what_the_agent_says(
    tmp_path: Path, script: str, found: tuple[int, ...] | None
) -> None:
    """On its stdout, among other words."""
    assert version_of([agent(tmp_path, script)]) == found
    assert version_of(["env", "A=b", agent(tmp_path, script)]) == found


def test_nobody_waits_for_it(tmp_path: Path) -> None:
    """An agent that doesn't answer, or isn't there, is of no known version."""
    assert version_of([agent(tmp_path, "exec sleep 30")], within=0.1) is None
    assert version_of([str(tmp_path / "nothing")]) is None
    assert version_of(["npx", agent(tmp_path, "echo 1.2.3")]) is None


def test_it_is_written_as_people_do() -> None:
    """With dots."""
    assert written((2, 1, 152)) == "2.1.152"
