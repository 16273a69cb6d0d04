"""What a start of the commands costs, as a ratio to `python -c pass`, in turns.

CPU, not the wall time of `benchmarks.startup`: that says as much of who else is at work.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.daemon.load import RunFailed
from benchmarks.daemon.servers import Server, Servers, environment
from benchmarks.daemon.stats import Row, in_turn
from benchmarks.startup import BASE, COMMANDS, SESSION
from lashd.publish.publisher import Publisher

TARGETS = {"--version": 2.5, "ls": 3.5, "attach, json, until synced": 3.5}
SCRIPT = "import sys; from lashtui.cli.main import main; sys.exit(main())"
"""As installed: the console script's few lines, without `-m`, which imports more."""


def measure(servers: Servers, ours: dict[str, tuple[Server, Path]], rounds: int) -> list[Row]:
    """CPU of each command of each checkout. A first round, which fills caches, is dropped."""
    for daemon, _ in ours.values():
        with Publisher(SESSION, socket_path=daemon.address, start_daemon=False) as publisher:
            publisher.prose("hello")
            publisher.commit()
    rows = {
        what: Row(
            f"`{what}`", "ms of CPU", targets={BASE: TARGETS[what]} if what in TARGETS else {}
        )
        for what in COMMANDS
        if what != BASE
    }
    for number in range(rounds + 1):
        base = _cpu(COMMANDS[BASE], environment(next(iter(ours.values()))[1], servers.home))
        for name in in_turn(list(ours), number):
            daemon, checkout = ours[name]
            own = environment(checkout, servers.home) | {"LASHTUI_SOCKET": daemon.address}
            for what, row in rows.items():
                taken = _cpu([sys.executable, "-c", SCRIPT, *COMMANDS[what]], own)
                if number:
                    row.add(name, taken * 1e3)
        for row in rows.values():
            if number:
                row.add(BASE, base * 1e3)
    return list(rows.values())


def _cpu(words: list[str], own: dict[str, str]) -> float:
    """Seconds of CPU that one command takes from its start to its end."""
    process = subprocess.Popen(words, env=own, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RunFailed(f"{' '.join(words[3:]) or words[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime
