"""Where things are: the daemon's socket, its log, the user's state and configuration.

These are platformdirs' answers by plain rules over the environment: every command needs them, and
importing platformdirs takes a fifth of a short command's time. A test compares the two. On macOS,
where the directories have other names, platformdirs itself is used unless an XDG variable is set.
"""

from __future__ import annotations

import os
import stat
import sys

from lashd.address import (
    MAX_NAME,
    UNIX,
    check_host_name,
    host_address,
    is_remote,
    ssh_address,
)
from lashd.errors import LifecycleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

APP = "lashtui"
SOCKET_NAME = "lashd.sock"
SOCKET_VARIABLE = "LASHTUI_SOCKET"
HOST_VARIABLE = "LASHTUI_HOST"

MAX_SOCKET_PATH_BYTES = 107 if sys.platform.startswith("linux") else 103
"""`sun_path` holds 108 bytes on Linux and 104 on the BSDs and macOS, a NUL at the end included."""


def socket_path(
    explicit: str | os.PathLike[str] | None = None, *, environ: Mapping[str, str] | None = None
) -> str:
    """Where the daemon is: `explicit`, LASHTUI_HOST, LASHTUI_SOCKET, config.toml's or the default.

    Absolute, and short enough for a socket; or the address of another machine, as it is.

    Raises:
        LifecycleError: it is empty or too long for a socket, or config.toml can't be read.
    """
    env = os.environ if environ is None else environ
    if explicit is None and env.get(HOST_VARIABLE):
        explicit = address_of_host(env[HOST_VARIABLE], environ=env)
    chosen = os.fsdecode(explicit) if explicit is not None else env.get(SOCKET_VARIABLE) or None
    if chosen is not None and is_remote(chosen):
        return ssh_address(chosen)
    if chosen == "":  # an unset variable in a script must not mean the working directory
        raise LifecycleError(f"the socket path is empty (set --socket or {SOCKET_VARIABLE})")
    if chosen is None:
        chosen = _configured_socket(env) or os.path.join(runtime_dir(environ=env), SOCKET_NAME)
    return check_socket_path(os.path.abspath(os.path.expanduser(chosen)))


def address_of_host(host: str, *, environ: Mapping[str, str] | None = None) -> str:
    """The address of a host: a name in config.toml, `ssh://[user@]host[:port]` or `unix:PATH`.

    Raises:
        LifecycleError: it is none of them.
    """
    env = os.environ if environ is None else environ
    if is_remote(host):
        return ssh_address(host)
    if host.startswith(UNIX):
        return check_socket_path(os.path.abspath(os.path.expanduser(host_address(host))))
    from lashd.config import load

    file = config_path(environ=env)
    hosts = load(file).hosts
    if host not in hosts:
        check_host_name(host)
        names = ", ".join(hosts) or "none"
        raise LifecycleError(
            f"no host is called {host[:MAX_NAME]!r} in {file} (there: {names}); configure"
            f" [hosts.{host[:MAX_NAME]}], or use ssh://{host[:MAX_NAME]}"
        )
    found = hosts[host]
    address = host_address(found.destination, found.command)
    return address if is_remote(address) else check_socket_path(os.path.expanduser(address))


def configured_hosts(*, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The addresses of all hosts in config.toml, by name.

    Raises:
        LifecycleError: one has a socket that can't be.
        ConfigError: config.toml can't be read.
    """
    path = config_path(environ=environ)
    if not os.path.exists(path):
        return {}
    from lashd.config import load

    return {name: address_of_host(name, environ=environ) for name in load(path).hosts}


def _configured_socket(env: Mapping[str, str]) -> str | None:
    path = config_path(environ=env)
    if not os.path.exists(path):
        return None
    from lashd.config import load

    return load(path).socket


def check_socket_path(path: str | os.PathLike[str]) -> str:
    """`path` as a string, if it is short enough for a socket.

    Raises:
        LifecycleError: it is too long; the message says how long and what to do.
    """
    text = os.fsdecode(path)
    if "\0" in text:
        raise LifecycleError(f"the socket path has a null character: {text!r}")
    size = len(os.fsencode(text))
    if size > MAX_SOCKET_PATH_BYTES:
        raise LifecycleError(
            f"the socket path is {size} bytes long; at most {MAX_SOCKET_PATH_BYTES} are possible:"
            f" {text} (choose a shorter one with --socket or {SOCKET_VARIABLE})"
        )
    return text


def lock_path(socket: str) -> str:
    """The lock of the daemon at `socket`; it holds the daemon's pid while it lives."""
    return socket + ".lock"


def runtime_dir(*, environ: Mapping[str, str] | None = None) -> str:
    """The directory of the default socket: private to the user, gone after a reboot."""
    env = os.environ if environ is None else environ
    base = env.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(base) and os.path.isdir(base):
        return os.path.join(base, APP)
    temp = env.get("TMPDIR", "")
    return os.path.join(temp if os.path.isabs(temp) else "/tmp", f"{APP}-{os.getuid()}")


def state_dir(*, environ: Mapping[str, str] | None = None) -> Path:
    """Saved cursors and logs. Not created here; `make_private_dir` does that before a write."""
    return _base("XDG_STATE_HOME", ".local/state", environ)


def config_path(*, environ: Mapping[str, str] | None = None) -> str:
    """The user's config.toml, which may not exist."""
    return _base_text("XDG_CONFIG_HOME", ".config", environ) + "/config.toml"


def log_path(socket: str | os.PathLike[str], *, environ: Mapping[str, str] | None = None) -> str:
    """The log of the daemon at `socket`: one file for each socket path."""
    text = os.path.abspath(os.fspath(socket))
    name = "lashd.log"
    if text != os.path.join(runtime_dir(environ=environ), SOCKET_NAME):
        import zlib

        stem = os.path.basename(text).removesuffix(".sock")
        name = f"{stem}-{zlib.crc32(os.fsencode(text)):08x}.log"
    return os.path.join(_base_text("XDG_STATE_HOME", ".local/state", environ), name)


def make_private_dir(path: str | os.PathLike[str]) -> None:
    """Create `path` with mode 0700, or accept it if it exists and is the user's.

    Missing parents get 0700 too, as the XDG specification demands.

    Raises:
        LifecycleError: it can't be created, is not a directory, or belongs to another user.
    """
    text = os.fspath(path)
    try:
        parent = os.path.dirname(text)
        if parent and not os.path.isdir(parent):
            make_private_dir(parent)
        try:
            os.mkdir(text, 0o700)
        except FileExistsError:
            pass
        found = os.stat(text)
    except OSError as error:
        raise LifecycleError(f"can't create the directory {text}: {error.strerror}") from None
    if not stat.S_ISDIR(found.st_mode):
        raise LifecycleError(f"{text} is not a directory; move it away or choose another path")
    if found.st_uid not in (os.geteuid(), 0):
        raise LifecycleError(f"{text} belongs to another user (uid {found.st_uid})")


def _base(variable: str, default: str, environ: Mapping[str, str] | None) -> Path:
    from pathlib import Path

    return Path(_base_text(variable, default, environ))


def _base_text(variable: str, default: str, environ: Mapping[str, str] | None) -> str:
    env = os.environ if environ is None else environ
    base = env.get(variable, "")
    if not os.path.isabs(base):
        if sys.platform == "darwin":
            from platformdirs.macos import MacOS

            return MacOS(APP).user_state_dir  # the same as its configuration directory
        base = os.path.join(env.get("HOME") or os.path.expanduser("~"), default)
    return os.path.join(base, APP)
