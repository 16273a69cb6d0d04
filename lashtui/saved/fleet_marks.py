"""What the person has said about sessions: pinned, muted, and what they call them.

One file, `fleet.json` in the state directory, for all apps of this user: each change is made to
what the file says then, so that two apps don't lose each other's. It holds no text of an agent. A
file that can't be read or written costs a warning and the convenience; a damaged one is kept aside.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from lashtui.saved.atomic import replace_file
from lashtui.saved.session_key import SessionKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

MAX_SESSIONS = 2000
"""Sessions with marks; those changed longest ago are forgotten."""
MAX_NAME = 60
"""Characters of a name: more than the list's widest column shows."""
MAX_BYTES = 4 * 1024 * 1024
"""We never write a larger file: a session has a few hundred bytes, at most about 2,000."""
_VERSION = 1


class FleetMarks:
    """The marks of all sessions.

    Args:
        path: created with the first mark; None: nowhere, they hold for this app alone.

    Attributes:
        pinned: sessions that stand first in their groups.
        muted: sessions that neither count nor ring.
        names: what the person calls sessions.
        warnings: messages for the user about what could not be read or written, oldest first.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._keep({})
        self._read_at: tuple[int, int, int] | None = None
        self.read()

    @classmethod
    def of_user(cls) -> FleetMarks:
        """Those of this user, in their state directory."""
        from lashd.paths import state_dir

        return cls(state_dir() / "fleet.json")

    def read(self) -> bool:
        """Read what other apps have changed; whether anything is different now."""
        if self.path is None:
            return False
        stamp = _stamp(self.path)
        if stamp == self._read_at:
            return False
        self._read_at = stamp
        before = self._records
        try:
            self._keep(_load(self.path))
        except OSError as error:
            self._warn(f"pins, mutes and names can't be read: {error}")
        except ValueError:
            self._warn(f"{self.path} is damaged: pins, mutes and names in it are ignored")
        return self._records != before

    def set_pinned(self, key: SessionKey, on: bool) -> bool:
        """Pin a session, or don't any more; False if that can't be saved: see `warnings`."""
        return self._change(key, "pinned", True if on else None)

    def set_muted(self, key: SessionKey, on: bool) -> bool:
        """Mute a session, or don't any more; False if that can't be saved: see `warnings`."""
        return self._change(key, "muted", True if on else None)

    def set_name(self, key: SessionKey, name: str) -> bool:
        """Call a session `name`, or by its own if that is empty; False if it can't be saved."""
        return self._change(key, "name", " ".join(name.split())[:MAX_NAME] or None)

    def _change(self, key: SessionKey, what: str, value: object) -> bool:
        path = self.path
        if path is None:
            self._keep_here(key, what, value)
            return True
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(path):
                try:
                    records = _load(path)
                except ValueError:
                    records = {}
                    self._keep_damaged(path)
                _put(records, key, what, value)
                replace_file(path, _encode(records))
                self._read_at = _stamp(path)
        except OSError as error:
            self._warn(f"pins, mutes and names can't be saved: {error}")
            self._keep_here(key, what, value)
            return False
        self._keep(records)
        return True

    def _keep_here(self, key: SessionKey, what: str, value: object) -> None:
        """For this app alone."""
        records = dict(self._records)
        _put(records, key, what, value)
        self._keep(records)

    def _keep(self, records: dict[SessionKey, dict[str, Any]]) -> None:
        """These are the marks from now on: read out once, since they are asked for all the time."""
        self._records = records
        self.pinned = frozenset(key for key, each in records.items() if each.get("pinned"))
        self.muted = frozenset(key for key, each in records.items() if each.get("muted"))
        self.names: Mapping[SessionKey, str] = MappingProxyType(
            {key: str(each["name"]) for key, each in records.items() if "name" in each}
        )

    def _keep_damaged(self, path: Path) -> None:
        aside = path.with_name(f"{path.name}.damaged")
        os.replace(path, aside)
        self._warn(f"{path} was damaged; it is kept as {aside}")

    def _warn(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings = [*self.warnings, message][-20:]


def _load(path: Path) -> dict[SessionKey, dict[str, Any]]:
    """What the file says.

    Raises:
        OSError: it can't be read.
        ValueError: it is damaged.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    return _decode(data)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells one state of the file from another: each write makes a file of its own."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    lock = os.open(path.with_name(f"{path.name}.lock"), flags, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # held for one small write at a time
        yield
    finally:
        os.close(lock)


def _put(records: dict[SessionKey, dict[str, Any]], key: SessionKey, what: str, value: Any) -> None:
    """Change one thing about a session, which is the one changed last then."""
    record = dict(records.pop(key, {}))
    if value is None:
        record.pop(what, None)
    else:
        record[what] = value
    if record:
        records[key] = record
    for old in list(records)[: max(0, len(records) - MAX_SESSIONS)]:
        del records[old]


def _encode(records: dict[SessionKey, dict[str, Any]]) -> bytes:
    import json

    sessions = [{"host": host, "session": name, **rest} for (host, name), rest in records.items()]
    return json.dumps({"version": _VERSION, "sessions": sessions}, indent=1).encode() + b"\n"


def _decode(data: bytes) -> dict[SessionKey, dict[str, Any]]:
    """Marks that a later version has added stay as they are.

    Raises:
        ValueError: it is no such file.
    """
    import json

    if len(data) > MAX_BYTES:
        raise ValueError("too large")
    try:
        told = json.loads(data)
        sessions = told["sessions"]
        found: dict[SessionKey, dict[str, Any]] = {}
        for session in sessions[-MAX_SESSIONS:]:
            record = dict(session)
            key = SessionKey(str(record.pop("host")), str(record.pop("session")))
            if "name" in record:
                record["name"] = str(record["name"])[:MAX_NAME]
            found[key] = record
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not marks: {error!r}") from None
    return found
