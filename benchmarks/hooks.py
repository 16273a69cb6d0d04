"""What a hook costs the agent that waits for it, and how soon what it was told is here.

`python -m benchmarks.hooks`: some seconds; a table on stdout.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from typing import TYPE_CHECKING

from lashtui.hooks.agents import CLAUDE
from lashtui.hooks.install import install
from lashtui.hooks.spool import readers
from lashtui.ingest.live.hook_calls import HookCalls
from lashtui.ingest.live.place import Place

if TYPE_CHECKING:
    from lashd.protocol.records import Record
    from lashtui.ingest.sink import Sign
    from lashtui.ingest.telling import Teller
    from lashtui.ingest.transcripts import Key, Known

RUNS = 300
LINE: dict[str, object] = {
    "session_id": "s",
    "hook_event_name": "MessageDisplay",
    "delta": "A line of text.\n" * 4,
}
LONG: dict[str, object] = {
    "session_id": "s",
    "hook_event_name": "PermissionRequest",
    "tool_input": {"content": "x" * 50_000},
}


class Arrivals:
    """A place that notes when calls come."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.came = threading.Event()
        self.place = Place(self, lambda _: None)

    def claim(self, key: Key, known: Known) -> Teller | None:
        """Nothing is claimed."""

    def free(self, key: Key) -> None:
        """Nothing was claimed."""

    def sign(self, key: Key, sign: Sign) -> None:
        """Nothing is signed."""

    def hooked(self, key: Key, call: Record, at: int | None) -> None:
        """One has come."""
        self.at.append(time.perf_counter())
        self.came.set()


def spread(times: list[float]) -> str:
    """Median and 95th percentile, in milliseconds."""
    ordered = sorted(times)
    return (
        f"{statistics.median(ordered) * 1e3:.1f} / {ordered[len(ordered) * 95 // 100] * 1e3:.1f} ms"
    )


def run(words: list[str], told: dict[str, object]) -> float:
    """Seconds from the start of a program to its end, as its caller sees it."""
    data = json.dumps(told).encode()
    began = time.perf_counter()
    subprocess.run(words, input=data, capture_output=True, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "XDG_STATE_HOME": home}
        install(CLAUDE, environment)
        program = CLAUDE.program(environment)
        rows = [("a program that does nothing", [run(["/bin/true"], LINE) for _ in range(RUNS)])]
        for name, argument, told in (("a line", "line", LINE), ("50 kB", "all", LONG)):
            times = [run([program, argument], told) for _ in range(RUNS)]
            rows.append((f"{name}, nobody reads", times))
        arrivals, stop = Arrivals(), threading.Event()
        source = HookCalls(CLAUDE, environment)
        thread = threading.Thread(target=source.run, args=(arrivals.place, stop))
        thread.start()
        while os.getpid() not in readers(CLAUDE.place(environment)):
            time.sleep(0.01)
        for name, argument, told in (("a line", "line", LINE), ("50 kB", "all", LONG)):
            times, late = [], []
            for _ in range(RUNS):
                arrivals.came.clear()
                began = time.perf_counter()
                times.append(run([program, argument], told))
                arrivals.came.wait(5)
                late.append(arrivals.at[-1] - began)
            rows += [(f"{name}, somebody reads", times), (f"{name}, until it is here", late)]
        stop.set()
        thread.join()
    print("| a hook is told | p50 / p95 |\n|---|---|")
    for name, times in rows:
        print(f"| {name} | {spread(times)} |")


if __name__ == "__main__":
    main()
