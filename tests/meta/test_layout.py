"""The shape of the tree: what must be where, and what must not be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


PARTS = {
    "acp/tools": "acp/test_stream",
    "acp/updates": "acp/test_stream",
    "claude/lines": "claude/test_stream",
    "claude/queue": "claude/test_transcript",
    "claude/tasks": "claude/test_stream",
    "claude/tools": "claude/test_stream",
    "codex/base": "codex/test_exec",
    "opencode/parts": "opencode/test_run",
    "opencode/sessions": "opencode/test_sse",
    "providers/turn": "providers/test_openai_sse",
}
"""Parts of one format, tested through the format that they are part of."""

THROUGH_OTHERS = {
    "lashtui/cli/app.py": "tests/tui/app/test_start.py",
    **{
        f"lashtui/producers/{part}.py": f"tests/tui/producers/{whole}.py"
        for part, whole in PARTS.items()
    },
}
"""Thin hand-overs and parts, tested through what they hand over to or belong to."""


def modules() -> list[Path]:
    return [
        path
        for package in ("daemon/lashd", "lashtui")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py")
    ]


def test_the_daemons_folder_is_no_package() -> None:
    """`daemon/__init__.py` would shadow a package of that name that users may have."""
    assert not (ROOT / "daemon" / "__init__.py").exists()


def test_the_top_level_is_what_was_agreed() -> None:
    """Anything else at the top is a stray."""
    allowed = {"daemon", "lashtui", "tests", "screenshots", "benchmarks", "pyproject.toml"}
    allowed |= {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "build", "dist"}
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}

    assert names <= allowed


def test_tests_mirror_the_tree() -> None:
    """Each module has a test of its name, or is imported by a test in the same place of the tree.

    The commands are tested from outside, as users meet them.
    """
    missing = []
    for path in modules():
        relative = path.relative_to(ROOT)
        in_daemon = relative.parts[0] == "daemon"
        below = relative.parts[2:] if in_daemon else relative.parts[1:]
        mirror = (ROOT / "tests" / ("daemon" if in_daemon else "tui")).joinpath(*below[:-1])
        name = ".".join(relative.with_suffix("").parts[1 if in_daemon else 0 :])
        tests = [*mirror.rglob("*.py")]
        if below[0] == "cli":
            tests += (ROOT / "tests" / "integration").glob("test_*.py")
            name = f'"{below[-1].removesuffix(".py")}"'
        if relative.as_posix() in THROUGH_OTHERS:
            tests = [ROOT / THROUGH_OTHERS[relative.as_posix()]]
            name = ""
        if not any(test.name == f"test_{below[-1]}" or name in test.read_text() for test in tests):
            missing.append(relative.as_posix())

    assert missing == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_are_small_and_say_what_they_are_for(path: Path) -> None:
    """A file has one job, named in its docstring; a long one is perhaps two files."""
    text = path.read_text()

    assert text.startswith('"""'), "a module docstring comes first"
    assert len(text.splitlines()) <= 600


def test_the_readme_has_its_two_lines() -> None:
    """One line for the demo, one for the tests: what a newcomer types, and what is run in CI."""
    readme = (ROOT / "README.md").read_text()
    lines = [line for line in readme.splitlines() if line.startswith("python3 -m venv .venv")]

    assert len(lines) == 2
    assert lines[0].endswith(".venv/bin/lashtui demo")
    assert ".venv/bin/pytest" in lines[1]


def test_the_pictures_of_the_readme_exist() -> None:
    """A picture that is shown is there, as SVG too."""
    pictures = re.findall(r"\]\((screenshots/[\w-]+\.png)\)", (ROOT / "README.md").read_text())

    assert pictures
    for picture in pictures:
        assert (ROOT / picture).stat().st_size > 10_000
        assert (ROOT / picture).with_suffix(".svg").exists()


def test_both_commands_are_installed() -> None:
    """The console scripts name functions that exist."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert set(scripts) == {"lashtui", "lashd"}
    for target in scripts.values():
        module, function = target.split(":")
        base = "daemon/" if module.startswith("lashd") else ""
        path = ROOT / f"{base}{module.replace('.', '/')}.py"
        assert f"def {function}(" in path.read_text()


def test_one_version_is_told_everywhere() -> None:
    """The package, the daemon and the changelog agree."""
    import lashd
    import lashtui

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert lashd.__version__ == lashtui.__version__ == version
