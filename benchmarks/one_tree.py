"""One checkout's app, measured at a word on stdin: the other end of `benchmarks.against`.

Run by the interpreter of that checkout, with its `benchmarks` package: each line on stdin is a JSON
map of a run's options, each line on stdout what it found.
"""

from __future__ import annotations

import json
import sys
import time
from unittest.mock import patch

from benchmarks import app_pty
from benchmarks.place import place
from benchmarks.terminal import Terminal


def main() -> None:
    """Seed the session once, then stream into it as often as asked."""
    options = json.loads(sys.stdin.readline())
    with patch.object(Terminal, "cpu", cpu_of), place() as here:
        names: list[str] = []
        print(json.dumps({}), flush=True)
        for line in sys.stdin:
            wanted = json.loads(line)
            # Streams make sessions longer: each run gets one of its own.
            names.append(f"s{len(names)}")
            here.seed(names[-1], options["entries"])
            found = app_pty.stream(here, app_pty.app(here, names[-1]), **wanted)
            said = {
                "cpu": found.cpu,
                "frames": found.frames,
                "keys": found.keys,
                "behind": found.behind,
            }
            print(json.dumps(said), flush=True)


def cpu_of(terminal: Terminal) -> float:
    """Seconds of CPU by the process's own clock: the ticks in /proc are 10 ms."""
    return time.clock_gettime((~terminal.pid << 3) | 2)


if __name__ == "__main__":
    main()
