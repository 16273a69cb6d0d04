"""The session that was watched last, one name in the user's state directory.

Where it can't be read or written the picker just starts at its top: a convenience, no more.
"""

from __future__ import annotations

import os
from pathlib import Path

MAX_BYTES = 1024
"""A session's name has at most 256 bytes; a larger file is not one of ours."""


class RecentSession:
    """Remembers one name. `path`: by default `last-session` in the user's state directory."""

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            from lashd.paths import state_dir

            path = state_dir() / "last-session"
        self.path = path

    def get(self) -> str | None:
        """The name; None where there is none."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            name = data.decode().strip("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return name if name and len(data) <= MAX_BYTES else None

    def put(self, session_id: str) -> None:
        """Remember `session_id`: a new file that replaces the old one, mode 0600."""
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            with open(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(session_id.encode() + b"\n")
            temporary.replace(self.path)
        except (OSError, UnicodeEncodeError):
            pass
