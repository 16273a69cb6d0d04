"""The real program in a pseudo-terminal at 120x40, on a real daemon with a real publisher."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.corpus import END_MARK
from benchmarks.place import ROOT, Place
from benchmarks.streamer import STREAM_END
from benchmarks.terminal import Terminal

HELD = rb"\xe2\x86\x93 "
"""The arrow of "held", which the status line shows when the reader has scrolled up."""
LIVE = rb"(?:\xe2\x97\x8f connected|\xe2\x97\x8b ended)(?:\x1b\[[0-9;]*m)* {6}"
"""The status line of one who follows: nothing stands behind its first words."""
KEY_PAUSE = 0.13
"""Seconds between two keys: not a divisor of the frame time, so that all phases are met."""


@dataclass
class Subject:
    """A program to measure."""

    name: str
    argv: list[str]
    session: str
    is_app: bool

    def key(self, terminal: Terminal, number: int) -> float:
        """Press a key and wait for what it does to the screen; milliseconds."""
        start = len(terminal.output)
        if not self.is_app:
            pressed = terminal.send(b"x")
            return (terminal.wait(b"<k%d>" % (number + 1), 30, start) - pressed) * 1000
        # Up holds the view, End lets it follow again: each repaints transcript and status line.
        keys, shown = (b"\x1b[A", HELD) if number % 2 == 0 else (b"\x1b[F", LIVE)
        pressed = terminal.send(keys)
        return (terminal.wait(shown, 30, start) - pressed) * 1000


def app(place: Place, session: str) -> Subject:
    """lashtui itself."""
    argv = [place.program("lashtui"), "attach", session]
    return Subject("lashtui", argv, session, True)


def empty() -> Subject:
    """An app of Textual's with a label."""
    return Subject("empty", [sys.executable, "-m", "benchmarks.empty"], "", False)


def peer(place: Place, kind: str, session: str) -> Subject:
    """One of the peers."""
    argv = [sys.executable, "-m", "benchmarks.peers", kind, str(place.socket), session]
    return Subject(kind, argv, session, False)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


# -- start, memory, idle, resize, end -----------------------------------------------------


def starts(place: Place, subjects: Sequence[Subject], times: int) -> dict[str, list[float]]:
    """Milliseconds from process start to the last entry on the screen, for each, taking turns."""
    result: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    for _ in range(times):
        for subject in subjects:
            mark = b"READY" if subject.name == "empty" else END_MARK.encode()
            with Terminal(subject.argv, place.env) as terminal:
                painted = terminal.wait(mark, 40)
                result[subject.name].append((painted - terminal.started) * 1000)
    return result


@dataclass
class Still:
    """A program that has loaded the session and in which nothing happens."""

    memory: float
    idle_cpu: float
    """Milliseconds of CPU in `idle_seconds`."""
    idle_seconds: float
    idle_bytes: int
    resizes: list[float]
    """Milliseconds from each resize to the last byte of the new picture."""
    resize_cpu: list[float]


def still(place: Place, subject: Subject, seconds: float = 5.0) -> Still:
    """Load, look, wait, resize."""
    with Terminal(subject.argv, place.env) as terminal:
        terminal.wait(END_MARK.encode(), 40)
        terminal.quiet(1.5)
        cpu, size = terminal.cpu(), len(terminal.output)
        terminal.run(seconds)
        idle_cpu, idle_bytes = terminal.cpu() - cpu, len(terminal.output) - size
        memory = terminal.memory()
        walls, cpus = [], []
        for columns in (100, 120, 90, 120, 80, 120):
            cpu = terminal.cpu()
            begun = terminal.resize(columns)
            size = len(terminal.output)
            while terminal.alive and len(terminal.output) == size:
                terminal.pump(1.0)
            walls.append((terminal.quiet(0.5, 60) - begun) * 1000)
            cpus.append((terminal.cpu() - cpu) * 1000)
    return Still(memory, idle_cpu * 1000, seconds, idle_bytes, walls, cpus)


def ticking(place: Place, subject: Subject, seconds: float = 6.0) -> float:
    """Repaints a second while a command runs and says nothing."""
    with Terminal(subject.argv, place.env) as terminal:
        terminal.wait(b"make check", 120)
        terminal.quiet(0.4, 5)
        begun = time.monotonic()
        terminal.run(seconds)
        return terminal.repaints(begun) / seconds


def detaches(place: Place, subject: Subject, times: int) -> list[float]:
    """Milliseconds from the key q to the shell's next word."""
    result = []
    command = ["sh", "-c", '"$@"; echo SHELL-IS-BACK', "sh", *subject.argv]
    for _ in range(times):
        with Terminal(command, place.env) as terminal:
            terminal.wait(END_MARK.encode(), 120)
            terminal.quiet(1.0)
            start = len(terminal.output)
            pressed = terminal.send(b"q")
            result.append((terminal.wait(b"SHELL-IS-BACK", 60, start) - pressed) * 1000)
    return result


# -- streaming ----------------------------------------------------------------------------


@dataclass
class Streamed:
    """What streaming did to a program."""

    rate: int
    count: int
    keys: list[float] = field(default_factory=list)
    """Milliseconds from key to screen while it streamed."""
    cpu: float = 0.0
    """Seconds, from the first event to the last one on the screen, without keys."""
    frames: float = 0.0
    """Repaints a second."""
    behind: float = 0.0
    """Milliseconds from the last event published to its word on the screen."""
    acknowledged: float = 0.0
    """Milliseconds until the daemon had acknowledged it."""
    memory: float = 0.0

    @property
    def cpu_per_thousand(self) -> float:
        """Milliseconds of CPU for 1,000 events."""
        return self.cpu * 1e6 / self.count


def stream(
    place: Place,
    subject: Subject,
    *,
    rate: int,
    seconds: float,
    keys: bool,
    kind: str = "deltas",
    patience: float = 60.0,
) -> Streamed:
    """Stream into a program that shows the session; press keys meanwhile, or measure CPU."""
    count = int(rate * seconds)
    result = Streamed(rate, count)
    with Terminal(subject.argv, place.env) as terminal:
        terminal.wait(END_MARK.encode(), 40)
        publisher = place.stream(subject.session, rate, count, kind)
        terminal.quiet(1.0)
        cpu, start = terminal.cpu(), len(terminal.output)
        begun = publisher.begin()
        number = 0
        if keys:
            terminal.run(0.3)
            while time.monotonic() - begun < seconds - 0.3:
                result.keys.append(subject.key(terminal, number))
                number += 1
                terminal.run(KEY_PAUSE)
            if number % 2 and subject.is_app:
                terminal.send(b"\x1b[F")
        shown = terminal.wait(STREAM_END.encode(), patience, start)
        result.frames = terminal.repaints(begun) / max(0.001, shown - begun)
        result.cpu = terminal.cpu() - cpu
        sent, acknowledged = publisher.end()
        result.behind = (shown - sent) * 1000
        result.acknowledged = (acknowledged - sent) * 1000
        result.memory = terminal.memory()
    return result


@dataclass
class Stalled:
    """What a terminal that stops reading did."""

    seconds: float
    daemon_answers: float
    """Milliseconds that the daemon took to answer meanwhile, at the worst."""
    acknowledged: float
    """Milliseconds from the last event to the daemon's acknowledgement."""
    recovered: float
    """Milliseconds from the terminal reading again to the last word on the screen."""


def stalled(place: Place, subject: Subject, seconds: float = 4.0, rate: int = 1000) -> Stalled:
    """Stream while nobody reads the terminal."""
    with Terminal(subject.argv, place.env) as terminal, place.client() as client:
        terminal.wait(END_MARK.encode(), 120)
        terminal.quiet(1.0)
        start = len(terminal.output)
        publisher = place.stream(subject.session, rate, int(rate * seconds))
        begun = publisher.begin()
        answers = []
        while time.monotonic() - begun < seconds:
            asked = time.monotonic()
            client.status()
            answers.append((time.monotonic() - asked) * 1000)
            time.sleep(0.05)
        sent, acknowledged = publisher.end()
        again = time.monotonic()
        shown = terminal.wait(STREAM_END.encode(), 60, start)
        late = (shown - again) * 1000
        return Stalled(seconds, max(answers), (acknowledged - sent) * 1000, late)


def compile_all() -> None:
    """Bytecode for what is not installed, or each start would compile it."""
    import compileall

    for folder in ("lashtui", "daemon", "benchmarks"):
        compileall.compile_dir(ROOT / folder, quiet=2)


def middle(values: Sequence[float]) -> float:
    """The median."""
    return median(values)
