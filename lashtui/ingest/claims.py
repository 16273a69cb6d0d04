"""Which of the agents' sessions are told by `run` now, so that their files are not told too.

A run keeps a file beside the daemon's socket, locked as long as it lives: a crash releases it.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from lashd.clock import now_ms
from lashd.paths import make_private_dir
from lashtui.ingest.growing import open_plain
from lashtui.ingest.transcripts import Key

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_KEYS: Final = 256
"""Sessions of one run: each `/clear` begins another one."""
MAX_CLAIMS: Final = 1024
"""Runs that are looked at; nobody watches more."""
MAX_CLAIM: Final = 64 * 1024
"""Bytes of a claim: `MAX_KEYS` lines."""

LATE: Final = 10_000
"""Milliseconds for which the claim of a run holds that has ended: what its agent wrote last is
noticed a moment later."""

_END: Final = "= "
_WORD: Final = re.compile(r"[0-9A-Za-z._:-]{1,128}\Z")
"""An agent's name or id; what has other characters is none."""


def claims_folder(socket: str) -> str:
    """Where those are who tell sessions to the daemon at `socket`."""
    return socket + ".claims"


class Claim:
    """The sessions that this process tells."""

    def __init__(self, folder: str, began_ms: int) -> None:
        """Nothing is written before the first session.

        Args:
            folder: of all claims.
            began_ms: when the agent was started; what a session said earlier is not told here.
        """
        self._folder = folder
        self._path = os.path.join(folder, str(os.getpid()))
        self._began_ms = began_ms
        self._descriptor = -1
        self._keys: set[Key] = set()

    def add(self, key: Key) -> None:
        """This one too.

        Raises:
            OSError: it can't be written.
            LashdError: there is no place for it.
        """
        if key in self._keys or len(self._keys) >= MAX_KEYS or not all(map(_WORD.match, key)):
            return
        if self._descriptor < 0:
            self._descriptor = self._begin()
        self._keys.add(key)
        os.write(self._descriptor, f"{key.agent} {key.id}\n".encode())

    def close(self) -> None:
        """Its agent has ended, and all of it was told."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.write(self._descriptor, f"{_END}{now_ms()}\n".encode())
            os.close(self._descriptor)
            self._descriptor = -1

    def drop(self) -> None:
        """None of it is told here any more."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.unlink(self._path)
            os.close(self._descriptor)
            self._descriptor = -1

    def _begin(self) -> int:
        """Locked before anybody can see it."""
        hidden = os.path.join(self._folder, f".{os.getpid()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        make_private_dir(self._folder)
        read_claims(self._folder)  # so that old ones go, even if nobody else looks at them
        descriptor = os.open(hidden, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(descriptor, f"{self._began_ms}\n".encode())
            os.rename(hidden, self._path)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


class Claimed(NamedTuple):
    """What is claimed now."""

    began: dict[Key, int]
    """When the run began that tells a session, in Unix milliseconds."""
    ended: dict[Key, int]
    """Of these, when the run ended that has told it until just now."""
    left: frozenset[Key]
    """Sessions whose run was killed; said once, as their claims are removed."""


NOTHING: Final = Claimed({}, {}, frozenset())


class _Read(NamedTuple):
    """One claim."""

    is_held: bool
    began: int
    ended: int
    """0: it has not."""
    keys: list[Key]


def read_claims(folder: str, at: int | None = None) -> Claimed:
    """The claims of all other processes, those that have ended just now included."""
    found = Claimed({}, {}, frozenset())
    left: set[Key] = set()
    now = now_ms() if at is None else at
    try:
        with os.scandir(folder) as entries:
            names = [each.name for each, _ in zip(entries, range(MAX_CLAIMS), strict=False)]
    except OSError:
        return NOTHING
    for name in names:
        if not name.isdecimal() or name == str(os.getpid()):
            continue
        path = os.path.join(folder, name)
        claim = _read(path)
        if claim is None:
            continue
        is_late = now - claim.ended < LATE
        if claim.is_held or (claim.ended and is_late):
            found.began.update(dict.fromkeys(claim.keys, claim.began))
        else:
            with suppress(OSError):
                os.unlink(path)
        if claim.ended:
            found.ended.update(dict.fromkeys(claim.keys, claim.ended))
        elif not claim.is_held:
            left.update(claim.keys)
    return found._replace(left=frozenset(left - found.began.keys()))


def _read(path: str) -> _Read | None:
    try:
        descriptor = open_plain(path)
    except OSError:
        return None
    is_held = False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        is_held = True
    try:
        text = os.pread(descriptor, MAX_CLAIM, 0).decode("utf-8", "replace")
        if os.fstat(descriptor).st_nlink == 0:  # removed meanwhile, perhaps for another one
            return None
    except OSError:
        return None
    finally:
        os.close(descriptor)
    first, *lines = text[: text.rfind("\n") + 1].splitlines() or [""]
    ended = next((_number(each[len(_END) :]) for each in lines if each.startswith(_END)), 0)
    return _Read(is_held, _number(first), 0 if is_held else ended, list(_keys(lines)))


def _keys(lines: list[str]) -> Iterator[Key]:
    for line in lines[:MAX_KEYS]:
        agent, _, name = line.partition(" ")
        if _WORD.match(agent) and _WORD.match(name):
            yield Key(agent, name)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
