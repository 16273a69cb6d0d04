"""The leader of a command's own terminal: it reports stops and ends, and holds nothing open."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest

from lashtui.diagnostics import CommandError
from lashtui.process.leader import Led, Report, next_report, spawn_led
from tests.waiting import children

pytestmark = pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")


class Started(NamedTuple):
    """A command under a leader, with what a test needs of it."""

    led: Led
    master: int
    wakeup: int

    def report(self) -> Report:
        """The next report, once it is announced."""
        while (report := next_report(self.led)) is None:
            assert select.select([self.wakeup], [], [], 30)[0]
            os.read(self.wakeup, 100)
        return report

    def reads(self, wanted: bytes) -> None:
        """Read the terminal until `wanted`."""
        seen = b""
        while wanted not in seen:
            assert select.select([self.master], [], [], 30)[0]
            seen += os.read(self.master, 1000)

    def reads_to_end(self) -> None:
        """Read until no program has the terminal open."""
        with suppress(OSError):  # EIO on Linux
            while os.read(self.master, 1000):
                pass


@pytest.fixture
def cat() -> Iterator[Started]:
    """A running `cat`."""
    master, slave = os.openpty()
    wakeup, wakeup_in = os.pipe()
    os.set_blocking(wakeup_in, False)
    targets = {0: slave, 1: slave, 2: slave}
    led = spawn_led(["cat"], targets, (), terminal=slave, wakeup=wakeup_in)
    started = Started(led, master, wakeup)
    os.write(master, b"hi\n")
    started.reads(b"hi\r\nhi")
    yield started
    for descriptor in (master, wakeup, wakeup_in, led.reports):
        os.close(descriptor)


def test_control_z_stops_the_command(cat: Started) -> None:
    """Its group is not orphaned, so the terminal can stop it; the leader lives on and says so."""
    os.write(cat.master, b"\x1a")
    assert cat.report() == Report(stopped=signal.SIGTSTP)
    os.killpg(cat.led.pid, signal.SIGCONT)
    os.write(cat.master, b"more\n")
    cat.reads(b"more\r\nmore")
    os.write(cat.master, b"\x04")
    assert cat.report() == Report(status=0)


def test_the_status_is_the_commands(cat: Started) -> None:
    """Also when a signal ends it; the leader is gone then, and the terminal has no more users."""
    os.write(cat.master, b"\x03")
    report = cat.report()
    assert report.status is not None
    assert os.waitstatus_to_exitcode(report.status) == -signal.SIGINT
    with pytest.raises(ChildProcessError):
        os.waitpid(cat.led.leader, os.WNOHANG)
    cat.reads_to_end()


def test_a_leader_that_is_killed(cat: Started) -> None:
    """That is an end too, and the command loses its terminal."""
    os.kill(cat.led.leader, signal.SIGKILL)
    while next_report(cat.led) is None:  # nothing announces it but SIGCHLD
        pass
    cat.reads_to_end()


def test_a_command_that_cannot_be_started() -> None:
    """The same error as without a leader, and no process stays."""
    master, slave = os.openpty()
    wakeup, wakeup_in = os.pipe()
    children_before = children()
    with pytest.raises(CommandError) as caught:
        spawn_led(["no-such-command"], {1: slave}, (), terminal=slave, wakeup=wakeup_in)
    assert caught.value.code == 127
    assert children() <= children_before
    for descriptor in (master, wakeup, wakeup_in):
        os.close(descriptor)
