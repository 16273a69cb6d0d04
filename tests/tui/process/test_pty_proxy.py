"""The proxy below `run` restores descriptors, handlers and masks.

What users see of it is in tests/integration/test_run.py.
"""

from __future__ import annotations

import os
import signal

import pytest

from lashtui.diagnostics import CommandError
from lashtui.process.pty_proxy import Proxy
from tests.waiting import children

pytestmark = pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")


def descriptors() -> set[str]:
    """What is open."""
    return set(os.listdir("/proc/self/fd"))


def run(*command: str, pty: bool = False) -> tuple[int, bytes]:
    """(exit code, output)."""
    taken: list[bytes] = []
    with Proxy(command, pty=pty) as proxy:
        code = proxy.run(on_output=lambda data, source: taken.append(data), tick=lambda: None)
    return code, b"".join(taken)


@pytest.mark.parametrize("pty", [False, True])
def test_everything_is_restored(pty: bool, capfd: pytest.CaptureFixture[str]) -> None:
    """Handlers, the mask, the wake-up descriptor; no descriptor stays open."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGWINCH)
    before = [signal.getsignal(number) for number in numbers]
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    open_before = descriptors()
    code, output = run("sh", "-c", "echo out; exit 3", pty=pty)
    assert (code, output.replace(b"\r", b"")) == (3, b"out\n")
    assert [signal.getsignal(number) for number in numbers] == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask
    assert signal.set_wakeup_fd(-1) == -1
    assert descriptors() == open_before
    assert capfd.readouterr().out.replace("\r", "") == "out\n"


def test_a_missing_command_leaves_nothing_behind() -> None:
    """Construction raises, and no child or descriptor stays."""
    open_before, children_before = descriptors(), children()
    for pty in (False, True):
        with pytest.raises(CommandError) as caught:
            Proxy(["no-such-command-anywhere"], pty=pty)
        assert caught.value.code == 127
    assert descriptors() == open_before
    assert children() <= children_before


def test_the_command_has_ordinary_signals(capfd: pytest.CaptureFixture[str]) -> None:
    """Python ignores SIGPIPE; a command that inherited that would never end in `| head`."""
    script = "grep -E '^Sig(Blk|Ign):' /proc/self/status"
    _, output = run("sh", "-c", script)
    masks = dict(line.split(":\t") for line in output.decode().splitlines())
    assert int(masks["SigBlk"], 16) == 0
    assert not int(masks["SigIgn"], 16) & 1 << (signal.SIGPIPE - 1)
    capfd.readouterr()


def test_stdout_and_stderr_stay_apart(capfd: pytest.CaptureFixture[str]) -> None:
    """Stdout goes to our stdout, stderr to our stderr, and the callback knows which is which."""
    taken: dict[str, bytes] = {}

    def take(data: bytes, source: str) -> None:
        taken[source] = taken.get(source, b"") + data

    with Proxy(["sh", "-c", "echo a; echo b >&2"], pty=False) as proxy:
        assert proxy.run(on_output=take, tick=lambda: 0.01) == 0
    assert taken == {"out": b"a\n", "err": b"b\n"}
    assert capfd.readouterr() == ("a\n", "b\n")
