"""How long the commands that scripts use take to start, as a ratio to `python -c pass`.

`python -m benchmarks.startup [--runs N]` runs them in turns against one daemon, so that the
machine's load affects all of them alike, and compares the medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

from lashd.daemon import EmbeddedDaemon
from lashd.publish.publisher import Publisher

SESSION = "startup"

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "--version": ["--version"],
    "ls": ["ls"],
    "attach, json, until synced": ["attach", SESSION, "--format", "json", "--until", "synced"],
    "show": ["show", SESSION],
}
BASE = "python -c pass"


def seconds(words: list[str], environment: dict[str, str]) -> float:
    """How long one command takes."""
    began = time.perf_counter()
    subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Print a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    # As installed: the console script's few lines, without `-m`, which imports more.
    script = "import sys; from lashtui.cli.main import main; sys.exit(main())"
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with EmbeddedDaemon() as daemon:
        environment = {**os.environ, "LASHTUI_SOCKET": daemon.socket_path}
        # An installed program has its bytecode cached.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with Publisher(SESSION, socket_path=daemon.socket_path) as publisher:
            publisher.prose("hello")
            publisher.commit()
        for round_number in range(runs + 1):
            for name, words in COMMANDS.items():
                line = words if name == BASE else [sys.executable, "-c", script, *words]
                taken = seconds(line, environment)
                if round_number:  # the first round fills the disk's cache
                    times[name].append(taken)
    base = statistics.median(times[BASE])
    for name, taken_times in times.items():
        median = statistics.median(taken_times)
        print(f"{name:28} {median * 1000:6.1f} ms  {median / base:5.2f}")


if __name__ == "__main__":
    main()
