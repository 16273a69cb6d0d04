"""Where a daemon is: a socket's path on this machine, or `ssh://` and a machine that ssh reaches.

An address is one text everywhere: what is saved of a session is saved beside it, and whatever takes
a socket's path takes it too. `ssh://DESTINATION?COMMAND` names the command that is lashtui there.
"""

from __future__ import annotations

from lashd.errors import LifecycleError

SSH = "ssh://"
UNIX = "unix:"
COMMAND = "lashtui"
"""What is run at the other machine, unless its configuration says another."""
FAR_APART = 0.05
"""Seconds between the first words to two other machines: fifty of them start an ssh each, which
may all log in at one jump host, and that takes ten at a time."""
MAX_NAME = 32
"""Characters of a host's name: it has a column of its own in the list."""
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


class SshAddress:
    """A machine that ssh reaches. Immutable by use."""

    __slots__ = ("command", "destination", "port")

    def __init__(self, destination: str, port: str, command: str) -> None:
        self.destination = destination
        """What ssh takes: a host, an alias of its configuration, with `user@` or without."""
        self.port = port
        """Digits; empty: ssh's own choice."""
        self.command = command
        """lashtui there, as that machine's shell takes it."""


def is_remote(address: str) -> bool:
    """Whether it names another machine."""
    return address.startswith(SSH)


def ssh_address(destination: str, command: str = COMMAND) -> str:
    """The address of `destination`, which is what ssh takes, or `ssh://[user@]host[:port]`.

    Raises:
        LifecycleError: it can't be a destination.
    """
    text = destination if is_remote(destination) else SSH + destination
    if "?" not in text and command != COMMAND:
        text = f"{text}?{command}"
    parse(text)
    return text


def host_address(destination: str, command: str = COMMAND) -> str:
    """The address of a host: `unix:PATH` is a socket here, all else is what ssh takes.

    Raises:
        LifecycleError: it can't be one.
    """
    if destination == UNIX:  # an unset variable must not mean the working directory
        raise LifecycleError(f"{UNIX!r} has no path; use unix:PATH")
    if destination.startswith(UNIX):
        return destination.removeprefix(UNIX)
    return ssh_address(destination, command)


def check_host_name(name: str) -> str:
    """`name` if a host can have it: it stands in lists and before sessions' names.

    Raises:
        LifecycleError: it is empty, long, or more than letters, digits, `.`, `_` and `-`.
    """
    if not 1 <= len(name) <= MAX_NAME or not set(name) <= _NAME_CHARACTERS:
        raise LifecycleError(
            f"{name[:MAX_NAME]!r} is no name of a host: up to {MAX_NAME} letters, digits, `.`, `_`"
            " and `-`"
        )
    return name


def parse(address: str) -> SshAddress:
    """The parts of an `ssh://` address.

    Raises:
        LifecycleError: it is no such address; nothing in it may be an option of ssh.
    """
    rest, _, command = address.removeprefix(SSH).partition("?")
    host, port = rest, ""
    head, colon, tail = rest.rpartition(":")
    if colon and tail.isdigit() and tail.isascii() and "]" not in tail:
        host, port = head, tail
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    user, at, name = host.rpartition("@")
    is_whole = name and not (at and not user) and host.isprintable() and " " not in host
    if not is_whole or host.startswith("-") or name.startswith("-") or "/" in host:
        raise LifecycleError(f"{address!r} is no host; use ssh://[user@]host[:port]")
    if not (command or COMMAND).isprintable():
        raise LifecycleError(f"the command of {SSH}{host} has a character that can't be printed")
    return SshAddress(host, port, command or COMMAND)


def far_name(address: str) -> str:
    """How people know another machine; empty for this one."""
    return shown(address) if is_remote(address) else ""


def shown(address: str) -> str:
    """How people know it: without the command."""
    return address.partition("?")[0] if is_remote(address) else address
