"""Rows as Markdown for people and as JSON for programs. Pure."""

from __future__ import annotations

from typing import Any

from benchmarks.daemon.stats import OURS, Ratio, Row, Spread


def number(value: float) -> str:
    """Three digits that count; whole numbers from 100 on."""
    if value and abs(value) < 0.0001:
        return f"{value:.1e}"
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    if 0 < size < 0.1:
        digits = 4
    return f"{value:,.{digits}f}"


def spread(found: Spread) -> str:
    """`median (least-most)`, or the one value that all of them are."""
    if found.least == found.most:
        return number(found.median)
    return f"{number(found.median)} ({number(found.least)}-{number(found.most)})"


def table(title: str, rows: list[Row]) -> str:
    """A part as a Markdown table; its columns are the subjects that it measured."""
    peers = list(dict.fromkeys(name for row in rows for name in row.values if name != OURS))
    generated = any(row.load_util is not None for row in rows)
    head = ["what", OURS, *peers, "ours to theirs, by rounds", "at most", "verdict"]
    if generated:
        head.append("generator")
    lines = [f"### {title}", "", _line(head), "|" + "---|" * len(head)]
    for row in rows:
        ratios = row.ratios()
        wanted = [ratio for ratio in ratios if ratio.target is not None]
        cells = [f"{row.what}, {row.unit}"]
        cells += [_values(row, name) for name in (OURS, *peers)]
        cells.append("; ".join(f"{ratio.peer} {spread(ratio.spread)}" for ratio in ratios))
        cells.append("; ".join(f"{ratio.peer} {ratio.target:g}" for ratio in wanted))
        cells.append("; ".join(_verdict(ratio, len(wanted)) for ratio in wanted))
        if generated:
            cells.append(_generator(row))
        lines.append(_line(cells))
    notes = [f"{row.what}: {note}" for row in rows for note in row.notes]
    if notes:
        lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def as_json(row: Row) -> dict[str, Any]:
    """A row with every value, so that nothing has to be read out of a table."""
    return {
        "what": row.what,
        "unit": row.unit,
        "values": row.values,
        "ratios": [
            {
                "to": ratio.peer,
                "median": ratio.spread.median,
                "least": ratio.spread.least,
                "most": ratio.spread.most,
                "at_most": ratio.target,
                "met": ratio.met,
                "rounds_met": None if ratio.target is None else ratio.rounds_met,
            }
            for ratio in row.ratios()
        ],
        "load_util": row.load_util,
        "generator_was_busy": row.generator_was_busy,
        "notes": row.notes,
    }


def _values(row: Row, subject: str) -> str:
    values = row.values.get(subject)
    return spread(Spread.of(values)) if values else ""


def _verdict(ratio: Ratio, beside: int) -> str:
    return ratio.verdict if beside == 1 else f"{ratio.peer} {ratio.verdict}"


def _generator(row: Row) -> str:
    if row.load_util is None:
        return ""
    told = f"{row.load_util * 100:.0f} %"
    return f"{told}: the bottleneck" if row.generator_was_busy else told


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
