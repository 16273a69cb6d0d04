"""Another machine: a real sshd on loopback, with keys made here, and a daemon behind it."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")

needs_sshd = pytest.mark.skipif(
    SSHD is None and "LASHTUI_REQUIRE_SSHD" not in os.environ,
    reason="openssh-server is not installed",
)
"""`.ci/run` sets the variable, so that these tests never skip there."""


class Network:
    """A network of its own, with a line to it that can be taken down.

    Raises:
        OSError: there is no `ip` here, or this user may not make one.
    """

    def __init__(self) -> None:
        self._name = f"lash{os.getpid()}"
        net = f"10.231.{os.getpid() % 250}"
        self.address = f"{net}.2"
        self.prefix = ("ip", "netns", "exec", self._name)
        """Runs a command in it."""
        self._ip("netns", "add", self._name)
        try:
            far = ("peer", "name", "far0", "netns", self._name)
            self._ip("link", "add", self._name, "type", "veth", *far)
            self._ip("addr", "add", f"{net}.1/30", "dev", self._name)
            self._ip("-n", self._name, "addr", "add", f"{self.address}/30", "dev", "far0")
            self._ip("-n", self._name, "link", "set", "far0", "up")
            self.set_line("up")
        except OSError:
            self.remove()
            raise

    def set_line(self, state: str) -> None:
        """`up` or `down`: then nothing gets through, and neither end hears of it."""
        self._ip("link", "set", self._name, state)

    def remove(self) -> None:
        """With its end of the line goes ours."""
        self._ip("netns", "del", self._name)

    def _ip(self, *words: str) -> None:
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


class FarHost:
    """A machine called `name`, whose daemon listens at `socket_path`; with `network`, in that."""

    def __init__(
        self, place: Path, name: str, socket_path: str, network: Network | None = None
    ) -> None:
        self.name = name
        self._address = network.address if network is not None else "127.0.0.1"
        self._prefix = network.prefix if network is not None else ()
        self._place = place / name
        self._place.mkdir()
        for key in ("host_key", "user_key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._place / key], check=True
            )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        lashtui = self._place / "lashtui"
        lashtui.write_text(f'#!/bin/sh\nexec {sys.executable} -m lashtui "$@"\n')
        lashtui.chmod(0o755)
        self.command = str(lashtui)
        self._config = self._place / "sshd_config"
        self._config.write_text(
            f"Port {self.port}\nListenAddress {self._address}\nHostKey {self._place}/host_key\n"
            f"AuthorizedKeysFile {self._place}/user_key.pub\nPasswordAuthentication no\n"
            "PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
            f"SetEnv LASHTUI_SOCKET={socket_path} XDG_STATE_HOME={place}/far-state"
            f" XDG_CONFIG_HOME={place}/far-config\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ssh_config(self) -> str:
        """The part of ssh's configuration that names it."""
        return (
            f"Host {self.name}\n  HostName {self._address}\n  Port {self.port}\n"
            f"  User {getpass.getuser()}\n"
            f"  IdentityFile {self._place}/user_key\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self._place}/known\n  StrictHostKeyChecking accept-new\n"
        )

    def start(self) -> None:
        """Take connections."""
        assert SSHD is not None, "openssh-server is required, and not installed"
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        log = self._place / "sshd.log"
        self._process = subprocess.Popen(
            [*self._prefix, SSHD, "-D", "-f", str(self._config), "-E", str(log)],
            start_new_session=True,
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((self._address, self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)

    def cut(self) -> None:
        """Break the connections that there are, as a network does; new ones are taken."""
        assert self._process is not None
        for pid in children_of(self._process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def stop(self) -> None:
        """Take no connections, and break those that there are."""
        if self._process is None:
            return
        self.cut()
        self._process.kill()
        self._process.wait()
        self._process = None


def children_of(pid: int) -> list[int]:
    """All processes below it: sshd's own for each connection, and what they run."""
    listing = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    below: dict[int, list[int]] = {}
    for line in listing.splitlines():
        child, parent = map(int, line.split())
        below.setdefault(parent, []).append(child)
    found, left = [], [pid]
    while left:
        children = below.get(left.pop(), [])
        found += children
        left += children
    return found


def put_ssh(place: Path, hosts: list[FarHost]) -> str:
    """An `ssh` that knows these hosts; the directory that it is in, for PATH."""
    config = place / "ssh_config"
    config.write_text("\n".join(host.ssh_config for host in hosts))
    folder = place / "near-bin"
    folder.mkdir()
    ssh = folder / "ssh"
    ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {config} "$@"\n')
    ssh.chmod(0o755)
    return str(folder)
