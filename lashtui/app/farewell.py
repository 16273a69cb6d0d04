"""What the app leaves behind when it ends: an exit code and lines for the person at the shell."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from lashtui.sanitize import safe_line


@dataclass(frozen=True, slots=True)
class Farewell:
    """How the app ended."""

    code: int = 0
    message: str = ""
    """One line for stderr; empty for none."""


def detached(session_id: str, socket_option: str | None) -> str:
    """How to come back to a session. `socket_option`: the socket, unless it is the default."""
    socket = f" --socket {shlex.quote(socket_option)}" if socket_option else ""
    name = safe_line(session_id)
    return f"detached from {name} - come back: lashtui{socket} attach {shlex.quote(name)}"
