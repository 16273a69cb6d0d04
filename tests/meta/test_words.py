"""What the program says is plain English: no inversions, and the words that were agreed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lashtui.cli.dispatch import COMMANDS, build_parser

ROOT = Path(__file__).parents[2]
SAID = re.compile(
    r"\b(anew|likewise|merely|whoever|thereby|all the same|exclude each other|is taken for"
    r"|names no|is no event|no daemon runs|as it is,|two meanings|which session\?|touches nothing"
    r"|not in the daemon|is none|tell about|tells? of)\b",
    re.IGNORECASE,
)
AGENTS_OWN = ("lashtui/demo", "lashtui/producers", "daemon/lashd/testing")
"""Where texts are an agent's, or developers read them."""


def strings_of(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in a module that are no docstrings, with their lines."""
    tree = ast.parse(path.read_text())
    inert = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in inert:
            yield node.lineno, node.value  # type: ignore[attr-defined]


def modules() -> list[Path]:
    """Those whose texts people read."""
    found = [*ROOT.glob("lashtui/**/*.py"), *ROOT.glob("daemon/lashd/**/*.py")]
    return [path for path in found if not str(path.relative_to(ROOT)).startswith(AGENTS_OWN)]


def test_messages_are_plain_english() -> None:
    """Errors, notes, labels and help."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {found[0]!r} in {text[:60]!r}"
        for path in modules()
        for line, text in strings_of(path)
        if (found := SAID.search(text))
    ]
    assert wrong == []


def test_the_readme_is_plain_english() -> None:
    """The first thing that anybody reads."""
    text = (ROOT / "README.md").read_text()
    assert [found[0] for found in SAID.finditer(text)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_terminal(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 80 columns, but for examples that can't be broken."""
    with pytest.raises(SystemExit):
        build_parser({command}).parse_args([command, "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 88] == []
