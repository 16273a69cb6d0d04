"""What a session was before its server's stream was joined, as events of that stream. Pure.

Version 1 keeps messages and their parts; each part is told as it is now, and a turn ends before the
next prompt. What is told again is told once: the reader knows parts, calls and steps by their ids.
Version 2 keeps its events themselves, with numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lashtui.producers.fields import int_of, map_of, maps_of, text_of
from lashtui.producers.opencode.sessions import TASKS, session_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lashd.protocol.records import Record

MAX_DEPTH: Final = 4
"""Subagents of subagents that are looked at."""
MAX_SUBAGENTS: Final = 64
"""Sessions of subagents whose past is asked for, of one session."""
_TEXTS: Final = ("text", "reasoning")


class Past:
    """The messages of a session and of its subagents."""

    def __init__(self, ask: Callable[[str], list[Record]]) -> None:
        """`ask`: gives the messages of a session."""
        self._ask = ask
        self.parents: dict[str, str] = {}
        """Sessions of subagents, and whose they are."""
        self.newest_prompt = ""
        """The newest message of a person in the session itself."""

    def events(self, session: str, *, is_idle: bool, after: str = "") -> Iterator[Record]:
        """All of the session, the oldest first.

        Args:
            session: its id.
            is_idle: its last turn has ended.
            after: a person's message that was told already, with all before it: what came since is
                told, from that message on.
        """
        last_at = None
        is_over = is_asked = False
        for message in self._ask(session):
            info, parts = map_of(message, "info"), maps_of(message, "parts")
            number, role = text_of(info, "id"), text_of(info, "role")
            if not number or number < after:  # ids ascend
                continue
            if role == "user":
                if is_over:
                    yield _event("session.idle", sessionID=session, time=last_at)
                self.newest_prompt = max(self.newest_prompt, number)
            is_asked = role == "user"  # and the server is about to answer, if it stays so
            is_over = not is_asked and _is_last_of_turn(info)
            yield from self._message(session, info, parts, 0, is_again=bool(after))
            last_at = _ended(info) or last_at
        if is_idle and not is_asked:
            yield _event("session.idle", sessionID=session, time=last_at)

    def _message(
        self, session: str, info: Record, parts: list[Record], depth: int, *, is_again: bool
    ) -> Iterator[Record]:
        error = info.get("error")
        unfailed = {key: value for key, value in info.items() if key != "error"}
        at = int_of(map_of(info, "time"), "created")
        yield _event("message.updated", sessionID=session, info=unfailed, time=at)
        for part in parts:
            if text_of(part, "type") == "step-start" and is_again:
                continue
            yield from self._part(session, part, at, depth, is_again=is_again)
        if error:
            yield _event("message.updated", sessionID=session, info=info, time=_ended(info))

    def _part(
        self, session: str, part: Record, at: int | None, depth: int, *, is_again: bool
    ) -> Iterator[Record]:
        kind, state = text_of(part, "type"), map_of(part, "state")
        time = map_of(state if kind == "tool" else part, "time")
        began, ended = int_of(time, "start") or at, int_of(time, "end")
        if kind in _TEXTS and time and ended is None:
            part = {**part, "text": ""}  # it is being written, and told once it is whole
        child = session_in(map_of(state, "metadata"))
        is_task = kind == "tool" and text_of(part, "tool") in TASKS and bool(child)
        if is_task and child not in self.parents and len(self.parents) < MAX_SUBAGENTS:
            self.parents[child] = session
            if depth < MAX_DEPTH:
                running = {**state, "status": "running"}
                yield _part_event(session, {**part, "state": running}, began)
                for message in self._ask(child):
                    info, parts = map_of(message, "info"), maps_of(message, "parts")
                    yield from self._message(child, info, parts, depth + 1, is_again=is_again)
        yield _part_event(session, part, ended or began)


def _is_last_of_turn(info: Record) -> bool:
    """Whether a turn ends with this message: it is over, and calls nothing that is answered yet."""
    if info.get("error"):
        return True
    is_over = int_of(map_of(info, "time"), "completed") is not None
    return is_over and text_of(info, "finish") not in ("tool-calls", "unknown")


def _ended(info: Record) -> int | None:
    time = map_of(info, "time")
    return int_of(time, "completed") or int_of(time, "created")


def _part_event(session: str, part: Record, at: int | None) -> Record:
    return _event("message.part.updated", sessionID=session, part=part, time=at)


def _event(kind: str, **given: Any) -> Record:
    return {"type": kind, "properties": {k: v for k, v in given.items() if v is not None}}
