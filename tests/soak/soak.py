"""The whole of a soak: acts one after another, some at a time, while a disturber is at work."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lashd.client.blocking import Client
from lashd.errors import LashdError
from lashd.testing.audit.marks import Record
from lashd.testing.drive import Drive
from lashd.testing.faults import Fault, Split, random_script
from lashd.testing.following import ListTable, ScriptedFollower
from lashd.testing.proxy import FaultProxy
from tests.soak.act import KINDS, PAUSE, Act
from tests.soak.disturber import Disturber
from tests.soak.figures import Figures
from tests.soak.stage import Stage
from tests.soak.tapping import WireTap

CONNECTIONS = 20_000
"""Through the proxy that have faults; beyond them they have none."""
BYTES = 300_000
"""Within which a connection is cut."""
LIST_WITHIN = 20.0
"""Seconds until the followers of the list have what the list says, once it is quiet."""
PROGRESS_EVERY = 300.0
"""Seconds between two tables of what there was so far."""
RELIABLE = 60.0
"""From so many seconds on there is time for suspensions that end connections."""


def soak(
    seconds: float,
    seed: int,
    *,
    at_once: int,
    rate: float,
    life: float,
    say: Callable[[str], None] = lambda _: None,
) -> Figures:
    """Run for about `seconds`, `at_once` sessions at a time, each for up to `life` seconds.

    `rate` is events a second of each session; `say` is called with each unexplained thing, and now
    and then with a table.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        # A shell's background jobs ignore it, and so would the readers that are to end by it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    figures = Figures(say)
    source = random.Random(seed)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lt-soak-", dir="/tmp") as directory:
        stage = Stage(Path(directory), figures)
        acts: dict[str, Act] = {}

        def note(way: str, session_id: str, message: Record) -> None:
            if message["type"] == "open":
                figures.add("publishers connected")
            act = acts.get(session_id)
            if act is not None:
                act.note(way, message)

        script = [
            [_coarser(fault) for fault in faults]
            for faults in random_script(seed, CONNECTIONS, max_bytes=BYTES, stalls=True)
        ]
        try:
            stage.start_daemon()
            with (
                FaultProxy(stage.socket_path, script, path=stage.proxy_path) as proxy,
                WireTap(stage.tap_path, stage.proxy_path, note),
            ):
                followers = _Followers(stage)
                followers.start()
                company = _Company(stage, acts, source, at_once=at_once, rate=rate, life=life)
                company.start()
                disturber = Disturber(stage, proxy, source, long=seconds > RELIABLE)
                due = begun + PROGRESS_EVERY
                while time.monotonic() < begun + seconds:
                    disturber.step()
                    if time.monotonic() > due:
                        due += PROGRESS_EVERY
                        say(f"after {time.monotonic() - begun:.0f} s:\n{figures.table()}")
                stage.over.set()
                while company.is_busy:
                    disturber.step()
                followers.finish()
                figures.add("connections through the faulty proxy", proxy.accepted)
            stage.signal_daemon(signal.SIGTERM)
            stage.await_end(0)
            _check_log(stage)
        finally:
            stage.kill_all()
    figures.add("seconds", round(time.monotonic() - begun))
    return figures


def _coarser(fault: Fault) -> Fault:
    """Snapshots of megabytes, byte by byte, would take minutes."""
    if isinstance(fault, Split):
        return Split(tuple(size * 500 + 1 for size in fault.sizes), fault.to)
    return fault


class _Company:
    """Keeps so many acts going."""

    def __init__(
        self,
        stage: Stage,
        acts: dict[str, Act],
        source: random.Random,
        *,
        at_once: int,
        rate: float,
        life: float,
    ) -> None:
        self._stage = stage
        self._acts = acts
        self._seeds = random.Random(source.random())
        self._rate, self._life = rate, life
        self._number = 0
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._play, name=f"acts {index}", daemon=True)
            for index in range(at_once)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def is_busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _play(self) -> None:
        while not self._stage.over.is_set():
            with self._lock:
                number, seed = self._number, self._seeds.getrandbits(32)
                life = self._seeds.uniform(0.5, 1.0) * self._life
                self._number += 1
            kind = KINDS[number % len(KINDS)]
            act = Act(self._stage, number, kind, seed, life=life, rate=self._rate)
            self._acts[act.session_id] = act
            act.run()
            self._stage.figures.add(f"sessions of `{kind}`")
            del self._acts[act.session_id]


class _Followers:
    """Follow the list: a scripted one, and `lashtui ls --follow` that is ended and resumed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._scripted = ScriptedFollower()
        self._table = ListTable()
        self._thread = threading.Thread(target=self._follow, name="followers", daemon=True)
        self._over = threading.Event()
        self._rest = threading.Event()
        self._source = random.Random(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._reading: threading.Thread | None = None

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Once it is quiet, both know what the list says."""
        self._rest.set()
        self._thread.join(LIST_WITHIN * 3)
        if self._thread.is_alive():
            self._stage.figures.wrong("a follower of the list does not come to its end")

    def _follow(self) -> None:
        with Drive(self._stage.proxy_path, self._scripted, pause=PAUSE) as drive:
            self._start()
            due = time.monotonic() + 5.0
            while not self._rest.is_set():
                self._step(drive)
                if time.monotonic() > due:
                    due = time.monotonic() + self._source.uniform(3.0, 10.0)
                    self._stage.figures.add("followers of the list ended and resumed")
                    self._end()
                    self._start()
            self._compare(drive)
            self._end()

    def _step(self, drive: Drive) -> None:
        drive.step()
        if self._process is not None and self._process.poll() is not None:
            self._end()  # there was no daemon as it began
            self._start()

    def _compare(self, drive: Drive) -> None:
        deadline = time.monotonic() + LIST_WITHIN
        differences = ["nothing was compared"]
        while differences and time.monotonic() < deadline:
            self._step(drive)
            with suppress(LashdError, OSError), Client(self._stage.socket_path) as client:
                listed = client.list()
                differences = [
                    f"{name}: {difference}"
                    for name, table in (("scripted", self._scripted.table), ("ls", self._table))
                    for difference in table.differences(listed)
                ]
        for difference in differences:
            self._stage.figures.wrong(f"a follower's table is not the list: {difference}")

    def _start(self) -> None:
        words = ["ls", "--follow", "--format=json"]
        if self._table.position is not None:
            words.append(f"--after={self._table.position}")
        self._process = self._stage.start(
            words,
            self._stage.socket_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._reading = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reading.start()

    def _end(self) -> None:
        process, reading = self._process, self._reading
        if process is None or reading is None:
            return
        self._stage.forget(process)
        process.send_signal(self._source.choice((signal.SIGTERM, signal.SIGKILL)))
        process.wait()
        reading.join()
        assert process.stdout is not None
        process.stdout.close()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.endswith(b"\n"):
                self._table.take(json.loads(line))


def _check_log(stage: Stage) -> None:
    for path in (stage.log_path, stage.log_path.with_name(stage.log_path.name + ".1")):
        if path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            stage.figures.add("lines in the daemon's log", len(text.splitlines()))
            if "Traceback" in text:
                stage.figures.wrong("the daemon logged: " + text.split("Traceback", 1)[1][-2000:])
