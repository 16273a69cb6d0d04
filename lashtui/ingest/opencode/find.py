"""opencode's servers on this machine: those that processes listen with, and version 2's service.

Version 2 writes where its service listens, and its password, to a file that only its user can read.
The password goes to that process alone, and nowhere else.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from lashtui.homes import user_home
from lashtui.ingest.growing import open_plain
from lashtui.ingest.opencode.http import Server, local_server
from lashtui.process.alive import is_alive
from lashtui.process.listening import Listening
from lashtui.process.others import commands_above
from lashtui.producers.fields import int_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lashd.protocol.records import Record
    from lashtui.process.listening import Listener

MAX_FILES: Final = 16
"""Services, one for each channel that opencode is released on."""
MAX_SERVICE: Final = 64 * 1024
"""Bytes of such a file."""


class Found(NamedTuple):
    """A server."""

    server: Server
    pid: int
    is_ours: bool = False
    """`lashtui run` has started it, and tells its sessions."""

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from others."""
        return self.pid, self.server.port


def state_folder(environment: Mapping[str, str]) -> str:
    """Where opencode keeps what runs."""
    home = user_home(environment)
    state = environment.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state")
    return os.path.join(state, "opencode")


def servers(environment: Mapping[str, str], seen: list[Listener]) -> list[Found]:
    """All that run here; `seen`: what `listening` sees, if this system shows that."""
    found: dict[tuple[int, int], Found] = {}
    for service in registered(state_folder(environment), seen):
        found.setdefault(service.key, service)
    password = environment.get("OPENCODE_SERVER_PASSWORD", "")
    user = environment.get("OPENCODE_SERVER_USERNAME") or "opencode"
    for each in seen:
        if (each.pid, each.port) not in found:
            server = Server(each.host, each.port, password, user)
            found[each.pid, each.port] = Found(server, each.pid, is_ours(each.pid))
    return list(found.values())


def registered(folder: str, seen: list[Listener]) -> list[Found]:
    """Version 2's services whose process runs; `seen`: what listens, where the system shows it."""
    found: list[Found] = []
    with suppress(OSError):
        names = sorted(os.listdir(folder))
        services = [name for name in names if name.startswith("service") and name.endswith(".json")]
        for name in services[:MAX_FILES]:
            record = _private(os.path.join(folder, name))
            pid = int_of(record, "pid")
            if record is None or pid is None or not is_alive(pid, is_own=True):
                continue
            try:
                server = local_server(text_of(record, "url"), text_of(record, "password"))
            except ValueError:
                continue
            # Another program may have its port by now, and would get the password.
            others = [each for each in seen if each.pid == pid]
            if others and all(each.port != server.port for each in others):
                continue
            found.append(Found(server, pid))
    return found


def is_ours(pid: int) -> bool:
    """Whether `lashtui run` has started this process."""
    for words in commands_above(pid):
        names = [os.path.basename(word) for word in words[:4]]
        if "lashtui" in names and "run" in words:
            return True
    return False


def listening() -> Listening:
    """Looks for the ports that opencode's processes listen on."""
    return Listening(is_opencode)


def is_opencode(name: str) -> bool:
    """Whether a process of this short name is opencode."""
    return name.startswith(("opencode", ".opencode"))


def _private(path: str) -> Record | None:
    """A file that this user alone can write; None if it isn't one."""
    try:
        descriptor = open_plain(path)
    except OSError:
        return None
    try:
        about = os.fstat(descriptor)
        is_own = stat.S_ISREG(about.st_mode) and about.st_uid == os.getuid()
        if not is_own or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return None
        record = json.loads(os.read(descriptor, MAX_SERVICE))
    except (OSError, ValueError, RecursionError):
        return None
    finally:
        os.close(descriptor)
    return record if isinstance(record, dict) else None
