"""How live each source is: from an agent's own word to `attach --format json`, and what it costs.

`python -m benchmarks.live [ROUNDS]`: some minutes; a table on stdout. The agents are scripted
(`live_agent`); each round runs one alone and one that is watched, in turns.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.hooks import spread
from benchmarks.place import ROOT, Place, place
from lashtui.hooks.agents import CLAUDE
from lashtui.hooks.install import install

PATIENCE = 60.0
STAMP = re.compile(r"@(\d{19})@")


class Case(NamedTuple):
    """A source."""

    kind: str
    title: str
    session: str
    """What its name begins with."""
    says: int = 150
    pause: float = 0.01
    is_run: bool = False


CASES = (
    Case("stream", "`run`: stream-json on stdout", "claude", is_run=True),
    Case("transcript", "`discover`: Claude Code's transcript", "claude"),
    Case("hooks", "`discover`: Claude Code's hooks, a line each", "claude", 40, 0.1),
    Case("codex", "`discover`: Codex's daemon, its socket", "codex"),
    Case("kimi", "`discover`: Kimi Code's file", "kimi"),
)


class Took(NamedTuple):
    """Seconds of an agent."""

    whole: float
    saying: float
    """Of these, those in which it said something: what a reader could hold up."""


class Round(NamedTuple):
    """What was seen of one that is watched."""

    row: float
    """Seconds from its start to its row in the list."""
    late: list[float]
    took: Took


class Lines:
    """The lines of a process, as they come."""

    def __init__(self, here: Place, *words: str) -> None:
        self._process = subprocess.Popen(
            [here.program("lashtui"), *words],
            env=here.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.came: list[tuple[int, str]] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.came.append((time.time_ns(), line))
                self._changed.notify_all()

    def until(self, count: int) -> None:
        """Wait for so many lines."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.came) >= count, PATIENCE):
                raise TimeoutError(f"{count} lines were expected, {len(self.came)} came")

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._thread.join()


def start(here: Place, case: Case, go: Path, *, alone: bool) -> subprocess.Popen[bytes]:
    """Start the agent."""
    env = {**here.env, "LIVE_GO": str(go), "LIVE_TOOK": str(go.with_suffix(".took"))}
    if alone:
        env["LIVE_ALONE"] = "1"
    words = [sys.executable, "-m", "benchmarks.live_agent", case.kind]
    words += [str(case.says), str(case.pause)]
    if case.is_run and not alone:
        words = [here.program("lashtui"), "run", "--format", "claude", "-s", "claude", "--", *words]
    return subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)


def took(go: Path, process: subprocess.Popen[bytes]) -> Took:
    """How long it says it took."""
    if process.wait(PATIENCE):
        raise RuntimeError("the agent failed")
    whole, saying = map(float, go.with_suffix(".took").read_text().split())
    go.unlink()
    return Took(whole, saying)


def alone(here: Place, case: Case) -> Took:
    """Nobody watches; what it takes."""
    go = here.root / "go"
    go.touch()
    return took(go, start(here, case, go, alone=True))


@contextmanager
def discovering(here: Place, case: Case) -> Iterator[None]:
    """`discover` looks, where the source needs it."""
    if case.is_run:
        yield
        return
    words = [here.program("lashtui"), "discover", "--since", "1s"]
    process = subprocess.Popen(
        words, env=here.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(3)  # it watches the files by then, and says so nowhere
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def watched(here: Place, case: Case) -> Round:
    """Somebody watches."""
    go = here.root / "go"
    rows = Lines(here, "ls", "--follow", "--format", "json")
    with here.client() as client:
        for row in client.list():
            client.remove(row["session_id"])
    with discovering(here, case):
        seen = len(rows.came)
        began = time.time_ns()
        process = start(here, case, go, alone=False)
        at, name = _row(rows, case, seen)
        reader = Lines(here, "attach", name, "--format", "json")
        reader.until(1)
        go.touch()
        seconds = took(go, process)
        late = _late(reader, case.says)
    reader.close()
    rows.close()
    return Round((at - began) / 1e9, late, seconds)


def _row(rows: Lines, case: Case, seen: int) -> tuple[int, str]:
    while True:
        rows.until(seen + 1)
        at, line = rows.came[seen]
        seen += 1
        record = json.loads(line)
        name = record.get("session", {}).get("session_id", "")
        if record["type"] == "session" and name.startswith(case.session):
            return at, name


def _late(reader: Lines, count: int) -> list[float]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        first: dict[str, int] = {}
        for at, line in [*reader.came]:
            for stamp in STAMP.findall(line):
                first.setdefault(stamp, at)
        if len(first) >= count:
            return [(at - int(stamp)) / 1e9 for stamp, at in first.items()]
        time.sleep(0.05)
    raise TimeoutError(f"{count} stamps were said, {len(first)} came")


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    chosen = sys.argv[2:]
    before = os.getloadavg()[0]
    print("| source | p50 / p95 | row within | a word, alone / watched | of the turn |")
    print("|---|---|---|---|---|")
    for case in CASES:
        if chosen and case.kind not in chosen:
            continue
        with place() as here:
            environment = {"HOME": here.env["HOME"], "XDG_STATE_HOME": here.env["XDG_STATE_HOME"]}
            install(CLAUDE, environment)
            plain: list[Took] = []
            seen: list[Round] = []
            for _ in range(rounds):
                plain.append(alone(here, case))
                seen.append(watched(here, case))
        late = [each for one in seen for each in one.late]
        row = max(one.row for one in seen)
        whole = statistics.median(one.whole for one in plain)
        said = [
            statistics.median(one.saying for one in some)
            for some in (plain, [s.took for s in seen])
        ]
        loss = 100 * (said[1] - said[0]) / whole
        words = " / ".join(f"{1e3 * each / case.says:.2f}" for each in said)
        cells = f"{spread(late)} | {row:.2f} s | {words} ms | {loss:.2f} %"
        print(f"| {case.title} | {cells} |", flush=True)
    print(f"\nload {before:.1f} before, {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
