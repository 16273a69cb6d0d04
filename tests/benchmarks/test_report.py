"""The tables and the JSON of the daemon's benchmark."""

from __future__ import annotations

import json

import pytest

from benchmarks.daemon.report import as_json, number, spread, table
from benchmarks.daemon.stats import OURS, Row, Spread


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.0123, "0.0123"),
        (0.123456, "0.123"),
        (1.23456, "1.23"),
        (12.3456, "12.3"),
        (123.456, "123"),
        (1234567.0, "1,234,567"),
        (0.00001234, "1.2e-05"),
    ],
)
def test_numbers_have_the_digits_that_count(value: float, text: str) -> None:
    """A table of figures of all sizes stays readable."""
    assert number(value) == text


def test_a_value_that_never_varied_has_no_range() -> None:
    """One round, or a constant, is one number."""
    assert spread(Spread(2.0, 2.0, 2.0)) == "2.00"
    assert spread(Spread(2.0, 1.0, 3.0)) == "2.00 (1.00-3.00)"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_table_has_a_column_for_each_subject() -> None:
    """A row without a subject has an empty cell there; several targets are told apart."""
    first = Row("fan-out", "µs", {OURS: [1.0], "redis": [2.0], "nats": [4.0]})
    first.targets = {"redis": 0.6, "nats": 0.2}
    second = Row("alone", "µs", {OURS: [3.0]}, load_util=0.95, notes=["redis failed: it ended"])

    lines = table("Title", [first, second]).splitlines()

    assert lines[0] == "### Title"
    head, body, other = cells(lines[2]), cells(lines[4]), cells(lines[5])
    assert head[:4] == ["what", OURS, "redis", "nats"]
    assert len(head) == len(body) == len(other)
    assert body[head.index("at most")] == "redis 0.6; nats 0.2"
    assert body[head.index("verdict")] == "redis met; nats missed"
    assert other[head.index("redis")] == ""
    assert other[head.index("generator")] == "95 %: the bottleneck"
    assert lines[-1] == "- alone: redis failed: it ended"


def test_without_a_generator_there_is_no_column_for_it() -> None:
    """What runs in process has none."""
    assert "generator" not in table("Title", [Row("append", "ns", {OURS: [1.0]})])


def test_json_has_every_value() -> None:
    """A program needs no table: values, ratios and verdicts are there."""
    found = Row("work", "µs", {OURS: [1.0, 3.0], "redis": [1.0, 1.0]}, {"redis": 2.0}, 0.5)

    told = json.loads(json.dumps(as_json(found)))

    assert told["values"] == {OURS: [1.0, 3.0], "redis": [1.0, 1.0]}
    assert told["load_util"] == 0.5
    (ratio,) = told["ratios"]
    assert (ratio["to"], ratio["median"], ratio["at_most"]) == ("redis", 2.0, 2.0)
    assert ratio["met"] is True
    assert ratio["rounds_met"] == 1
