"""What names a session: the host whose daemon has it, and its name there."""

from __future__ import annotations

from typing import NamedTuple


class SessionKey(NamedTuple):
    """Two hosts may have sessions of the same name."""

    host: str
    """The name of a configured host; empty for this machine."""
    session_id: str

    @property
    def shown(self) -> str:
        """`box:web`; of this machine the name alone. To be neutralised."""
        return f"{self.host}:{self.session_id}" if self.host else self.session_id
