"""The app as a shell's job: ctrl+z, SIGTSTP, `fg`, `bg` and `kill`."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.publish.publisher import Publisher
from tests.tui.daemons import publisher, say

from .pseudo_terminal import Pty, in_pty
from .terminal import Place

pytestmark = pytest.mark.timeout(120)

LEFT = b"\x1b[?1049l"
"""The end of the alternate screen."""


class Shell:
    """A shell that has started the app."""

    def __init__(self, terminal: Pty, agent: Publisher) -> None:
        self.terminal, self.agent = terminal, agent
        self._told = 0

    def told(self, wanted: bytes) -> bytes:
        """Read until `wanted` is told after all that was told before; what it was."""
        pattern = re.compile(wanted)
        found: list[re.Match[bytes]] = []

        def there() -> bool:
            match = pattern.search(self.terminal.output, self._told)
            found.extend([match] if match else [])
            return match is not None

        self.terminal.until(there, repr(wanted))
        said = self.terminal.output[self._told : found[0].end()]
        self._told = found[0].end()
        return said

    def type(self, keys: bytes) -> None:
        """Type `keys`, and forget what was told until now."""
        self._told = len(self.terminal.output)
        os.write(self.terminal.fd, keys)

    def pid(self) -> int:
        """The app's, while it is stopped."""
        self.type(b"echo pid $(jobs -p)\n")
        return int(self.told(rb"pid \d+").split()[-1])


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """The app is open, and shows its session."""
    place = Place(tmp_path)
    with EmbeddedDaemon() as daemon, publisher(daemon.socket_path) as agent:
        say(agent, "said before\n\n", "a")
        env = {**place.env, "LASHTUI_SOCKET": daemon.socket_path, "PS1": "$ "}
        words = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
        with in_pty(words, env) as terminal:
            found = Shell(terminal, agent)
            found.told(rb"\$ ")
            found.type(b"lashtui attach build\n")
            found.told(b"said before")
            found.told("● connected".encode())
            yield found


def test_the_key_stops_the_app_and_fg_brings_it_back(shell: Shell) -> None:
    """In between the terminal is the shell's; then the app draws all, and takes keys; and again."""
    for number in range(2):
        assert not shell.terminal.is_cooked()
        shell.type(b"\x1a")
        assert LEFT in shell.told(b"Stopped")
        assert shell.terminal.is_cooked()
        said = f"said away {number}"
        say(shell.agent, f"{said}\n\n", "a")
        shell.type(b"fg\n")
        drawn = shell.told(said.encode())
        assert b"\x1b[?1049h" in drawn
        assert b"said before" in drawn
        assert b"\x1b[22;2t" in drawn  # the shell has its own title back until then
        shell.terminal.press(b"?", "Esc to close")
        shell.type(b"q")
        shell.terminal.see_gone("Esc to close")
    shell.type(b"q")
    assert LEFT in shell.told(b"come back")


def test_the_signal_does_what_the_key_does(shell: Shell) -> None:
    """From another terminal, and in the middle of what the agent says."""
    shell.type(b"\x1a")
    shell.told(b"Stopped")
    pid = shell.pid()
    for number in range(3):
        shell.type(b"fg\n")
        for step in range(20):
            say(shell.agent, f"word {number}.{step}\n\n", "a")
        shell.told(f"word {number}.19".encode())
        os.kill(pid, signal.SIGTSTP)
        assert LEFT in shell.told(b"Stopped")
        assert shell.terminal.is_cooked()


def test_in_the_background_it_stays_stopped_and_can_be_ended(shell: Shell) -> None:
    """`bg` gives no program of the whole screen the terminal; `kill` needs none to end it."""
    shell.type(b"\x1a")
    shell.told(b"Stopped")
    shell.type(b"bg\n")
    shell.told(rb"&\r\n")
    shell.type(b"wait; echo waited\n")  # `wait` returns when a job stops
    shell.told(rb"\nwaited")
    assert shell.terminal.is_cooked()
    shell.type(b"kill %1\n")
    said = shell.told(rb"come back")
    assert b"\x1b[?1049h" not in said
    shell.terminal.press_until(b"jobs\n", "Exit 143")
    assert shell.terminal.is_cooked()


def test_stopped_without_a_warning_it_draws_again(shell: Shell) -> None:
    """SIGSTOP can't be caught; `fg` shows everything all the same."""
    shell.type(b"\x1a")
    shell.told(b"Stopped")
    pid = shell.pid()
    shell.type(b"fg\n")
    shell.told(b"said before")
    os.kill(pid, signal.SIGSTOP)
    shell.told(b"Stopped")
    shell.type(b"stty sane; fg\n")
    shell.told(b"said before")
    assert not shell.terminal.is_cooked()
