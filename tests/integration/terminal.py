"""Real programs in a real terminal: tmux runs them, types for a person and reads the screen."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.waiting import wait_until

PATIENCE = 30.0
"""Seconds that a screen may take to show what is waited for, on a machine under load."""

needs_tmux = pytest.mark.skipif(
    shutil.which("tmux") is None and "LASHTUI_REQUIRE_TMUX" not in os.environ,
    reason="tmux is not installed",
)


class Place:
    """A home of its own for programs under test: sockets, state and settings of nobody else."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.socket = root / "run" / "d.sock"
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("LASHTUI")},
            "HOME": str(root),
            "LASHTUI_SOCKET": str(self.socket),
            "XDG_RUNTIME_DIR": str(root / "run"),
            "XDG_STATE_HOME": str(root / "state"),
            "XDG_CONFIG_HOME": str(root / "config"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "COLORTERM": "truecolor",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TEXTUAL_ANIMATIONS": "none",
        }
        # The last two come from where the tests run, and would tell a wrong size.
        for name in ("NO_COLOR", "TMUX", "COLUMNS", "LINES"):
            self.env.pop(name, None)
        (root / "run").mkdir(mode=0o700)

    def lashtui(self, *args: str, timeout: float = PATIENCE) -> subprocess.CompletedProcess[str]:
        """Run one command to its end, output captured."""
        return subprocess.run(
            ["lashtui", *args],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def daemon_pid(self) -> int:
        """The pid that the daemon tells of itself; 0 when none runs."""
        status = self.lashtui("daemon", "status", "--format", "json")
        if status.returncode:
            return 0
        return int(json.loads(status.stdout)["pid"])


@contextmanager
def place() -> Iterator[Place]:
    """A place in a short path (a socket's path has room for about 100 bytes), cleaned up."""
    with TemporaryDirectory(prefix="lt-", dir="/tmp") as directory:
        here = Place(Path(directory))
        try:
            yield here
        finally:
            here.lashtui("daemon", "stop")


class Terminal:
    """One tmux window of its own server."""

    def __init__(
        self,
        here: Place,
        command: str,
        columns: int = 120,
        rows: int = 40,
        shell: str = "bash --norc --noprofile",
    ) -> None:
        self._here = here
        self._name = f"lt-{os.getpid()}-{id(self):x}"
        self._tmux(
            *("new-session", "-d", "-s", "t", "-x", str(columns), "-y", str(rows)),
            f"exec env -i {_exports(here.env)} {shell}",
        )
        self._tmux("set-option", "-g", "history-limit", "20000")
        self.type(f"PS1='$ '; clear; {command}", enter=True)

    def _tmux(self, *args: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._name, "-f", "/dev/null", *args],
            env=self._here.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        return done.stdout

    def type(self, text: str, *, enter: bool = False) -> None:
        """Type characters as they are."""
        self._tmux("send-keys", "-t", "t", "-l", text)
        if enter:
            self.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        self._tmux("send-keys", "-t", "t", *keys)

    def screen(self) -> str:
        """What stands on the screen."""
        return self._tmux("capture-pane", "-p", "-t", "t")

    def colours(self) -> set[str]:
        """The control sequences on the screen that set a colour."""
        screen = self._tmux("capture-pane", "-e", "-p", "-t", "t")
        return set(re.findall(r"\x1b\[(?:[\d;]*;)?(?:[349][0-7]|10[0-7]|[34]8[;\d]*)m", screen))

    def history(self) -> str:
        """The screen and everything that scrolled out of it."""
        return self._tmux("capture-pane", "-p", "-S", "-", "-t", "t")

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        self._tmux("resize-window", "-t", "t", "-x", str(columns), "-y", str(rows))

    def wait_for(self, *texts: str) -> str:
        """Wait until all of `texts` stand on the screen; the screen then."""
        wait_until(
            lambda: all(text in self.screen() for text in texts),
            lambda: f"{texts!r} on the screen:\n{self.screen()}",
        )
        return self.screen()

    def wait_match(self, pattern: str) -> str:
        """Wait until the screen matches `pattern`; the screen then."""
        wait_until(
            lambda: re.search(pattern, self.screen()) is not None,
            lambda: f"{pattern!r} on the screen:\n{self.screen()}",
        )
        return self.screen()

    def wait_gone(self, text: str) -> str:
        """Wait until `text` is no longer on the screen; the screen then."""
        wait_until(lambda: text not in self.screen(), lambda: f"{text!r} gone:\n{self.screen()}")
        return self.screen()

    def take_copies(self) -> None:
        """Let programs write tmux's buffer, as they write a terminal's clipboard."""
        self._tmux("set-option", "-s", "set-clipboard", "on")

    def copied(self) -> str:
        """What was copied last; empty for nothing."""
        return self._tmux("show-buffer")

    def look_away(self) -> None:
        """The person is in another window of the server now."""
        self._tmux("new-window", "-t", "t")

    def look_back(self) -> None:
        """And in the first one again."""
        self._tmux("select-window", "-t", "t:0")

    def has_rung(self) -> bool:
        """Whether a bell came while the person was elsewhere."""
        flags = self._tmux("display-message", "-p", "-t", "t:0", "#{window_bell_flag}")
        return flags.strip() == "1"

    def title(self) -> str:
        """The title that the program has set."""
        return self._tmux("display-message", "-p", "-t", "t:0", "#{pane_title}").strip()

    def close(self) -> None:
        """Close the window and end its server."""
        self._tmux("kill-server")


def _exports(env: dict[str, str]) -> str:
    wanted = {key: value for key, value in env.items() if key.isidentifier()}
    return " ".join(f"{key}={shlex.quote(value)}" for key, value in wanted.items())


@contextmanager
def terminal(
    here: Place, command: str, columns: int = 120, rows: int = 40, **options: str
) -> Iterator[Terminal]:
    """A terminal that runs `command`."""
    window = Terminal(here, command, columns, rows, **options)
    try:
        yield window
    finally:
        window.close()
