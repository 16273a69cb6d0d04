"""What is asked of Codex's app server, and which session each of its words belongs to. Pure.

The server tells everyone which threads it has and which of them work; what a thread says it tells
those who have joined it. So a thread is joined when it begins to work and left when it is idle: a
thread that somebody has joined stays loaded, and nothing of ours may keep it so. What it said
before we joined is read from its newest turns, and told first.

Nothing is ever answered, started or changed: the only requests are those of `_MAY_ASK`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from lashd.text import short
from lashtui.ingest.live.codex.family import Family
from lashtui.ingest.live.codex.words import (
    MAX_ID,
    UNWANTED,
    Thread,
    began_at,
    encode,
    is_active,
    is_done,
    is_over,
    item_named_by,
    joined,
    message_of,
    retold,
    thread_named_by,
    thread_of,
    turn_named_by,
)
from lashtui.producers.dedupe import bounded
from lashtui.producers.fields import map_of, maps_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record
    from lashtui.ingest.sink import Sink

LIST_EVERY: Final = 1.0
"""Seconds between two looks at the list of threads; the server tells of new ones itself."""
ANSWER_WITHIN: Final = 15.0
"""Seconds for an answer, before the server counts as hanging: it reads its database for some."""
RETRY_FIRST: Final = 0.05
RETRY_MOST: Final = 2.0
"""Seconds until a thread that could not be joined is tried again: it can't before its first turn
is on disk, some milliseconds after it began."""
AGAIN_AFTER: Final = 0.3
"""Seconds until the turns of an idle thread are read again, if one of them has not ended."""
MAX_TRIES: Final = 20
"""Tries to join one turn; then it is left to the files."""
OPEN_EVERY: Final = 1.0
"""Seconds until a session that another program publishes is asked for again."""
LEAVE_AFTER: Final = 3.0
"""Seconds without work after which a thread is left."""

MISSED: Final = 2
"""Lists without a thread, after which it is gone, should its end not have been told."""

MAX_THREADS: Final = 512
"""Threads that are known; no server has so many at work."""
MAX_LISTED: Final = 2048
"""Threads in the server's list that are looked at."""
LISTED: Final = 64
"""Turns in one answer without their items."""
PAGE: Final = 2
"""Turns in one answer with them: a turn can be hours of work."""
MAX_PAGES: Final = 256
MAX_TURNS: Final = 64 * 1024 * 1024
"""Lists of turns, and bytes of turns, that are read to catch up with a thread."""
MAX_HELD: Final = 16 * 1024 * 1024
"""Bytes of what a thread says that wait while its turns are read."""
MAX_TOLD: Final = 4096
"""Items and turns remembered as told, of one thread."""

_MAY_ASK: Final = frozenset(
    {
        "initialize",
        "thread/loaded/list",
        "thread/read",
        "thread/resume",
        "thread/turns/list",
        "thread/unsubscribe",
    }
)
_Then: TypeAlias = "Callable[[Record, bool], None]"
"""What to do with an answer; whether it is a result, and no error."""


class Sessions(Protocol):
    """Where sessions are told."""

    def open(self, thread: Thread) -> tuple[Sink, int] | None:
        """Where the thread is told from now on, and until when it was told: Unix milliseconds of
        the last turn's end. None: not now.
        """

    def close(self, thread: str) -> None:
        """It is not told any more, whether it has ended or not."""

    def warn(self, sentence: str) -> None:
        """One sentence for the user."""


class Unusable(Exception):
    """The server can't be followed; the message says why."""


class _Known:
    """A thread, and how far we are with it."""

    def __init__(self, thread: Thread) -> None:
        self.thread = thread
        self.family: Family | None = None
        self.is_active = False
        self.is_joined = False
        self.is_joining = False
        self.is_read = False
        """What it said before we knew it was read."""
        self.tries = 0
        self.due = 0.0
        """When to try again what could not be done."""
        self.idle_since = 0.0
        self.missed = 0
        """How often it was not in the list."""
        self.since = 0
        """Turns that began before this were told by somebody else: Unix milliseconds."""
        self.ended: dict[str, None] = {}
        """Turns that were told to their end."""
        self.told: dict[str, None] = {}
        """Items and turns of which nothing more is told, as they were read whole."""
        self.held: list[bytes] | None = None
        """What it says while its turns are read."""
        self.held_bytes = 0
        self.turns: list[Record] = []
        """Turns that were read, the newest first."""
        self.pages = 0
        self.missing = 0
        """Turns that were not told and are to be read."""
        self.read_bytes = 0


class Watcher:
    """One connection's state. It is given messages and times, and gives messages to send."""

    def __init__(
        self, sessions: Sessions, clock: Callable[[], float], *, now_ms: Callable[[], int]
    ) -> None:
        """Nothing is sent yet; `clock` gives seconds that never go back."""
        self._sessions = sessions
        self._clock = clock
        self._now_ms = now_ms
        self._out: list[bytes] = []
        self._number = 0
        self._asked: dict[int, tuple[_Then, float]] = {}
        self._known: dict[str, _Known] = {}
        self._waiting: dict[str, None] = {}
        """Threads that `thread/read` was asked for."""
        self._families: dict[str, Family] = {}
        self._is_ready = False
        self._list_at = 0.0
        self._listed: list[str] | None = None
        """What the list has so far, while its pages come."""

    # -- in and out ------------------------------------------------------------------------------

    def start(self) -> None:
        """Say hello."""
        client = {"name": "lashtui", "title": None, "version": "1"}
        wants = {"experimentalApi": True, "optOutNotificationMethods": list(UNWANTED)}
        self._ask("initialize", {"clientInfo": client, "capabilities": wants}, self._on_hello)

    def take(self, message: bytes) -> None:
        """One message of the server's."""
        record = message_of(message)
        method, number = record.get("method"), record.get("id")
        if not isinstance(method, str):
            known = self._asked.pop(number, None) if isinstance(number, int) else None
            if known is not None:
                is_result = isinstance(record.get("result"), dict)
                known[0](map_of(record, "result" if is_result else "error"), is_result)
            return
        params = map_of(record, "params")
        name = thread_named_by(params)
        if not name:
            return  # of the server, or the account
        if method == "thread/started":
            self._on_thread(thread_of(map_of(params, "thread")))
        elif method in ("thread/closed", "thread/deleted"):
            self._on_closed(name)
        else:
            self._on_word(name, method, params, message)

    def tick(self) -> None:
        """Do what is due; to be called several times a second.

        Raises:
            Unusable: the server does not answer.
        """
        now = self._clock()
        if any(now >= until for _, until in self._asked.values()):
            raise Unusable(f"it has not answered within {ANSWER_WITHIN:.0f} seconds")
        if not self._is_ready:
            return
        if self._listed is None and now >= self._list_at:
            self._list_at = now + LIST_EVERY
            self._listed = []
            self._ask_list(None)
        for known in [*self._known.values()]:
            self._attend(known, now)
        for family in self._families.values():
            family.tick()
            for sentence in family.take_warnings():
                self._sessions.warn(sentence)

    def take_out(self) -> list[bytes]:
        """What to send."""
        out, self._out = self._out, []
        return out

    def leave(self) -> None:
        """The connection is gone: others go on with what it told."""
        for thread, family in self._families.items():
            family.leave()
            self._sessions.close(thread)
        self._families.clear()
        self._known.clear()

    def _ask(self, method: str, params: Record, then: _Then) -> None:
        assert method in _MAY_ASK
        self._number += 1
        self._asked[self._number] = (then, self._clock() + ANSWER_WITHIN)
        self._out.append(encode({"id": self._number, "method": method, "params": params}))

    def _on_hello(self, answer: Record, is_result: bool) -> None:
        if not is_result:
            raise Unusable(f"it refused us: {short(text_of(answer, 'message'))}")
        self._out.append(encode({"method": "initialized"}))
        self._is_ready = True

    # -- which threads there are -----------------------------------------------------------------

    def _ask_list(self, cursor: str | None) -> None:
        self._ask("thread/loaded/list", {"cursor": cursor, "limit": MAX_THREADS}, self._on_list)

    def _on_list(self, answer: Record, is_result: bool) -> None:
        listed = self._listed if self._listed is not None else []
        names = answer.get("data")
        listed += [each for each in (names if isinstance(names, list) else []) if _is_id(each)]
        cursor = text_of(answer, "nextCursor")
        if is_result and cursor and len(listed) < MAX_LISTED:
            self._ask_list(cursor)
            return
        self._listed = None
        if not is_result:
            return
        for name in listed:
            self._ask_about(name)
            if name in self._known:
                self._known[name].missed = 0
        if not cursor:
            for name in self._known.keys() - set(listed):
                known = self._known[name]
                known.missed += 1  # the list may be older than the word of a new one
                if known.missed > MISSED:
                    self._on_closed(name)

    def _ask_about(self, name: str) -> None:
        """A thread that we have not seen yet."""
        if name in self._known or name in self._waiting or len(self._waiting) >= MAX_THREADS:
            return
        self._waiting[name] = None

        def then(answer: Record, is_result: bool) -> None:
            self._waiting.pop(name, None)
            if is_result:
                self._on_thread(thread_of(map_of(answer, "thread")))

        self._ask("thread/read", {"threadId": name}, then)

    def _on_thread(self, thread: Thread | None) -> None:
        if thread is None or len(self._known) >= MAX_THREADS:
            return
        known = self._known.get(thread.id)
        if known is None:
            known = self._known[thread.id] = _Known(thread)
        if not thread.is_hidden:
            known.thread = thread
            self._set_active(known, thread.is_active)
            self._attend(known, self._clock())

    def _on_closed(self, name: str) -> None:
        known = self._known.pop(name, None)
        if known is None:
            return
        for each in [*self._known.values()]:
            if each.thread.parent == name and not each.is_active:
                self._known.pop(each.thread.id)
        family = self._families.pop(name, None)
        if family is not None:
            for each in self._known.values():
                each.family = None if each.family is family else each.family
            family.end()
            self._sessions.close(name)

    def _set_active(self, known: _Known, active: bool) -> None:
        if active and not known.is_active:
            known.tries, known.due = 0, 0.0
        elif known.is_active and not active:
            known.idle_since = self._clock()
        known.is_active = active
        known.thread = known.thread._replace(is_active=active)

    # -- joining and leaving -----------------------------------------------------------------------

    def _attend(self, known: _Known, now: float) -> None:
        """Open, join or leave a thread, whatever is due."""
        if known.thread.is_hidden or now < known.due:
            return
        if known.family is None and not self._place(known, now):
            return
        family = known.family
        assert family is not None
        if known.is_active and not known.is_joined:
            if not known.is_joining and known.tries < MAX_TRIES:
                self._join(known)
        elif not known.is_read and not known.is_active and not known.is_joining:
            self._read(known)
        elif known.is_joined and not known.is_active and not known.is_joining:
            is_quiet = not family.is_busy and now - known.idle_since >= LEAVE_AFTER
            if is_quiet:
                known.is_joined = False
                self._ask("thread/unsubscribe", {"threadId": known.thread.id}, _nothing)

    def _place(self, known: _Known, now: float) -> bool:
        """Find the session that a thread belongs to."""
        thread = known.thread
        above = self._known.get(thread.parent) if thread.parent else None
        if thread.parent:
            if above is None or above.family is None:
                return False
            known.family, known.since = above.family, self._now_ms()
            known.family.feed(_started(thread))
            return True
        opened = self._sessions.open(thread)
        if opened is None:
            known.due = now + OPEN_EVERY
            return False
        sink, known.since = opened
        known.family = self._families[thread.id] = Family(thread.id, sink, self._clock)
        known.family.feed(_started(thread))
        return True

    def _read(self, known: _Known) -> None:
        """Read what is there of an idle thread: its last turn may have been told in part."""
        self._begin(known)
        self._ask_turns(known, None)

    def _begin(self, known: _Known) -> None:
        known.is_joining = True
        known.held, known.held_bytes = [], 0
        known.turns, known.pages, known.missing, known.read_bytes = [], 0, 0, 0

    def _join(self, known: _Known) -> None:
        self._begin(known)
        known.tries += 1
        name = known.thread.id

        def then(answer: Record, is_result: bool) -> None:
            if self._known.get(name) is not known:
                return
            if not is_result:
                self._not_joined(known)
                return
            known.is_joined, known.tries = True, 0
            self._on_joined(known, answer)

        self._ask("thread/resume", {"threadId": name, "excludeTurns": True}, then)

    def _not_joined(self, known: _Known) -> None:
        known.is_joining, known.held = False, None
        known.due = self._clock() + min(RETRY_MOST, RETRY_FIRST * 2**known.tries)

    def _on_joined(self, known: _Known, answer: Record) -> None:
        thread = thread_of(map_of(answer, "thread"))
        if thread is not None and known.family is not None and not thread.parent:
            known.thread = thread
            request, joining = joined(thread.record, text_of(answer, "model"))
            known.family.feed(request, "client")
            known.family.feed(joining)
        self._ask_turns(known, None)

    # -- what it said before we joined -------------------------------------------------------------

    def _ask_turns(self, known: _Known, cursor: str | None) -> None:
        """How many turns were not told: without their items, of which there may be megabytes."""

        def then(answer: Record, is_result: bool) -> None:
            if self._known.get(known.thread.id) is known:
                self._on_turns(known, answer if is_result else {})

        params = _page(known, cursor, LISTED, "notLoaded")
        self._ask("thread/turns/list", params, then)

    def _on_turns(self, known: _Known, answer: Record) -> None:
        known.pages += 1
        cursor = text_of(answer, "nextCursor")
        for turn in maps_of(answer, "data"):
            # Its times are in whole seconds here.
            is_old = is_over(turn) and began_at(turn) + 999 <= known.since
            if is_old or text_of(turn, "id") in known.ended:
                cursor = ""
                break
            known.missing += 1
        if cursor and known.pages < MAX_PAGES:
            self._ask_turns(known, cursor)
        elif known.missing:
            self._ask_whole(known, None)
        else:
            self._catch_up(known)

    def _ask_whole(self, known: _Known, cursor: str | None) -> None:
        """Read the turns that were not told."""

        def then(answer: Record, is_result: bool) -> None:
            if self._known.get(known.thread.id) is known:
                self._on_whole(known, answer if is_result else {})

        params = _page(known, cursor, min(PAGE, known.missing), "full")
        self._ask("thread/turns/list", params, then)

    def _on_whole(self, known: _Known, answer: Record) -> None:
        cursor, turns = text_of(answer, "nextCursor"), maps_of(answer, "data")
        known.missing -= len(turns)
        for turn in turns:
            is_old = is_over(turn) and began_at(turn) <= known.since
            if is_old or text_of(turn, "id") in known.ended:
                cursor = ""
                break
            known.turns.append(turn)
            known.read_bytes += len(encode(turn))
        if cursor and turns and known.missing > 0 and known.read_bytes < MAX_TURNS:
            self._ask_whole(known, cursor)
        else:
            self._catch_up(known)

    def _catch_up(self, known: _Known) -> None:
        """Tell the turns that were read, then what was held meanwhile."""
        family, thread = known.family, known.thread
        turns, held = known.turns, known.held or []
        known.turns, known.held, known.is_joining = [], None, False
        known.is_read = True
        if family is None:
            return
        since = known.since if thread.parent else 0
        for turn in reversed(turns):
            for record in retold(thread.id, turn, since, self._now_ms()):
                self._tell(known, record["method"], record["params"], encode(record))
            family.wait()
            self._note_told(known, turn)
        for message in held:
            record = message_of(message)
            self._tell(known, text_of(record, "method"), map_of(record, "params"), message)
        if turns and not is_over(turns[0]) and not known.is_active and known.tries < MAX_TRIES:
            # Its end comes just after the word that it is idle, which we may not hear.
            known.is_read, known.due = False, self._clock() + AGAIN_AFTER
            known.tries += 1

    def _note_told(self, known: _Known, turn: Record) -> None:
        for item in maps_of(turn, "items"):
            if is_done(item):
                bounded(known.told, text_of(item, "id"), MAX_TOLD)
        name = text_of(turn, "id")
        bounded(known.told, name, MAX_TOLD)
        if is_over(turn):
            bounded(known.ended, name, MAX_TOLD)

    # -- what it says ------------------------------------------------------------------------------

    def _on_word(self, name: str, method: str, params: Record, message: bytes) -> None:
        known = self._known.get(name)
        if known is None:
            self._ask_about(name)
            return
        if method == "thread/status/changed":
            self._set_active(known, is_active(map_of(params, "status")))
        if known.held is not None:
            known.held_bytes += len(message)
            if known.held_bytes <= MAX_HELD:
                known.held.append(message)
            else:
                raise Unusable("it says more than can be held")
        elif known.family is not None:
            self._tell(known, method, params, message)
        if method == "thread/status/changed":
            self._attend(known, self._clock())

    def _tell(self, known: _Known, method: str, params: Record, message: bytes) -> None:
        turn = turn_named_by(params)
        if method.startswith("item/") and item_named_by(params) in known.told:
            return
        if method == "turn/started" and turn in known.told:
            return
        if method == "turn/completed" and bounded(known.ended, turn, MAX_TOLD):
            return
        assert known.family is not None
        known.family.feed(message)


def _page(known: _Known, cursor: str | None, limit: int, view: str) -> Record:
    """Which turns are asked for, the newest first."""
    return {
        "threadId": known.thread.id,
        "cursor": cursor,
        "limit": limit,
        "sortDirection": "desc",
        "itemsView": view,
    }


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID


def _nothing(answer: Record, is_result: bool) -> None:
    pass


def _started(thread: Thread) -> bytes:
    params: Any = {"thread": thread.record}
    return encode({"method": "thread/started", "params": params})
