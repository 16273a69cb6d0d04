"""Which file a place in a text means. Looks at the disk."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit


def path_of_address(address: str, host: str) -> str:
    """The path of a `file:` address; empty if it is of another machine, or none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme.lower() != "file" or parts.netloc not in ("", "localhost", host):
        return ""
    return unquote(parts.path)


def find_file(path: str, directory: str | None) -> tuple[str, str]:
    """The absolute path of an existing file, or "" and why it can't be opened.

    A relative path is one below `directory`, the session's; what leads out of it is refused.
    """
    if "\0" in path:
        return "", "not a path"
    try:
        given = Path(path).expanduser()
        if given.is_absolute():
            found = given
        elif directory and os.path.isabs(directory):
            root = Path(directory).resolve()
            found = (root / given).resolve()
            if not found.is_relative_to(root):
                return "", "outside of the session's directory"
        else:
            return "", "the session's directory is not known"
        if not found.is_file():
            return "", "no such file here"
    except (OSError, RuntimeError, ValueError):
        return "", "no such file here"
    return str(found), ""
