"""Log records into a session: errors as errors, the rest as diagnostics.

A record between turns waits for the next one, since a remark must not seem to begin a turn.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from lashd.session.events import Error, JsonValue, RuntimeDiagnostic
from lashd.session.jsonable import describe, plain_text

if TYPE_CHECKING:
    from lashd.publish.agent import AgentSession

MAX_MESSAGE = 8192
"""Characters of a record's message: a log line is read at a glance."""
MAX_NAME = 200
"""Characters of a logger's name."""


class SessionHandler(logging.Handler):
    """Publishes log records; never raises, and never hears itself.

    Args:
        session: where to; by default the session of the `@watched` function that logs.
        level: of the records taken.
        error_level: from here on a record is an error of the session, which as the last word of a
            turn makes that a failed one.
    """

    def __init__(
        self,
        session: AgentSession | None = None,
        level: int | str = logging.INFO,
        *,
        error_level: int = logging.ERROR,
    ) -> None:
        super().__init__(level)
        self._session = session
        self._error_level = error_level
        self._here = threading.local()

    def handle(self, record: logging.LogRecord) -> bool:
        """As every handler does, but without its lock: publishing has one of its own."""
        try:
            passed = bool(self.filter(record))
        except Exception:
            return False
        if passed:
            self.emit(record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Publish one record."""
        if getattr(self._here, "busy", False) or _is_ours(record.name):
            return
        self._here.busy = True
        try:
            self._publish(record)
        except Exception:
            pass  # logging must not break what it tells of
        finally:
            self._here.busy = False

    def _publish(self, record: logging.LogRecord) -> None:
        session = self._session
        if session is None:
            from lashd.publish.decorator import current_session

            session = current_session()
        message = _message(record)
        at = int(record.created * 1000)
        if record.levelno >= self._error_level:
            session.remark(Error(message), at)
            return
        data: dict[str, JsonValue] = {
            "level": plain_text(record.levelname, MAX_NAME),
            "logger": plain_text(record.name, MAX_NAME),
            "message": message,
        }
        session.remark(RuntimeDiagnostic("log", data), at)


def _message(record: logging.LogRecord) -> str:
    try:
        message = record.getMessage()
    except Exception:
        message = plain_text(record.msg, MAX_MESSAGE)  # arguments that don't fit it
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        message = f"{message}: {describe(error)}"
    return plain_text(message, MAX_MESSAGE)


def _is_ours(name: str) -> bool:
    return name == "lashd" or name.startswith("lashd.")
