"""A record as one line: valid JSON, and safe to print."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lashtui.stream.json_line import json_line


def test_json_lines_are_utf8_and_harmless() -> None:
    """Readable text stays; what controls terminals or ends lines is escaped and parses back."""
    text = "é 漢字 \x1b[2J \x9b \x7f \u2028 \u202e \ud800"
    line = json_line({"text": text})
    assert line.endswith("\n")
    assert "é 漢字" in line
    assert line[:-1].isprintable()
    assert json.loads(line) == {"text": text}


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [float("-inf")], {"a": float("nan")}]
)
def test_numbers_that_json_lacks_become_null(value: Any) -> None:
    """A strict parser reads every line."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    assert "null" in json_line({"value": value})
    json.loads(json_line({"value": value}), parse_constant=refuse)
