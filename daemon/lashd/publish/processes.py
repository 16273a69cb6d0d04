"""`Publisher.process`: processes that the agent runs in the background."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from lashd.publish.bounds import MAX_ID, MAX_LABEL
from lashd.publish.scopes import current_scope
from lashd.publish.values import given_id, number_of
from lashd.session.events import JsonValue, ProcessChanged, SessionProcessEventKind
from lashd.session.jsonable import plain_text

if TYPE_CHECKING:
    from lashd.publish.sink import AgentSink


class Processes:
    """The session's background processes."""

    def __init__(self, sink: AgentSink) -> None:
        self._sink = sink

    def started(
        self,
        label: object = None,
        *,
        id: object = None,  # noqa: A002
        tool_call_id: object = None,
    ) -> str:
        """A process has started; returns its id (a pid will do), which is made up if not given.

        `tool_call_id`: the call that started it; by default the innermost call around this one.
        """
        process_id = given_id(id) or uuid.uuid4().hex[:12]
        scope = current_scope(self._sink.publisher_id)
        call = given_id(tool_call_id) or (scope.call_id if scope else None)
        details: dict[str, JsonValue] = {}
        if label is not None:
            details["label"] = plain_text(label, MAX_LABEL)
        if call is not None:
            details["tool_call_id"] = call
        self._change(SessionProcessEventKind.STARTED, process_id, details)
        return process_id

    def exited(self, id: object, exit_code: int | None = None, signal: object = None) -> None:  # noqa: A002
        """A process has exited by itself; a non-zero code or a signal is a failure.

        A negative `exit_code` is a signal, as in `subprocess`.
        """
        details: dict[str, JsonValue] = {}
        code = number_of(exit_code)
        if signal is not None:
            details["signal"] = plain_text(signal, MAX_ID)
        elif code is not None and code < 0:
            details["signal"] = _signal_name(-int(code))
        if code is not None and code >= 0:
            details["exit_code"] = int(code)
        self._change(SessionProcessEventKind.EXITED, given_id(id) or "", details)

    def cancelled(self, id: object) -> None:  # noqa: A002
        """A process was stopped."""
        self._change(SessionProcessEventKind.CANCELLED, given_id(id) or "", {})

    def _change(
        self, kind: SessionProcessEventKind, process_id: str, details: dict[str, JsonValue]
    ) -> None:
        processes = {process_id: details} if details else {}
        self._sink.send(ProcessChanged(kind, [process_id], processes))


def _signal_name(number: int) -> str:
    from signal import Signals

    try:
        return Signals(number).name
    except ValueError:
        return str(number)
