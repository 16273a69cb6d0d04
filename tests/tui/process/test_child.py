"""A child's signals and end, as the proxy and the relay see them."""

from __future__ import annotations

import os
import select
import signal
from typing import TYPE_CHECKING

import pytest

from lashtui.diagnostics import CommandError
from lashtui.process.child import Child

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")


def wait_for(child: Child) -> int:
    """Its exit code, by the loop that an owner has."""
    while not child.has_exited:
        assert select.select([child.wakeup], [], [], 10)[0], "the end of a child wakes its owner"
        child.clear_wakeup()
        child.reap()
    return child.exit_code


@pytest.fixture
def ready() -> Iterator[tuple[int, int]]:
    """A pipe by which a child says that it has set its traps."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def test_its_end_wakes_the_loop() -> None:
    """The wake-up descriptor is readable when the child has exited; its code is the child's."""
    child = Child(["sh", "-c", "exit 7"], {})
    try:
        assert wait_for(child) == 7
        assert not child.interrupted
    finally:
        child.close()


def test_a_signal_that_kills_it() -> None:
    """The exit code is 128 and the signal's number, as in a shell."""
    child = Child(["sh", "-c", "kill -KILL $$"], {})
    try:
        assert wait_for(child) == 128 + signal.SIGKILL
    finally:
        child.close()


@pytest.mark.parametrize(("number", "interrupts"), [("TERM", True), ("USR1", False)])
def test_our_signals_reach_it(ready: tuple[int, int], number: str, interrupts: bool) -> None:
    """They don't end us; only those that end processes count as an interruption."""
    reading, writing = ready
    script = f"trap 'exit 9' {number}; echo; while :; do sleep 0.01; done"
    child = Child(["sh", "-c", script], {1: writing})
    try:
        assert os.read(reading, 1) == b"\n"
        os.kill(os.getpid(), signal.Signals[f"SIG{number}"])
        assert wait_for(child) == 9
        assert child.interrupted is interrupts
    finally:
        child.close()


def test_ignored_signals_are_not_forwarded() -> None:
    """`nohup lashtui run` protects the command as well."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    child = Child(["sh", "-c", "sleep 0.05"], {})
    try:
        os.kill(os.getpid(), signal.SIGHUP)
        assert wait_for(child) == 0
        assert not child.interrupted
    finally:
        child.close()
        signal.signal(signal.SIGHUP, before)


def test_further_signals_have_their_owner_s_handlers() -> None:
    """They are not forwarded, and they wake the loop."""
    seen: list[int] = []
    child = Child(
        ["sh", "-c", "sleep 0.05"], {}, on_signal={signal.SIGWINCH: lambda: seen.append(1)}
    )
    try:
        os.kill(os.getpid(), signal.SIGWINCH)
        assert select.select([child.wakeup], [], [], 0)[0]
        assert seen == [1]
        assert wait_for(child) == 0
    finally:
        child.close()


def test_closing_restores_what_was_there() -> None:
    """Handlers, the wake-up descriptor and the mask; also when the command can't be started."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGWINCH)
    before = [signal.getsignal(number) for number in numbers]
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    open_before = set(os.listdir("/proc/self/fd"))
    child = Child(["true"], {}, on_signal={signal.SIGWINCH: lambda: None})
    assert signal.getsignal(signal.SIGINT) != before[0]
    wait_for(child)
    child.close()
    with pytest.raises(CommandError):
        Child(["no-such-command-anywhere"], {})
    assert [signal.getsignal(number) for number in numbers] == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask
    assert signal.set_wakeup_fd(-1) == -1
    assert set(os.listdir("/proc/self/fd")) == open_before
