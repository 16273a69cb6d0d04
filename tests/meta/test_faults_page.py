"""`docs/faults.md`: each row names tests, and there are such tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"
CELL = re.compile(r"(?<!\\)\|")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows() -> list[list[str]]:
    """The cells of each row, without the tables' heads."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    cells = [[cell.strip() for cell in CELL.split(line)[1:-1]] for line in lines]
    return [row for row in cells if row[0] != "fault" and set(row[0]) != {"-"}]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_each_fault_has_tests_that_exist(row: list[str]) -> None:
    """A row whose test was renamed, or never written, promises nothing."""
    assert len(row) == 5
    assert all(row)
    named = TEST.findall(row[-1])
    assert named
    assert len(named) == row[-1].count("`") // 2
    for file, name in named:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"def {name}\(", text), f"{file} has no {name}"


def test_no_fault_is_told_twice() -> None:
    """Rows are found by their first column."""
    names = [row[0] for row in rows()]
    assert len(names) > 40
    assert len(set(names)) == len(names)
