"""Files with a secret: a key, or a URL with a password."""

from __future__ import annotations

import os
import stat


def read_secret(path: str, most: int) -> bytes:
    """The one line that a file has, without its end.

    Args:
        path: the file; a pipe will do.
        most: bytes that the line may have.

    Raises:
        OSError: it can't be read.
        ValueError: it has more than that, or every user of this machine may read or change it.
    """
    with open(path, "rb") as file:
        about = os.fstat(file.fileno())
        if stat.S_ISREG(about.st_mode) and about.st_mode & stat.S_IRWXO:
            raise ValueError(
                f"{path} holds a secret, and everybody here may read or change it: chmod 600 {path}"
            )
        # A line of that length, its end, and one byte more, which says that there is more.
        line = file.read(most + 3).strip()
    if len(line) > most or len(line.splitlines()) > 1:
        raise ValueError(f"{path} must have one line of at most {most} bytes")
    return line
