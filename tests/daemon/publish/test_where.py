"""Where this process runs."""

from __future__ import annotations

import os

import pytest

from lashd.publish.where import tmux_of, tty_of, where_here, where_of


def stat_of(device: int, name: str = "a) (b") -> bytes:
    """A process's `stat` with this terminal."""
    return f"12 ({name}) S 1 12 12 {device} 12 4194560 1 2".encode()


def test_a_pane_of_tmux_is_read_from_the_environment() -> None:
    """Both parts are needed; a socket's path may hold commas."""
    given = {"TMUX": "/tmp/a,b/default,4711,3", "TMUX_PANE": "%12"}
    assert tmux_of(given) == {"socket": "/tmp/a,b/default", "pane": "%12"}
    assert tmux_of({"TMUX": "/tmp/x,1,0"}) is None
    assert tmux_of({"TMUX": "", "TMUX_PANE": "%1"}) is None
    assert tmux_of({}) is None


@pytest.mark.parametrize(
    ("stat", "tty"),
    [
        (stat_of(os.makedev(136, 7)), "/dev/pts/7"),
        (stat_of(os.makedev(137, 1)), "/dev/pts/257"),
        (stat_of(os.makedev(4, 2)), "/dev/tty2"),
        (stat_of(os.makedev(4, 0)), None),
        (stat_of(0), None),
        (stat_of(os.makedev(5, 1)), None),
        (b"12 (x) S 1", None),
        (b"12 (x) S 1 12 12 -3 0", None),
        (b"", None),
    ],
)
def test_a_terminal_is_read_from_the_devices_number(stat: bytes, tty: str | None) -> None:
    """Whatever the process calls itself."""
    assert tty_of(stat) == tty


def test_what_is_unknown_is_left_out() -> None:
    """A map as `open` takes it."""
    assert where_of({}, host="box", pid=None, tty=None) == {"host": "box"}
    assert where_here(5)["pid"] == 5
    assert "pid" not in where_here()
