"""The parts of the benchmark: which subjects there are, and one round after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.daemon import commands, corpora, works
from benchmarks.daemon import follow as following
from benchmarks.daemon import store as in_process
from benchmarks.daemon.load import Load, Options, RunFailed, write_corpus
from benchmarks.daemon.servers import ROOT, Server, ServerFailed, Servers, environment, installed
from benchmarks.daemon.stats import OURS, Row, in_turn
from benchmarks.daemon.works import Work

ASYNCIO = "asyncio"
"""Ours where uvloop is installed, without it."""
RECORDED = "lash (recorded)"
"""The Rust original, measured once: it is not started here."""
RUST_EVENT_BYTES = 1_812
RUST_SESSION_BYTES = 1_090_000

LARGE, SMALL = 10_000, 100
"""Rows of the two views; both have `LARGE` events behind them."""


@dataclass(slots=True)
class Bench:
    """What there is to measure with."""

    rounds: int
    quick: bool
    load: Load | None
    """None where there is no compiler."""
    against: Path | None
    uvloop: bool
    failures: list[str] = field(default_factory=list)
    """Runs of ours that failed."""

    @property
    def checkouts(self) -> dict[str, Path]:
        """By subject, ours and the other one's: its directory, with a slash that no peer has."""
        if self.against is None:
            return {OURS: ROOT}
        return {OURS: ROOT, f"{self.against.name}/": self.against}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured in turn with others: a server, and what is peculiar to its runs."""

    name: str
    server: Server
    options: Options = field(default_factory=dict)


def say(text: str) -> None:
    """Progress, on stderr: stdout is the report."""
    print(text, file=sys.stderr, flush=True)


def start(
    bench: Bench, servers: Servers, peers: tuple[str, ...] = (), *, asyncio: bool = True
) -> list[Subject]:
    """Ours, the other checkout's, and those peers that there are."""
    found = []
    for name, checkout in bench.checkouts.items():
        found.append(Subject(name, servers.ours(name, checkout)))
        if name == OURS and bench.uvloop and asyncio:
            found.append(Subject(ASYNCIO, servers.ours(ASYNCIO, uvloop=False)))
    for peer in peers:
        if installed(f"{peer}-server"):
            try:
                found.append(Subject(peer, servers.redis() if peer == "redis" else servers.nats()))
            except ServerFailed as error:
                say(str(error))
    return found


def in_rounds(bench: Bench, work: Work, subjects: list[Subject]) -> list[Row]:
    """A row for each reading. A subject whose run fails is left out of them, with a word."""
    assert bench.load is not None
    rows = [Row(r.what, r.unit, targets=dict(r.targets)) for r in work.readings]
    by_name = {subject.name: subject for subject in subjects}
    for number in range(bench.rounds):
        for name in in_turn(list(by_name), number):
            subject = by_name[name]
            smaller = {**work.quick, "settle": 0} if bench.quick else {}
            options = {**work.options, **smaller, **subject.options}
            if subject.server.protocol == "lash":
                options |= work.ours_only
            try:
                result = bench.load.run(subject.server, options)
            except RunFailed as error:
                del by_name[name]
                for row in rows:
                    row.values.pop(name, None)
                    row.notes.append(f"{name} failed: {error}")
                if subject.server.protocol == "lash":
                    bench.failures.append(f"{rows[0].what}, {name}: {error}")
                continue
            for row, reading in zip(rows, work.readings, strict=True):
                row.add(name, _value(result[reading.key]), result["load_util"])
    for row in rows:
        told = {name: round(median(values), 3) for name, values in row.values.items()}
        say(f"  {row.what}: {told} {row.unit} {' '.join(row.notes)}")
    return rows


def _value(found: float | list[float]) -> float:
    """Of a list the median without the first: it fills caches."""
    return float(median(found[1:])) if isinstance(found, list) else float(found)


def _with_peers(*peers: str) -> Callable[[Bench, tuple[Work, ...]], list[Row]]:
    def measure(bench: Bench, given: tuple[Work, ...]) -> list[Row]:
        with Servers() as servers:
            subjects = start(bench, servers, peers)
            return [row for work in given for row in in_rounds(bench, work, subjects)]

    return measure


_redis, _redis_and_nats = _with_peers("redis"), _with_peers("redis", "nats")


def mixed(bench: Bench) -> list[Row]:
    """An agent's mix, from a file."""
    with Servers() as servers:
        count = works.QUICK_MIXED_EVENTS if bench.quick else works.MIXED_EVENTS
        corpus = write_corpus(servers.home / "mixed", corpora.mixed(count))
        subjects = start(bench, servers, ("redis",))
        return [
            row for work in works.mixed(str(corpus)) for row in in_rounds(bench, work, subjects)
        ]


def view_rows(bench: Bench) -> list[Row]:
    """Each kind of event in a view of 10,000 rows, against the same at 100."""
    found = []
    large = LARGE // 20 if bench.quick else LARGE
    measured = works.QUICK_ROW_EVENTS if bench.quick else works.ROW_EVENTS
    answers = "tool call completed, all rows are open calls"
    with Servers() as servers:
        daemons = start(bench, servers, asyncio=False)
        for what, kind in {**corpora.KINDS, answers: corpora.answered}.items():
            files = {}
            for rows in (large, min(SMALL, large)):
                events = [*corpora.filled(large, rows, open_calls=what == answers)]
                if what == answers:
                    events += [kind(n % rows) for n in range(measured)]
                else:
                    events += [kind(n) for n in range(measured)]
                files[rows] = write_corpus(servers.home / f"rows-{rows}", events)
            subjects = []
            for daemon in daemons:
                small = f"{SMALL} rows" + ("" if daemon.name == OURS else f" ({daemon.name})")
                for name, rows in ((daemon.name, large), (small, min(SMALL, large))):
                    options: Options = {"corpus": str(files[rows]), "first": large}
                    subjects.append(Subject(name, daemon.server, options))
            found += in_rounds(bench, works.rows(what, quick=bench.quick), subjects)
    return found


def memory(bench: Bench) -> list[Row]:
    """What sessions and events cost: growth of the process, its publishers gone."""
    assert bench.load is not None
    sessions, full = (20, 2) if bench.quick else (500, 20)
    kept = 200 if bench.quick else 2048
    works_of: list[tuple[Row, Options, int]] = [
        (
            Row("an event of a full session", "bytes", targets={RECORDED: 0.25}),
            {"sessions": full, "events": full * kept, "batch": 64, "window": 64},
            full * kept,
        ),
        (
            Row("a session with one event", "bytes", targets={RECORDED: 0.01}),
            {"sessions": sessions, "events": 0},
            sessions,
        ),
    ]
    for row, options, count in works_of:
        for _ in range(min(bench.rounds, 3)):  # it hardly varies
            with Servers() as servers:
                for subject in start(bench, servers, ("redis",), asyncio=False):
                    try:
                        grown = _growth(bench.load, subject.server, options)
                    except RunFailed as error:
                        if subject.server.protocol == "lash":
                            raise
                        row.notes.append(f"{subject.name} failed: {error}")
                        continue
                    row.add(subject.name, grown / count)
            row.add(RECORDED, RUST_EVENT_BYTES if "batch" in options else RUST_SESSION_BYTES)
        say(f"  {row.what}: {row.values}")
    return [row for row, _, _ in works_of]


def _growth(load: Load, server: Server, options: Options) -> int:
    load.run(server, {"sessions": 2, "events": 20, "keep": 1})  # what is there once
    before = server.resident
    load.run(server, {**options, "keep": 1})
    return server.resident - before


def store(bench: Bench) -> list[Row]:
    """The store in process; a process for each round and version."""
    targets = {
        in_process.APPEND: 0.8,
        in_process.WITH_IDS: 0.35,
        in_process.replay(100): 0.05,
        in_process.subscribe(100): 0.05,
        in_process.replay(2048): 0.01,
        in_process.subscribe(2048): 0.01,
    }
    rows = {
        what: Row(what, "ns", targets={"port": targets[what]} if what in targets else {})
        for what in (*in_process.WORK, in_process.LOOKED_AT, in_process.DAEMON)
    }
    for number in range(bench.rounds):
        for name in in_turn(list(bench.checkouts), number):
            for what, found in _in_process(bench, bench.checkouts[name]).items():
                rows[what].add(name, found["ours"])
                if name == OURS:
                    rows[what].add("port", found["port"])
    for what, row in rows.items():
        say(f"  {what}: { {name: round(median(v)) for name, v in row.values.items()} } ns")
    return [*rows.values(), *_memory_in_process(bench)]


def _memory_in_process(bench: Bench) -> list[Row]:
    """What sessions and events cost where the store is used as a library."""
    event = Row("an event of a full session", "bytes", targets={RECORDED: 0.25})
    session = Row("a session with one event", "bytes", targets={RECORDED: 0.01})
    for number in range(min(bench.rounds, 3)):  # it hardly varies
        for row, sessions, events, recorded in (
            (event, 2 if bench.quick else 20, 2048, RUST_EVENT_BYTES),
            (session, 20 if bench.quick else 500, 1, RUST_SESSION_BYTES),
        ):
            argv = ["--memory", str(sessions), str(events)]
            for name in in_turn(list(bench.checkouts), number):
                found = _in_process(bench, bench.checkouts[name], argv)[""]["ours"]
                row.add(name, found / (sessions * events))
            row.add(RECORDED, recorded)
    return [event, session]


def _in_process(
    bench: Bench, checkout: Path, options: Sequence[str] = ()
) -> dict[str, dict[str, float]]:
    own = environment(checkout, Path("/nonexistent"))
    # This benchmark with that checkout's lashd.
    own["PYTHONPATH"] = f"{ROOT}{os.pathsep}{checkout / 'daemon'}"
    argv = [sys.executable, "-m", "benchmarks.daemon.store", *options]
    argv += ["--quick"] if bench.quick and not options else []
    done = subprocess.run(argv, env=own, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunFailed(f"the store of {checkout}: {done.stderr.strip()[-500:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    if not Path(report["lashd"]).is_relative_to(checkout):
        raise RunFailed(f"{report['lashd']} was measured instead of {checkout}")
    work: dict[str, dict[str, float]] = report["work"]
    return work


def follow(bench: Bench) -> list[Row]:
    """What a follower of the list costs."""
    assert bench.load is not None
    with Servers() as servers:
        daemons = {one.name: one.server for one in start(bench, servers, asyncio=False)}
        return following.measure(bench.load, daemons, bench.rounds, quick=bench.quick)


def starts(bench: Bench) -> list[Row]:
    """Starts of the commands."""
    with Servers() as servers:
        daemons = {
            subject.name: (subject.server, bench.checkouts[subject.name])
            for subject in start(bench, servers, asyncio=False)
        }
        return commands.measure(servers, daemons, 1 if bench.quick else 5 * bench.rounds)


@dataclass(frozen=True, slots=True)
class Part:
    """A table."""

    title: str
    measure: Callable[[Bench], list[Row]]
    generated: bool = True
    """Whether it needs the load generator."""


PARTS: dict[str, Part] = {
    "publish": Part("Publishing, nobody reads", lambda b: _redis(b, works.PUBLISH)),
    "fan-out": Part(
        "Fan-out, published by 100, 1,000 on their way",
        lambda b: _redis_and_nats(b, works.FAN_OUT),
    ),
    "paced": Part("A steady stream", lambda b: _redis_and_nats(b, works.PACED)),
    "storm": Part("All readers come back at once", lambda b: _redis(b, works.STORM)),
    "mixed": Part("An agent's mix of events", mixed),
    "many": Part("Many publishers", lambda b: _redis(b, works.MANY)),
    "follow": Part("The list as a stream", follow),
    "rows": Part("A view of 10,000 rows", view_rows),
    "memory": Part("Memory", memory),
    "store": Part("The store in process", store, generated=False),
    "commands": Part("Start of the commands", starts, generated=False),
}
"""By the names that the command line takes."""
