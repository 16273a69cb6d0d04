"""The session that was watched last: one name in the user's state directory.

It is only a convenience: if it can't be read or written, the fleet starts at its top.
"""

from __future__ import annotations

from pathlib import Path

from lashtui.saved.atomic import replace_file

MAX_BYTES = 1024
"""A session name has at most 256 bytes; we never write a larger file."""


class LastSession:
    """Remembers one name. `path`: by default `last-session` in the user's state directory."""

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            from lashd.paths import state_dir

            path = state_dir() / "last-session"
        self.path = path

    def get(self) -> str | None:
        """The name; None if there is none."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            name = data.decode().strip("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return name if name and len(data) <= MAX_BYTES else None

    def put(self, session_id: str) -> None:
        """Remember `session_id`."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self.path, session_id.encode() + b"\n")
        except (OSError, UnicodeEncodeError):
            pass
