"""`python -m benchmarks.fleet [AGENTS] [RATE] [SECONDS]`: the app beside agents that all stream.

Each agent is a session with a publisher of its own; all of them are in one process, which is not
measured. CPU is that of the app's process by its own clock, in percent of one core: with the fleet
in front, and with one of the sessions in front. At most 15 % are wanted at 100 agents.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import ExitStack

from benchmarks.corpus import deltas
from benchmarks.one_tree import cpu_of
from benchmarks.place import ROOT, Place, place
from benchmarks.terminal import Terminal
from lashd.events import AssistantProseDelta, TurnActivity
from lashd.publish.publisher import Publisher

SETTLE = 3.0
"""Seconds until the app has painted what was there and runs as it will."""


def stream(socket: str, agents: int, rate: int) -> None:
    """Publish `rate` deltas a second for each of `agents`, until stdin says something or ends."""
    with ExitStack() as stack:
        publishers = [
            stack.enter_context(Publisher(f"agent-{n:03}", socket_path=socket, start_daemon=False))
            for n in range(agents)
        ]
        for publisher in publishers:
            publisher.wait_open(30)
        print("streaming", flush=True)
        begun, number = time.monotonic(), 0
        texts = deltas(10**9)
        while not select.select([sys.stdin], [], [], 0)[0]:
            wait = begun + number / (rate * agents) - time.monotonic()
            if wait > 0.0005:
                time.sleep(wait)
            key, text = next(texts)
            activity = TurnActivity(f"d{number}", key, AssistantProseDelta(text))
            publishers[number % agents].publish(activity)
            number += 1
        print(number / (time.monotonic() - begun), flush=True)


def measure(here: Place, argv: list[str], shown: bytes, seconds: float) -> tuple[float, float]:
    """Percent of a core that the app takes, and its repaints a second."""
    with Terminal([here.program("lashtui"), *argv], here.env) as terminal:
        terminal.wait(shown, 40)
        terminal.run(SETTLE)
        cpu, begun = cpu_of(terminal), time.monotonic()
        terminal.run(seconds)
        passed = time.monotonic() - begun
        return (cpu_of(terminal) - cpu) * 100 / passed, terminal.repaints(begun) / passed


def main() -> None:
    """Measure, and say it."""
    if sys.argv[1:2] == ["--stream"]:
        stream(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    given = [int(each) for each in sys.argv[1:]]
    agents, rate, seconds = (*given, *(100, 10, 10)[len(given) :])
    with place() as here:
        argv = [sys.executable, "-m", "benchmarks.fleet", "--stream", str(here.socket)]
        publishers = subprocess.Popen(
            [*argv, str(agents), str(rate)],
            env=here.env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert publishers.stdout is not None
            publishers.stdout.readline()
            for what, options, shown in (
                ("the fleet in front", [], b"WORKING"),
                ("a session in front", ["attach", "agent-000"], b"connected"),
            ):
                load = os.getloadavg()[0]
                percent, frames = measure(here, options, shown, seconds)
                print(
                    f"{agents} agents x {rate} deltas/s, {what}: {percent:.1f} % of a core at"
                    f" {frames:.0f} frames/s, load {load:.1f}",
                    flush=True,
                )
        finally:
            said = publishers.communicate()[0]
    print(f"published: {float(said):.0f} deltas/s")


if __name__ == "__main__":
    main()
