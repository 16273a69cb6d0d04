"""`python -m benchmarks.run [--quick]`: measure all, write the table of README.md to stdout."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks import app_headless, app_pty
from benchmarks.app_pty import percentile
from benchmarks.place import Place, place
from benchmarks.store import micro

PEERS = ("markdown", "richlog")
COUNT = 10_000
PEER_COUNT = {"markdown": 1000, "richlog": COUNT}
"""Ten thousand Markdown widgets are not loaded after 200 s: they get a tenth of the transcript."""


@dataclass
class Table:
    """Rows of the table: what, target, ours, the peers."""

    rows: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)

    def add(self, what: str, target: str, ours: str, **peers: str) -> None:
        """One more; told on stderr at once."""
        self.rows.append((what, target, ours, peers))
        print(f"{what}: {ours}  {peers or ''}  (at most {target})", file=sys.stderr, flush=True)

    def write(self) -> None:
        """As Markdown."""
        print("| what | at most | lashtui | Markdown widgets (1,000) | RichLog |")
        print("|---|---|---|---|---|")
        for what, target, ours, peers in self.rows:
            others = " | ".join(peers.get(name, "") for name in PEERS)
            print(f"| {what} | {target} | {ours} | {others} |")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, no peers in a pty")
    quick = parser.parse_args().quick
    table = Table()
    app_pty.compile_all()
    load = os.getloadavg()[0]
    with place() as here:
        _pty(table, here, quick)
    asyncio.run(_headless(table, quick))
    for what, ours, theirs in micro():
        plain = "" if theirs is None else f" (a deque of bytes: {theirs:.1f} µs)"
        table.add(f"store: {what}, per event", "", f"{ours:.1f} µs{plain}")
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores,"
    )
    print(f"load {load:.1f} before and {os.getloadavg()[0]:.1f} after.\n")
    table.write()


def _seeded(here: Place, kind: str, name: str) -> app_pty.Subject:
    """A program on a session of its own: streams make sessions longer."""
    count = PEER_COUNT.get(kind, COUNT)
    session = f"{kind}-{name}"
    here.seed(session, count)
    if kind == "lashtui":
        return app_pty.app(here, session)
    return app_pty.peer(here, kind, session)


def _each(quick: bool) -> Sequence[str]:
    return ("lashtui",) if quick else ("lashtui", *PEERS)


def _pty(table: Table, here: Place, quick: bool) -> None:
    times = 9
    subjects = [_seeded(here, kind, "start") for kind in ("lashtui",)]
    started = app_pty.starts(here, [*subjects, app_pty.empty()], times)
    above = median(started["lashtui"]) - median(started["empty"])
    told = f"{above:.0f} ms ({median(started['lashtui']):.0f} - {median(started['empty']):.0f})"
    others = {}
    if not quick:
        peers = [_seeded(here, kind, "start") for kind in PEERS]
        for subject in peers:
            try:
                loaded = app_pty.starts(here, [subject], 1)[subject.name][0]
                others[subject.name] = f"{loaded - median(started['empty']):.0f} ms"
            except TimeoutError:
                others[subject.name] = "not painted"
    table.add("start to snapshot painted, above an empty app", "120 ms", told, **others)

    stills: dict[str, app_pty.Still] = {}
    for kind in _each(quick):
        try:
            stills[kind] = app_pty.still(here, _seeded(here, kind, "still"))
        except TimeoutError:
            if kind == "lashtui":
                raise
    mine = stills["lashtui"]
    table.add(
        "resize, wall time to the last byte",
        "60 ms",
        f"{median(mine.resizes):.0f} ms (CPU {median(mine.resize_cpu):.0f})",
        **{k: f"{median(v.resizes):.0f} ms" for k, v in stills.items() if k != "lashtui"},
    )
    table.add(
        "resident memory after the load",
        "60 MiB",
        f"{mine.memory:.0f} MiB",
        **{k: f"{v.memory:.0f} MiB" for k, v in stills.items() if k != "lashtui"},
    )
    table.add(
        "nothing happens: CPU, bytes written",
        "none",
        f"{mine.idle_cpu:.0f} ms in {mine.idle_seconds:.0f} s, {mine.idle_bytes} bytes",
    )
    here.seed_running("ticking")
    ticks = app_pty.ticking(here, app_pty.app(here, "ticking"))
    table.add("something runs: repaints a second", "1", f"{ticks:.1f}")
    detached = app_pty.detaches(here, subjects[0], times)
    table.add("detach, key to shell", "120 ms", f"{median(detached):.0f} ms")
    _streams(table, here, quick)
    stalled = app_pty.stalled(here, _seeded(here, "lashtui", "stall"))
    table.add(
        "terminal stops reading for 4 s at 1,000 deltas/s",
        "daemon unharmed",
        f"daemon answers in {stalled.daemon_answers:.0f} ms at the worst, the publisher is"
        f" acknowledged in {stalled.acknowledged:.0f} ms, the screen is true again"
        f" {stalled.recovered:.0f} ms after it reads on",
    )


def _streams(table: Table, here: Place, quick: bool) -> None:
    seconds = 4.0
    for rate, target, kind in (
        (100, "16 / 30 ms", "deltas"),
        (1000, "20 / 50 ms", "deltas"),
        (5000, "p95 60 ms", "mixed"),
    ):
        keys: dict[str, str] = {}
        behind: dict[str, str] = {}
        cpu: dict[str, str] = {}
        for name in _each(quick):
            if name != "lashtui" and rate == 5000:
                continue
            try:
                typed, read = (
                    app_pty.stream(
                        here,
                        _seeded(here, name, f"{rate}-{keyed}"),
                        rate=rate,
                        seconds=seconds,
                        keys=keyed,
                        kind=kind,
                    )
                    for keyed in (True, False)
                )
            except TimeoutError:
                if name == "lashtui":
                    raise
                keys[name] = behind[name] = cpu[name] = "does not keep up"
                continue
            p50, p95 = percentile(typed.keys, 0.5), percentile(typed.keys, 0.95)
            keys[name] = f"{p50:.0f} / {p95:.0f} ms"
            behind[name] = f"{read.behind:.0f} ms"
            cpu[name] = f"{read.cpu_per_thousand:.0f} ms at {read.frames:.0f} frames/s"
        events = f"{rate:,} {'events' if kind == 'mixed' else 'deltas'}/s"
        table.add(f"key to screen at {events}, p50 / p95", target, keys.pop("lashtui"), **keys)
        what = f"last event published to screen at {events}"
        table.add(what, "no backlog", behind.pop("lashtui"), **behind)
        most = "1,500 ms at 60 frames/s" if rate == 100 else ""
        table.add(f"CPU per 1,000 at {events}", most, cpu.pop("lashtui"), **cpu)


async def _headless(table: Table, quick: bool) -> None:
    times = 2 if quick else 4
    await app_headless.measure_app(100)  # imports
    small = [await app_headless.measure_app(100) for _ in range(times)]
    large = [await app_headless.measure_app(COUNT) for _ in range(times)]
    peers = {name: [await app_headless.measure_peer(name, 100)] for name in PEERS}
    for name in PEERS:
        peers[name].append(await app_headless.measure_peer(name, PEER_COUNT[name]))
    table.add(
        "10,000 entries into the transcript (CPU)",
        "30 ms",
        f"{min(m.load for m in large):.0f} ms",
        **{name: f"{pair[1].load:.0f} ms" for name, pair in peers.items()},
    )
    few, many = min(m.per_thousand for m in small), min(m.per_thousand for m in large)
    table.add(
        "cost of a delta at 10,000 entries against 100",
        "1.2x",
        f"{many / few:.2f}x ({many:.0f} ms per 1,000)",
        **{
            name: f"{b.per_thousand / a.per_thousand:.2f}x ({b.per_thousand:.0f} ms)"
            for name, (a, b) in peers.items()
        },
    )
    for kind in ("fence", "list", "table"):
        ours = app_headless.open_block(kind)
        theirs = await app_headless.open_block_of_textual(kind, 200)
        table.add(
            f"one more delta to an open {kind} of 800 lines",
            "10 ms",
            f"{ours:.2f} ms",
            markdown=f"{theirs:.0f} ms (200 lines)",
        )
    table.add("lines the held view moves", "0", str(await app_headless.lines_moved()))


if __name__ == "__main__":
    main()
