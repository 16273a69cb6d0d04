"""How what an agent tells its hooks gets here: each call of a hook leaves a file in a directory.

A reader has a directory of its own, named by its process, below one that only this user may enter.
The hook's script writes into those whose process runs, so without a reader it does nothing. It is a
program that the agent waits for, so it starts no other for the calls that come often; it says
nothing and never fails, because agents show that. No port and no secret is needed, and no proxy
that the user has set gets to see what is said.
"""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING, Any, Final, Self

from lashd.paths import make_private_dir
from lashtui.process.alive import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CALLS: Final = 1024
"""Calls that wait for a reader at a time; it reads every few milliseconds."""
MAX_CALL: Final = 8 * 1024 * 1024
"""Bytes of one call: the arguments of a tool that writes a large file are in it."""
MAX_READERS: Final = 64
"""Readers of one agent's hooks: a user runs one or two."""

LINE: Final = "line"
"""The script's argument for calls that come often and are short: it reads them by itself."""

_SCRIPT: Final = """\
#!/bin/sh
# Hands what {title} tells its hooks to lashtui, if that listens. Says nothing and never fails.
exec 2>/dev/null
umask 077
case "$1" in
  line) IFS= read -r told ;;
  *) told=$(cat) ;;
esac
for place in {place}/[0-9]*; do
  to="$place/$(($$ % {most}))"
  # A pipe that nobody reads would hold up the agent.
  kill -0 "${{place##*/}}" && [ ! -p "$to" ] && printf '%s\\n' "$told" >"$to"
done
exit 0
"""


def script(title: str, place: str) -> str:
    """The program that an agent is to run as its hook.

    Args:
        title: the agent's, for who reads it.
        place: the directory of the readers' directories.
    """
    quoted = "'" + place.replace("'", "'\\''") + "'"
    return _SCRIPT.format(title=title, place=quoted, most=MAX_CALLS)


class Spool:
    """A reader's directory; there as long as it reads."""

    def __init__(self, place: str) -> None:
        """Nothing is made before it is entered."""
        self._place = place
        self.folder = os.path.join(place, str(os.getpid()))

    def __enter__(self) -> Self:
        """Make it, and clear away those of readers that were killed.

        Raises:
            LifecycleError: it can't be made.
        """
        make_private_dir(self._place)
        for name in os.listdir(self._place)[:MAX_READERS]:
            if name.isdecimal() and not is_alive(int(name)):
                shutil.rmtree(os.path.join(self._place, name), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)  # of an earlier process of this number
        make_private_dir(self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self) -> list[dict[str, Any]]:
        """The calls since the last time, in their order."""
        found: list[tuple[int, str]] = []
        try:
            with os.scandir(self.folder) as entries:
                for entry, _ in zip(entries, range(MAX_CALLS), strict=False):
                    try:
                        found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
                    except OSError:
                        continue
        except OSError:
            return []
        return [call for _, path in sorted(found) for call in _calls(path)]


def _calls(path: str) -> Iterator[dict[str, Any]]:
    """What one file holds, once it is whole; it is gone then."""
    import msgspec  # late: before an agent is started it is not needed

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        data = os.read(descriptor, MAX_CALL + 1) if is_file else b""
    except OSError:
        return
    finally:
        os.close(descriptor)
    if not is_file:
        _remove(path)  # it would take a call's place for ever
        return
    try:
        if not data.endswith(b"\n") and len(data) <= MAX_CALL:
            return  # it is being written
        os.unlink(path)
        call = msgspec.json.decode(data)
    except (OSError, msgspec.DecodeError, UnicodeError, RecursionError):
        return
    if isinstance(call, dict):
        yield call


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        os.unlink(path)
    except OSError:
        pass


def readers(place: str) -> list[int]:
    """The processes that read now."""
    try:
        names = os.listdir(place)[:MAX_READERS]
    except OSError:
        return []
    return sorted(int(name) for name in names if name.isdecimal() and is_alive(int(name)))
