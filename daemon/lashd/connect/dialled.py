"""A connection to the daemon of another machine: the system's ssh carries it.

`ssh` runs `lashtui daemon dial` there, with its stdin and stdout at the other end of our socket. It
knows the user's keys, aliases, jump hosts and agents; nothing of them is configured here.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading

from lashd.address import SshAddress, parse, shown
from lashd.errors import ConnectionFailed

MAX_SAID = 4096
"""Bytes kept of the end of what ssh and the far side print on stderr."""
WAIT_FOR_REASON = 2.0
"""Seconds to wait for ssh's exit code once the connection has ended: it has nothing left to do."""
HELLO_WITHIN = 20.0
"""Seconds for the hello of another machine: ssh's own ten to connect, and as much to log in."""
ANSWERED_WITHIN = 180.0
"""Seconds for the hello where ssh may ask: a person types a password, or compares a key."""

KEEPALIVE = ("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3")
"""A cut is noticed within 45 s, whatever the network says."""
CONNECT = ("-o", "ConnectTimeout=10")
NO_QUESTIONS = ("-o", "BatchMode=yes")
"""Wherever nobody can be asked for a password: in the app, in scripts, in the background."""

EXIT_LOST = 255
"""ssh's own: it could not connect, or the connection broke."""
EXIT_NO_COMMAND = 127
EXIT_NO_DAEMON = 5
"""`lashtui daemon dial`: none is running there, or none could be started; it says which."""
EXIT_USAGE = 2
"""lashtui's, where it has no `daemon dial` yet."""
NAME = "lashtui: "
"""What a complaint of the far side begins with."""
NOT_RUNNING = "no daemon is running"


class Questions:
    """Whether ssh may ask the person at this program's terminal."""

    allowed = False
    """Set by a command that a person waits for, with nothing else on the terminal."""


def command_of(address: SshAddress, *, start: bool, asks: bool) -> list[str]:
    """The command that dials. Nothing of an agent or a session is in it."""
    words = ["ssh", "-T", *KEEPALIVE, *CONNECT]
    if not asks:
        words += NO_QUESTIONS
    if address.port:
        words += ["-p", address.port]
    far = f"{address.command} daemon dial" + (" --start" if start else "")
    return [*words, "--", address.destination, far]


_running: set[subprocess.Popen[bytes]] = set()


def end_all() -> None:
    """End every ssh of this program that is still there: it has nothing to say any more, and over a
    network that is gone each would wait for the end of its keepalive."""
    for process in tuple(_running):
        process.terminate()


class DialledSocket(socket.socket):
    """Our end. Closing it ends ssh, which ends the far side."""

    __slots__ = ("_process", "_reaper", "_said", "_was_heard", "address")

    address: str
    _was_heard: bool
    """Something was received: the far side is there, and ends as we do."""
    _process: subprocess.Popen[bytes]
    _said: bytearray
    _reaper: threading.Thread

    def follow(self, address: str, process: subprocess.Popen[bytes]) -> None:
        """Watch the process that carries it."""
        self.address = address
        self._process = process
        self._said = bytearray()
        self._was_heard = False
        _running.add(process)
        self._reaper = threading.Thread(target=self._reap, name="lashd-ssh", daemon=True)
        self._reaper.start()

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As a socket's."""
        data = super().recv(size, flags)
        self._was_heard = self._was_heard or bool(data)
        return data

    def close(self) -> None:
        """As a socket's. An ssh that still connects, asks or logs in doesn't notice: it is ended,
        or it would stay as long as that takes."""
        is_open = self.fileno() >= 0
        super().close()
        if is_open and hasattr(self, "_process") and not self._was_heard:
            self._process.terminate()

    def _reap(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            while data := os.read(stream.fileno(), MAX_SAID):
                self._said += data
                del self._said[:-MAX_SAID]
        self._process.wait()
        _running.discard(self._process)

    def reason(self) -> ConnectionFailed:
        """Why it ended, in a sentence for people. Waits for ssh's end for a moment."""
        self._reaper.join(WAIT_FOR_REASON)
        said = bytes(self._said).decode("utf-8", "replace")
        return ConnectionFailed(why_ended(self.address, self._process.poll(), said))


def why_ended(address: str, code: int | None, said: str) -> str:
    """What ssh's exit code and its last words mean, and what to do."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1][:300].rstrip(".") if lines else ""
    last = "".join(each if each.isprintable() else "?" for each in last)
    where = shown(address)
    if code == EXIT_NO_COMMAND:
        return (
            f"lashtui is not found at {where}; install it there (`pipx install lashtui`), or say"
            " in config.toml where it is ([hosts.NAME] command)"
        )
    if code == EXIT_NO_DAEMON:
        why = last.removeprefix(NAME)
        if why and not why.startswith(NOT_RUNNING):
            return f"{where}: {why}"
        return f"no daemon is running at {where} (start one with `lashtui daemon start` there)"
    if code == EXIT_LOST:
        return (
            f"{where} can't be reached: {last or 'ssh does not say why'}{_way_out(address, last)}"
        )
    if code == EXIT_USAGE and "'dial'" in last:
        return f"lashtui at {where} is too old to be reached from another machine; upgrade it there"
    if last:
        return f"the connection to {where} ended: {last}"
    return f"the connection to {where} ended"


def _way_out(address: str, last: str) -> str:
    """What a person can do about ssh's last words, where it is for them to do."""
    parsed = parse(address)
    port = f"-p {parsed.port} " if parsed.port else ""
    way = f"`ssh {port}{parsed.destination}`"
    if "Permission denied" in last:
        return f"; nobody is asked for a password here: a key or an agent must do, try {way}"
    if "Host key verification failed" in last:
        return f"; check its key once with {way}"
    return ""


def dial(address: str, timeout: float | None, *, start: bool = False) -> DialledSocket:
    """A socket to the daemon at `address`; a daemon is started there if `start`.

    Whether it is reached is known with the first bytes: until then everything may still fail.

    Raises:
        ConnectionFailed: there is no ssh, or the address is none.
    """
    parsed = parse(address)
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with far:
        ours = DialledSocket(fileno=near.detach())
        try:
            process = subprocess.Popen(
                command_of(parsed, start=start, asks=Questions.allowed),
                stdin=far.fileno(),
                stdout=far.fileno(),
                stderr=subprocess.PIPE,
                # Ctrl-C in the app is no reason to hang up.
                start_new_session=not Questions.allowed,
            )
        except OSError as error:
            ours.close()
            what = "ssh is not installed here" if isinstance(error, FileNotFoundError) else error
            raise ConnectionFailed(f"can't reach {shown(address)}: {what}") from None
    ours.settimeout(timeout)
    ours.follow(address, process)
    return ours
