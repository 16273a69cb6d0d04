"""Whether an agent's terminal is a pane of the tmux server that we are in, and the way there. Pure.

What an agent says of itself is compared, never used: the socket is the one of our own $TMUX, and of
the pane's id nothing but a number is passed on. No shell sees any of it.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from lashd.publish.where import tmux_socket
from lashtui.text.place import short_home
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from lashd.view import Where

_PANE = re.compile(r"%([0-9]{1,9})")
"""A pane's id. tmux counts them from 0 as long as its server lives: a billion is never reached."""


class GoThere(msgspec.Struct, frozen=True):
    """A command that brings a pane to the front."""

    pane: str
    """`%12`."""
    argv: tuple[str, ...]


def way_to(
    environ: Mapping[str, str], where: Where | None, host: str, directory: str | None = None
) -> GoThere | str:
    """How to go where an agent runs; a sentence without a full stop if that can't be done.

    `environ` and `host` are ours; `directory` is the agent's.
    """
    if where is None and directory:
        shown = safe_line(short_home(directory, environ.get("HOME", "")), 120)
        return f"it runs in {shown}; its terminal is not known"
    if where is None:
        return "where it runs is not known"
    terminal = _terminal(where)
    if where.host and where.host != host:
        return f"its terminal is {terminal} on {safe_line(where.host, 60)}, not here"
    if where.tmux is None:
        what = f"its terminal is {terminal}"
        return f"{what}, not a pane of tmux" if where.tty else what
    socket = tmux_socket(environ)
    if not socket:
        return f"its terminal is {terminal}; you are not in tmux"
    if os.path.normpath(socket) != os.path.normpath(where.tmux.socket):
        return f"its terminal is {terminal} of another tmux server"
    found = _PANE.fullmatch(where.tmux.pane)
    if found is None:
        return "its pane of tmux has no valid id"
    pane = f"%{int(found[1])}"
    argv = ["tmux", "-S", socket]
    for number, command in enumerate(("switch-client", "select-window", "select-pane")):
        argv += [";"] if number else []
        argv += [command, "-t", pane]
    return GoThere(pane, tuple(argv))


def _terminal(where: Where) -> str:
    if where.tmux is not None:
        return f"tmux pane {safe_line(where.tmux.pane, 20)}"
    if where.tty:
        return safe_line(where.tty, 60).removeprefix("/dev/")
    return f"not known (pid {where.pid})" if where.pid is not None else "not known"
