"""Files written as a whole: readers, and crashes, see the old content or the new one."""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

PRIVATE = 0o600
_MAX_TRIES = 100
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


def replace_file(path: str | Path, data: bytes, *, private: bool = True) -> None:
    """Replace the file at `path`, or create it.

    A private file gets mode 0600. Any other is the user's own: it keeps its mode, and a new one
    gets what the umask leaves. Two threads of a process must not replace one file at a time; two
    processes may, and the last one wins.

    Raises:
        OSError: it can't be written; the old file is untouched.
    """
    folder, name = os.path.split(os.fspath(path))
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    kept = None if private else _mode_of(path)
    try:
        with open(_open(temporary, os.O_TRUNC, PRIVATE if private else 0o666), "wb") as file:
            if kept is not None:
                os.fchmod(file.fileno(), kept)
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        _unlink(temporary)
        raise


def write_new_file(directory: Path, name: str, data: bytes) -> Path:
    """Write `name` into `directory`, mode 0600; `name-2` and so on if that exists already.

    Returns the path that was written.

    Raises:
        OSError: it can't be written, or a hundred files of that name exist.
    """
    stem, suffix = os.path.splitext(name)
    for number in range(1, _MAX_TRIES):
        path = directory / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        try:
            # O_EXCL refuses a symbolic link as well, wherever it leads.
            descriptor = _open(str(path), os.O_EXCL, PRIVATE)
        except FileExistsError:
            continue
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
        except OSError:
            _unlink(str(path))
            raise
        return path
    raise FileExistsError(f"{directory / name} and {_MAX_TRIES - 2} more of that name exist")


def _open(path: str, flag: int, mode: int) -> int:
    return os.open(path, _FLAGS | flag, mode)


def _mode_of(path: str | Path) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
