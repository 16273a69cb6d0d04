"""Publishes log records into a session: errors as errors, the rest as diagnostics.

A record between turns is held back until the next turn begins, as it would seem to begin one.
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
    """Publishes log records; never raises, and ignores the records that publishing causes.

    Args:
        session: the session to publish into; by default that of the `@watched` function that logs.
        level: the lowest level that is published.
        error_level: the lowest level that is an error of the session. An error that is the last
            word of a turn fails the turn.
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
        self._local = threading.local()

    def handle(self, record: logging.LogRecord) -> bool:
        """Emit the record if it passes the filters. Takes no lock: publishing is thread-safe."""
        try:
            passed = bool(self.filter(record))
        except Exception:
            return False
        if passed:
            self.emit(record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Publish one record."""
        if getattr(self._local, "busy", False) or _is_lashd(record.name):
            return
        self._local.busy = True
        try:
            self._publish(record)
        except Exception:
            pass  # logging must not break the program
        finally:
            self._local.busy = False

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
        message = plain_text(record.msg, MAX_MESSAGE)  # arguments that don't match the format
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        message = f"{message}: {describe(error)}"
    return plain_text(message, MAX_MESSAGE)


def _is_lashd(name: str) -> bool:
    return name == "lashd" or name.startswith("lashd.")
