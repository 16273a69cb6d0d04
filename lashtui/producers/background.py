"""What an agent runs in the background: processes by name, until they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import JsonValue, Payload, ProcessChanged, SessionProcessEventKind
from lashd.text import short
from lashtui.producers.dedupe import MAX_BACKGROUND, MAX_LABEL, MAX_TAIL

if TYPE_CHECKING:
    from collections.abc import Callable


class _Process:
    __slots__ = ("call", "output")

    def __init__(self, call: str) -> None:
        self.call = call
        self.output = ""


class Background:
    """Those that run."""

    def __init__(self, emit: Callable[[Payload], None]) -> None:
        self._emit = emit
        self._running: dict[str, _Process] = {}

    def runs(self, name: str) -> bool:
        """Whether this one does."""
        return name in self._running

    def start(self, name: str, label: str, call: str) -> None:
        """One begins; `call`: the one that began it."""
        if name in self._running:
            return
        if len(self._running) >= MAX_BACKGROUND:
            del self._running[next(iter(self._running))]
        self._running[name] = _Process(call)
        details: dict[str, JsonValue] = {"label": short(label, MAX_LABEL) or name}
        if call:
            details["tool_call_id"] = call
        self._tell(SessionProcessEventKind.STARTED, name, details)

    def output(self, call: str, text: str) -> None:
        """The one that this call began has printed something; its end is kept."""
        for process in self._running.values():
            if process.call == call:
                process.output = (process.output + text)[-MAX_TAIL:]

    def end(self, name: str, code: int | None, *, was_cancelled: bool = False) -> None:
        """One has ended, if it ran."""
        process = self._running.pop(name, None)
        if process is None:
            return
        if was_cancelled:
            self._tell(SessionProcessEventKind.CANCELLED, name, {})
            return
        details: dict[str, JsonValue] = {} if code is None else {"exit_code": code}
        if process.output:
            details["output"] = process.output
        self._tell(SessionProcessEventKind.EXITED, name, details)

    def _tell(
        self, kind: SessionProcessEventKind, name: str, details: dict[str, JsonValue]
    ) -> None:
        self._emit(ProcessChanged(kind, [name], {name: details} if details else {}))
