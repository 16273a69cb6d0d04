"""What a relay and a mirror cost, and how far behind a mirror is.

`python -m benchmarks.relay [--seconds 10]` starts a redis-server, a home with its relay and two
mirrors, all processes of their own, publishes 1,000 events a second to one session, and prints a
table. Lag is from the moment that a reader at the home has an event to that at which one at a
mirror has it. It needs `redis-server`.
"""

from __future__ import annotations

import argparse
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.daemon.servers import ROOT, environment
from lashd.protocol.client import pack
from lashd.protocol.framing import FrameDecoder
from lashd.testing.drive import Drive
from lashd.testing.scripted import ScriptedPublisher
from lashd.wire_limits import MAX_FRAME_BYTES

SESSION = "bench"
RATE = 1000
TICK = 0.01
WATCHERS = 500
WARM_UP = 2.0
"""Seconds whose events don't count: the session is born, and mirrors take its first view."""
MIRRORS = 2
MARK = b"event "
"""Stands before the number of an event in its text; nothing else of a frame has it."""
HELLO = {"type": "hello", "protocol": 1, "version": "benchmark"}
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(process: subprocess.Popen[bytes]) -> float:
    """Seconds of CPU that a process has taken."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


@contextmanager
def running(
    place: Path, *argv: str, waits_for: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process, for as long as it is needed; with nothing of the user's."""
    process = subprocess.Popen(
        argv,
        env=environment(ROOT, place),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while waits_for is not None and not os.path.exists(waits_for):
            time.sleep(0.01)
        yield process
    finally:
        process.terminate()
        process.wait()


def publish(path: str, seconds: float) -> None:
    """1,000 events a second, evenly, each with its number."""
    publisher = ScriptedPublisher("bench", SESSION, restores=False)
    number = 0
    with Drive(path, publisher) as drive:
        began = time.monotonic()
        while (now := time.monotonic()) < began + seconds:
            while number < (now - began) * RATE:
                number += 1
                text = f"event {number:07} and some words"
                event = {"type": "assistant_prose_delta", "text": text, "correlation_id": "c"}
                publisher.publish({**event, "id": f"i{number}"})
                if number % 200 == 0:
                    publisher.publish({"type": "committed"})
            drive.step()
        drive.until(lambda: publisher.settled)


def attach(path: str) -> socket.socket:
    """A reader's connection, that waits for the session."""
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.connect(path)
    one.sendall(pack(HELLO))
    one.sendall(pack({"type": "attach", "session_id": SESSION, "start": "start", "wait": True}))
    return one


def watch(path: str, count: int) -> None:
    """So many readers that read all they get, until this is ended."""
    selector = selectors.DefaultSelector()
    for _ in range(count):
        one = attach(path)
        selector.register(one, selectors.EVENT_READ, one)
    while True:
        for key, _ in selector.select():
            if not key.data.recv(1 << 18):
                return


def arrivals(paths: Sequence[str], seconds: float) -> list[dict[int, float]]:
    """When each event came at each of these sockets."""
    selector = selectors.DefaultSelector()
    found: list[dict[int, float]] = [{} for _ in paths]
    for index, path in enumerate(paths):
        one = attach(path)
        selector.register(one, selectors.EVENT_READ, (index, one, FrameDecoder()))
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            index, one, frames = key.data
            data = one.recv(1 << 18)
            now = time.monotonic()
            frames.receive_data(data)
            for body in frames.next_frames(MAX_FRAME_BYTES):
                at = body.find(MARK)
                if at >= 0:
                    found[index][int(body[at + len(MARK) : at + len(MARK) + 7])] = now
    return found


def percentile(values: list[float], share: float) -> float:
    """Of sorted values, in milliseconds."""
    return values[min(len(values) - 1, int(len(values) * share))] * 1000


def measure(place: Path, seconds: float, at_home: int, at_mirrors: int) -> str:
    """One row of the table."""
    me, home = (sys.executable, "-m", "benchmarks.relay"), str(place / "home.s")
    redis, lashd = str(place / "redis.s"), (sys.executable, "-m", "lashd", "--socket")
    mirrors = [str(place / f"mirror{index}.s") for index in range(MIRRORS)]
    with ExitStack() as stack:

        def start(*argv: str, waits_for: str | None = None) -> subprocess.Popen[bytes]:
            return stack.enter_context(running(place, *argv, waits_for=waits_for))

        options = ("--port", "0", "--save", "", "--dir", str(place))
        engine = start("redis-server", "--unixsocket", redis, *options, waits_for=redis)
        daemon = start(*lashd, home, waits_for=home)
        url = f"unix://{redis}"
        relay = start(*lashd, home, "--relay", url, "--home", "bench")
        served = [
            start(*lashd, path, "--mirror", url, "--home", "bench", waits_for=path)
            for path in mirrors
        ]
        time.sleep(2.5)  # the mirrors have the home's incarnation; nobody is cut after this
        if at_home:
            start(*me, "--watch", home, str(at_home))
        for path in mirrors:
            if at_mirrors:
                start(*me, "--watch", path, str(at_mirrors // MIRRORS))
        time.sleep(1.0)
        parts = {"home": [daemon], "relay": [relay], "engine": [engine], "a mirror": served}
        before = {name: sum(map(cpu_of, some)) for name, some in parts.items()}
        start(*me, "--publish", home, str(seconds + WARM_UP))
        near, *far = arrivals([home, *mirrors], seconds + 2 * WARM_UP)
        events = len(near)
        used = {
            name: (sum(map(cpu_of, some)) - before[name]) / len(some) / events * 1e6
            for name, some in parts.items()
        }
    counted = [number for number in near if number > RATE * WARM_UP]
    lags = sorted(
        each[number] - near[number] for each in far for number in counted if number in each
    )
    assert len(lags) == len(counted) * MIRRORS, f"{len(lags)} of {len(counted) * MIRRORS} came"
    cells = [f"{percentile(lags, 0.5):.1f} ms", f"{percentile(lags, 0.99):.1f} ms"]
    cells += [f"{value:.0f} µs" for value in used.values()]
    return f"| {at_home} at home, {at_mirrors} at mirrors | {events} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--publish", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--watch", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.publish:
        publish(args.publish[0], float(args.publish[1]))
        return
    if args.watch:
        watch(args.watch[0], int(args.watch[1]))
        return
    print("| watchers | events | lag p50 | p99 | CPU an event: home | relay | engine | a mirror |")
    print("|---|---|---|---|---|---|---|---|")
    for at_home, at_mirrors in ((0, 0), (0, WATCHERS), (WATCHERS - 8, 0)):
        with tempfile.TemporaryDirectory(prefix="lb-", dir="/tmp") as place:
            print(measure(Path(place), args.seconds, at_home, at_mirrors), flush=True)


if __name__ == "__main__":
    main()
