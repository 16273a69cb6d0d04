"""The sides of a session that are no transcript: `Publisher.queue` and `Publisher.process`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from lashd.publish.scopes import MAX_ID, current_scope
from lashd.session.events import (
    JsonValue,
    ProcessChanged,
    QueueChanged,
    SessionProcessEventKind,
    SessionQueueEventKind,
)
from lashd.session.jsonable import jsonable, plain_text

if TYPE_CHECKING:
    from lashd.publish.agent import AgentSession

MAX_LABEL = 4096
"""Characters of a queued message, a process's label, a reason; a view keeps no more."""


class Queue:
    """`Publisher.queue`: messages or tasks that wait for the agent."""

    def __init__(self, publisher: AgentSession) -> None:
        self._publisher = publisher

    def enqueue(self, text: object = None, *, id: object = None, delivery: object = None) -> str:  # noqa: A002
        """Something waits from now on; its id, made up if not given."""
        batch_id = given_id(id) or uuid.uuid4().hex[:12]
        given = {"text": text, "delivery": delivery}
        details: dict[str, JsonValue] = {
            key: plain_text(value, MAX_LABEL) for key, value in given.items() if value is not None
        }
        batches = {batch_id: details} if details else {}
        change = QueueChanged(SessionQueueEventKind.ENQUEUED, [batch_id], batches)
        self._publisher.send(change)
        return batch_id

    def deliver(self, *ids: object) -> None:
        """The agent has taken these."""
        self._change(SessionQueueEventKind.DELIVERED, ids)

    def cancel(self, *ids: object) -> None:
        """These won't be worked on."""
        self._change(SessionQueueEventKind.CANCELLED, ids)

    def _change(self, kind: SessionQueueEventKind, ids: tuple[object, ...]) -> None:
        known = [given_id(each) or "" for each in ids]
        if known:
            self._publisher.send(QueueChanged(kind, known))


class Processes:
    """`Publisher.process`: what the agent lets run in the background."""

    def __init__(self, publisher: AgentSession) -> None:
        self._publisher = publisher

    def started(
        self,
        label: object = None,
        *,
        id: object = None,  # noqa: A002
        tool_call_id: object = None,
    ) -> str:
        """A process runs from now on; its id (a pid will do), made up if not given.

        `tool_call_id`: the call that started it, by default the one that surrounds it.
        """
        process_id = given_id(id) or uuid.uuid4().hex[:12]
        scope = current_scope(self._publisher.publisher_id)
        call = given_id(tool_call_id) or (scope.call_id if scope else None)
        details: dict[str, JsonValue] = {}
        if label is not None:
            details["label"] = plain_text(label, MAX_LABEL)
        if call is not None:
            details["tool_call_id"] = call
        self._change(SessionProcessEventKind.STARTED, process_id, details)
        return process_id

    def exited(self, id: object, exit_code: int | None = None, signal: object = None) -> None:  # noqa: A002
        """It has ended by itself; a code that is not 0, or a signal, is a failure.

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
        """It was stopped."""
        self._change(SessionProcessEventKind.CANCELLED, given_id(id) or "", {})

    def _change(
        self, kind: SessionProcessEventKind, process_id: str, details: dict[str, JsonValue]
    ) -> None:
        processes = {process_id: details} if details else {}
        self._publisher.send(ProcessChanged(kind, [process_id], processes))


def given_id(value: object) -> str | None:
    """An id as text; None for none."""
    return plain_text(value, MAX_ID) or None if value is not None else None


def number_of(value: object) -> int | float | None:
    """A finite number that every JSON reader holds exactly; None for anything else."""
    found = jsonable(value, MAX_ID)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if -(2**53) < found < 2**53 else None


def _signal_name(number: int) -> str:
    from signal import Signals

    try:
        return Signals(number).name
    except ValueError:
        return str(number)
