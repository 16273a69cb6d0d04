"""`python -m benchmarks.hosts [HOSTS] [SESSIONS] [CHANGES] [SECONDS] [--dial]`: on many hosts.

All daemons and publishers are in one process, which is not measured. With `--dial` each host is
reached by a program in ssh's place that runs `lashtui daemon dial`; without, by its socket. Printed
are the time from a publish to the bytes on the terminal, at one change a second, and the CPU of the
app's process while nothing happens, in percent of one core. At most 1 s at p95 and 2 % are wanted
with 50 hosts of 20 sessions.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from statistics import median, quantiles

from benchmarks.one_tree import cpu_of
from benchmarks.place import PATIENCE, ROOT, Place, place
from benchmarks.terminal import Terminal
from lashd.events import Committed, UserMessage, Waiting
from lashd.publish.publisher import Publisher
from lashd.server.embedded import EmbeddedDaemon

SETTLE = 5.0
"""Seconds until the app has connected and runs as it will."""
BETWEEN = 1.0
"""Seconds between two changes."""
SSH = """#!/bin/sh
for last; do far=$host; host=$last; done
export LASHTUI_SOCKET="{root}/$far"
exec $last
"""
"""In ssh's place: its last two arguments are the host and what is to be run there."""


def serve(root: str, hosts: int, sessions: int) -> None:
    """Run the daemons, and do what stdin says: a host, a session, and what it asks from now on."""
    with ExitStack() as stack:
        agents: dict[tuple[str, str], Publisher] = {}
        for host in map("h{:02}".format, range(hosts)):
            socket = f"{root}/{host}"
            stack.enter_context(EmbeddedDaemon(socket_path=socket))
            for session in map("agent-{:02}".format, range(sessions)):
                agent = Publisher(session, socket_path=socket, start_daemon=False)
                agents[host, session] = stack.enter_context(agent)
                agent.publish(UserMessage("look after it"))
                agent.publish(Committed())
                agent.flush(PATIENCE)
        print("ready", flush=True)
        asking: Publisher | None = None
        for line in sys.stdin:
            host, session, question = line.split()
            if asking is not None:
                asking.publish(Committed())
            asking = agents[host, session]
            print(time.monotonic(), flush=True)
            asking.publish(Waiting(question))


def configure(here: Place, hosts: int, *, dials: bool) -> None:
    """Let the app know them."""
    config = here.root / "config" / "lashtui"
    config.mkdir(parents=True)
    lines = []
    for host in map("h{:02}".format, range(hosts)):
        destination = host if dials else f"unix:{here.root}/{host}"
        lines.append(f'[hosts.{host}]\ndestination = "{destination}"\n')
        lines.append(f'command = "{here.program("lashtui")}"\n')
    (config / "config.toml").write_text("".join(lines))
    ssh = here.root / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(SSH.format(root=here.root))
    ssh.chmod(0o755)
    here.env["PATH"] = f"{ssh.parent}{os.pathsep}{here.env['PATH']}"


def measure(here: Place, far: Far, changes: int, seconds: float) -> None:
    """Measure, and say it."""
    chance, hosts, sessions = random.Random(16), far.hosts, far.sessions
    with Terminal([here.program("lashtui")], here.env) as terminal:
        total = f"{hosts * sessions:,} sessions".encode()
        shown = terminal.wait(total, PATIENCE)
        print(f"all hosts shown after {shown - terminal.started:.1f} s")
        terminal.run(SETTLE)
        cpu, begun = cpu_of(terminal), time.monotonic()
        terminal.run(seconds)
        idle = (cpu_of(terminal) - cpu) * 100 / (time.monotonic() - begun)
        taken = []
        cpu, begun = cpu_of(terminal), time.monotonic()
        for number in range(changes):
            host, session = chance.randrange(hosts), chance.randrange(sessions)
            start = len(terminal.output)
            asked = far.ask(f"h{host:02} agent-{session:02} question-{number:04}")
            taken.append(terminal.wait(f"question-{number:04}".encode(), PATIENCE, start) - asked)
            terminal.run(BETWEEN)
        busy = (cpu_of(terminal) - cpu) * 100 / (time.monotonic() - begun)
        print(
            f"{hosts} hosts x {sessions} sessions: change on screen p50 {median(taken):.2f} s, p95"
            f" {quantiles(taken, n=20)[-1]:.2f} s, most {max(taken):.2f} s;"
            f" {idle:.1f} % of a core when nothing happens, {busy:.1f} % at a change a second;"
            f" {terminal.memory():.0f} MiB; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


class Far:
    """The process with the daemons."""

    def __init__(self, here: Place, hosts: int, sessions: int) -> None:
        self.hosts, self.sessions = hosts, sessions
        argv = [sys.executable, "-m", "benchmarks.hosts", "--serve", str(here.root)]
        self.process = subprocess.Popen(
            [*argv, str(hosts), str(sessions)],
            env=here.env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def ask(self, line: str) -> float:
        """Have a session ask; when it did."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return float(self._line())


def main() -> None:
    """Measure, and say it."""
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    words = sys.argv[1:]
    dials = "--dial" in words
    given = [int(each) for each in words if each != "--dial"]
    hosts, sessions, changes, seconds = (*given, *(50, 20, 40, 20)[len(given) :])
    with place() as here:
        configure(here, hosts, dials=dials)
        far = Far(here, hosts, sessions)
        try:
            measure(here, far, changes, seconds)
        finally:
            far.process.kill()
            far.process.communicate()


if __name__ == "__main__":
    main()
