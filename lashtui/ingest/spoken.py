"""By which id an agent calls the session whose events it prints. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.producers.fields import map_of, text_of
from lashtui.producers.lines import LineSplitter

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_LINES: Final = 256
"""Lines in which it is looked for: agents say it in one of their first."""

MAX_LINE: Final = 1024 * 1024
"""Bytes of such a line; it may name all tools."""

_FIELDS: Final = {
    "claude": "session_id",
    "codex": "thread_id",
    "copilot": "sessionId",
    "gemini": "session_id",
    "kimi": "session_id",
    "opencode": "sessionID",
    "qwen": "session_id",
}


class SpokenId:
    """Finds it in what the agent prints."""

    def __init__(self, agent: str) -> None:
        """Nothing was printed yet."""
        self._agent = agent
        self._lines: LineSplitter | None = LineSplitter(MAX_LINE)
        self._left = MAX_LINES
        self.id = ""
        """Empty as long as it is not known."""

    def feed(self, data: bytes) -> None:
        """Read on, until it is known."""
        if self._lines is None:
            return
        for line in self._lines.feed(data):
            self._left -= 1
            self.id = self._in(line.data)
            if self.id or self._left <= 0:
                self._lines = None
                return

    def _in(self, line: bytes) -> str:
        try:
            record: Record = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return ""
        if not isinstance(record, dict):
            return ""
        if self._agent == "pi":
            return text_of(record, "id") if record.get("type") == "session" else ""
        field = _FIELDS.get(self._agent, "")
        return text_of(record, field) or text_of(map_of(record, "data"), field)
