"""`python -m benchmarks.against DIR`: the app's CPU beside that of another checkout, taking turns.

DIR is a checkout with an environment in `.venv`. Each round runs both, each time the other one
first; a cell is the median, the ratio that of the rounds' own ratios, so that what the machine does
meanwhile cancels out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.app_pty import percentile
from benchmarks.place import ROOT

RATES = {100: 0.55, 1000: 0.45}
"""Deltas a second, and at most how much of the other's CPU they may take."""
KEYS_P95 = 50
"""Milliseconds."""


class Tree:
    """A checkout, whose app runs when it is its turn."""

    def __init__(self, root: Path, entries: int) -> None:
        own = root / ".venv" / "bin" / "python"
        python = str(own) if own.exists() else sys.executable
        self._process = subprocess.Popen(
            [python, "-P", str(ROOT / "benchmarks" / "one_tree.py")],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ask(entries=entries)

    def ask(self, **options: Any) -> dict[str, Any]:
        """One run."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(options) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the other end has ended: {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End it, and its daemon."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def main() -> None:
    """Measure, and write a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--rates", type=int, nargs="+", default=list(RATES))
    parser.add_argument("--no-keys", action="store_true", help="CPU alone")
    wanted = parser.parse_args()
    load = os.getloadavg()[0]
    trees = [Tree(ROOT, wanted.entries), Tree(wanted.other.resolve(), wanted.entries)]
    rows = []
    try:
        for rate in wanted.rates:
            rows += _rate(trees, rate, wanted.rounds, wanted.seconds, keys=not wanted.no_keys)
    finally:
        for tree in trees:
            tree.close()
    print(f"load {load:.1f} before and {os.getloadavg()[0]:.1f} after, {wanted.rounds} rounds.\n")
    print("| what | this | other | this to other, by rounds | at most |\n|---|---|---|---|---|")
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))


def _rate(
    trees: list[Tree], rate: int, rounds: int, seconds: float, *, keys: bool
) -> list[tuple[str, ...]]:
    cpu: tuple[list[float], list[float]] = [], []
    frames: tuple[list[float], list[float]] = [], []
    typed: tuple[list[float], list[float]] = [], []
    for number in range(rounds):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        for which in order:
            found = trees[which].ask(rate=rate, seconds=seconds, keys=False)
            cpu[which].append(found["cpu"] * 1e6 / (rate * seconds))
            frames[which].append(found["frames"])
        for which in order if keys else ():
            typed[which].extend(trees[which].ask(rate=rate, seconds=seconds, keys=True)["keys"])
        print(rate, number, [round(c[-1]) for c in cpu], file=sys.stderr, flush=True)
    ratios = [ours / theirs for ours, theirs in zip(*cpu, strict=True)]
    rows: list[tuple[str, ...]] = [
        (
            f"CPU at {rate} deltas/s, ms per 1,000",
            *(f"{_span(c)} at {median(f):.0f} frames/s" for c, f in zip(cpu, frames, strict=True)),
            f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
            str(RATES.get(rate, "")),
        )
    ]
    if keys:
        told = [f"{median(t):.0f} / {percentile(t, 0.95):.0f}" for t in typed]
        rows.append((f"key to screen at {rate} deltas/s, p50 / p95, ms", *told, "", f"{KEYS_P95}"))
    return rows


def _span(values: list[float]) -> str:
    return f"{median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


if __name__ == "__main__":
    main()
