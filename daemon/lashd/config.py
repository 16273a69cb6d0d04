"""`config.toml`: the daemon's bounds and the app's settings.

::

    socket = "/run/user/1000/other.sock"

    [daemon]            # as `DaemonLimits`; seconds and bytes
    publisher_grace = 30

    [daemon.store]      # as `StoreLimits`
    max_age = 600

    [daemon.view]       # as `ViewLimits`

    [quiet]             # as `QuietLimits`
    model = 300

    [hosts.box]         # a machine that `--host box` reaches
    destination = "me@box.example"   # what ssh takes, or "unix:PATH"
    command = "~/venv/bin/lashtui"   # lashtui there

    [app]               # the app checks these itself
    theme = "nord"

An unknown key is an error: a misspelt bound must not silently be the default.
"""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from lashd.address import COMMAND, check_host_name, host_address
from lashd.errors import ConfigError, LashdError
from lashd.limits import DaemonLimits, QuietLimits, StoreLimits, ViewLimits

MAX_CONFIG_BYTES = 1024 * 1024
"""A configuration is a page or two; this keeps a wrong file from being read whole."""

MAX_NUMBER = 2**63
"""Bounds are below it: more bytes than any machine has, more seconds than the sun will last."""
MAX_SHOWN = 80
"""Characters of a wrong value in a message: enough to find it in the file."""

_Limits = TypeVar("_Limits", DaemonLimits, StoreLimits, ViewLimits, QuietLimits)


MAX_HOSTS = 64
"""Hosts that are configured: each is a connection that is kept."""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine by its name in the configuration."""

    destination: str
    command: str = COMMAND


@dataclass(frozen=True, slots=True)
class Config:
    """What config.toml says, with defaults for the rest."""

    socket: str | None = None
    limits: DaemonLimits = field(default_factory=DaemonLimits)
    hosts: dict[str, Host] = field(default_factory=dict)
    """By name, in the order of the file."""
    app: dict[str, Any] = field(default_factory=dict)
    """The `[app]` table, unchecked."""


def load(path: str | os.PathLike[str]) -> Config:
    """The configuration at `path` (`lashd.paths.config_path()`); defaults if there is no file.

    Raises:
        ConfigError: it can't be read, or holds an unknown key or a wrong value.
    """
    file = os.fspath(path)
    try:
        data = _read(file)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise ConfigError(f"can't read {file}: {error.strerror}") from None
    if len(data) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{file} is over {MAX_CONFIG_BYTES} bytes; is it the right file?")
    try:
        tables = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from None
    except ValueError:  # Python's own limit
        raise ConfigError(f"{file} has a number with too many digits") from None
    except RecursionError:
        raise ConfigError(f"{file} is nested too deeply") from None
    return _config(file, tables)


def _read(file: str) -> bytes:
    """The file, cut one byte after what a configuration may hold.

    Raises:
        ConfigError: it is a pipe or a device, which may never end.
        OSError: it can't be read.
    """
    # Opening a pipe without a writer would block.
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ConfigError(f"can't read {file}: it is not a regular file")
        return stream.read(MAX_CONFIG_BYTES + 1)


def shown(value: object) -> str:
    """A wrong value on one line, for a message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer that Python refuses to print
        return "(too large to show)"
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _config(file: str, tables: dict[str, Any]) -> Config:
    _known(file, "", tables, ("socket", "daemon", "quiet", "hosts", "app"))
    socket = tables.get("socket")
    if socket is not None and (not isinstance(socket, str) or not socket):
        raise ConfigError(f"{file}: socket = {shown(socket)} is not a path")
    daemon = _table(file, "daemon", tables.get("daemon", {}))
    store = _limits(file, "daemon.store", daemon.pop("store", {}), StoreLimits())
    view = _limits(file, "daemon.view", daemon.pop("view", {}), ViewLimits())
    limits = _limits(file, "daemon", daemon, DaemonLimits())
    quiet = _limits(file, "quiet", tables.get("quiet", {}), QuietLimits())
    app = _table(file, "app", tables.get("app", {}))
    hosts = _hosts(file, tables.get("hosts", {}))
    return Config(socket, replace(limits, store=store, view=view, quiet=quiet), hosts, app)


def _hosts(file: str, value: object) -> dict[str, Host]:
    hosts = {}
    for name, given in _table(file, "hosts", value).items():
        table = f"hosts.{name}"
        host = _table(file, table, given)
        _known(file, table, host, ("destination", "command"))
        for key, text in host.items():
            if not isinstance(text, str) or not text:
                wrong = "is empty" if text == "" else "is not text"
                raise ConfigError(f"{file}: {key} = {shown(text)} in [{table}] {wrong}")
        if "destination" not in host:
            raise ConfigError(f"{file}: [{table}] needs a destination, what ssh takes")
        try:
            check_host_name(name)
            host_address(**host)
        except LashdError as error:
            raise ConfigError(f"{file}: [{table}]: {error}") from None
        hosts[name] = Host(**host)
    if len(hosts) > MAX_HOSTS:
        raise ConfigError(f"{file}: {len(hosts)} hosts; at most {MAX_HOSTS} are possible")
    return hosts


def _table(file: str, name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{file}: {name} = {shown(value)} must be a table, [{name}]")
    return dict(value)


def _known(file: str, table: str, given: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in given:
        if key in known:
            continue
        import difflib

        near = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
        where = f" in [{table}]" if table else ""
        raise ConfigError(f"{file}: unknown key {key}{where}; {hint}")


def _limits(file: str, table: str, value: object, default: _Limits) -> _Limits:
    given = _table(file, table, value)
    numbers = {
        item.name: getattr(default, item.name)
        for item in fields(default)
        if isinstance(getattr(default, item.name), int | float)
    }
    _known(file, table, given, tuple(numbers))
    for key, number in given.items():
        whole = isinstance(numbers[key], int)
        good = isinstance(number, int if whole else int | float) and not isinstance(number, bool)
        if not good or not 0 < number < MAX_NUMBER:
            kind = "a whole number" if whole else "a number"
            wrong = f"{key} = {shown(number)} in [{table}]"
            raise ConfigError(f"{file}: {wrong} must be {kind} above 0 and below 2**63")
    return replace(default, **given)
