"""Follows one opencode server in a thread: of each session the past first, then what happens.

Nothing is ever sent to the server but GETs. Its stream is joined before the past is asked for, so
that nothing falls between; what is told twice by that is known by its ids and numbers.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from lashtui.ingest.opencode.http import NotThere, Refused, ServerError
from lashtui.ingest.opencode.past import MAX_SUBAGENTS, Past
from lashtui.ingest.opencode.routes import About, Event, Routes, about_of
from lashtui.producers.dedupe import bounded
from lashtui.producers.fields import int_of, map_of, maps_of, text_of
from lashtui.producers.providers.sse import SseSplitter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lashd.protocol.records import Record
    from lashtui.ingest.opencode.http import Server

MAX_WAITING: Final = 1024
"""Pieces that nobody has taken yet. A server's memory must not grow because of us: it is left then,
and joined again later."""
TAKEN_WITHIN: Final = 5.0
"""Seconds."""
AGAIN_AFTER: Final = (0.25, 5.0)
"""Seconds to the next attempt: at first, and at most."""
MAX_MESSAGES: Final = 200
"""Newest messages of a session that are asked for; a view holds no more entries than they make."""
MAX_LISTED: Final = 64
"""Sessions of a server that are told from its list."""
MAX_BEGUN: Final = 4096
"""Texts of one stream that are remembered to have begun in it."""
MAX_NUMBERED: Final = 4096
"""Sessions whose newest number is remembered."""
A_PAGE: Final = 200
"""Events that are asked for at a time."""
MAX_LOGGED: Final = 20_000
"""Events of a session's past that are read: those of days."""
LOG_SILENT_FOR: Final = 2.0
"""Seconds after which a log that doesn't end has told all."""
STEADY_AFTER: Final = 10.0
"""Seconds after which a connection has been good, and the next attempt comes soon."""


class Told(NamedTuple):
    """What a server says of one of its sessions, with its subagents in it."""

    about: About
    data: bytes
    """Events, as in its stream."""
    port: int
    """The server's."""
    is_start: bool = False
    """With all that was before, as far as the server keeps it."""


class Reader:
    """One server's."""

    def __init__(
        self,
        server: Server,
        *,
        since_ms: int | None = None,
        said: queue.Queue[Told] | None = None,
    ) -> None:
        """Nothing is connected before `start`.

        Args:
            server: the server.
            said: takes what it says, of other readers too; None: a queue of its own.
            since_ms: of sessions that changed since then the past is told at once; None: of those
                alone in which something happens.
        """
        self.server = server
        self.said: queue.Queue[Told] = queue.Queue(MAX_WAITING) if said is None else said
        self.problem = ""
        """Why it can't be read now."""
        self.wants_password = False
        self._since_ms = since_ms
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"opencode {server}", daemon=True)
        self.joined: dict[str, str] = {}
        """Sessions that are told, and the newest prompt in each of them."""
        self.starting: set[str] = set()
        """Sessions of which nothing was said yet, also if that failed in an earlier connection."""
        self._forgotten: dict[str, None] = {}
        self.numbers: dict[str, int] = {}
        """Version 2: by session, the number of the newest event that was told."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Leave the server; doesn't wait for that."""
        self._stop.set()
        self.server.stop()

    def forget(self, session: str) -> None:
        """What was said of a session is lost: tell it from its beginning once anything happens in
        it. From any thread.
        """
        bounded(self._forgotten, session, MAX_NUMBERED)

    def is_forgotten(self, session: str) -> bool:
        """Whether that was said; it is done by now."""
        return bool(self._forgotten) and self._forgotten.pop(session, "") is None

    @property
    def is_running(self) -> bool:
        """Whether it may say more."""
        return self._thread.is_alive()

    def join(self, timeout: float) -> None:
        """Wait until it has left."""
        self._thread.join(timeout)

    # -- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        wait, most = AGAIN_AFTER
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self._follow()
            except Refused as problem:
                self.wants_password, self.problem = True, str(problem)
            except ServerError as problem:
                self.problem = str(problem)
            except Exception as problem:  # of any kind: hostile answers must not end the program
                self.problem = f"{self.server} says what can't be read: {type(problem).__name__}"
            if time.monotonic() - began > STEADY_AFTER:
                wait = AGAIN_AFTER[0]
            self._stop.wait(wait)
            wait = min(wait * 1.6, most)

    def _follow(self) -> None:
        version = self._version()
        path = "/api/event" if version >= 2 else "/global/event"
        with self.server.stream(path) as more:
            self.problem, self.wants_password = "", False
            follower = _Following(self, version)
            follower.list_all(self._since_ms)
            splitter = SseSplitter()
            while not self._stop.is_set():
                data = more()
                if not data:
                    break
                for line in splitter.feed(data):
                    if not line.too_long:
                        follower.take(line.data)

    def _version(self) -> int:
        for path in ("/global/health", "/api/health"):
            try:
                health = self.server.get(path)
            except NotThere:
                continue
            major = text_of(health, "version").partition(".")[0]
            if major.isdecimal():
                return 2 if int(major) >= 2 else 1
            return 2 if path.startswith("/api") else 1
        return 1


class _Following:
    """One connection to the server."""

    def __init__(self, reader: Reader, version: int) -> None:
        self._reader = reader
        self._server = reader.server
        self._is_2 = version >= 2
        self._routes = Routes()
        self._joined_now: set[str] = set()
        """Sessions whose past was told in this connection."""
        self._begun: dict[str, None] = {}
        """Texts whose beginning came in this stream: pieces of others were missed, so these are
        told once they are whole."""

    # -- the list --------------------------------------------------------------------------------

    def list_all(self, since_ms: int | None) -> None:
        """Tell the past of the sessions that were told before, work now, or changed lately."""
        listed = self._listed()
        for about in listed:
            self._routes.note(about)
        known = {about.id for about in listed}
        busy = self._busy()
        wanted = dict.fromkeys(each for each in self._reader.joined)
        for session in busy:
            root = self._root(session)
            if root is not None and (since_ms is not None or root in wanted):
                wanted[root] = None
        if since_ms is not None:
            lately = [each for each in listed if not each.parent and each.updated_ms >= since_ms]
            wanted.update(dict.fromkeys(each.id for each in lately[:MAX_LISTED]))
        for session in wanted:
            if session in known or self._about(session) is not None:
                self._join(session, is_idle=session not in busy)

    def _listed(self) -> list[About]:
        path = "/api/session?limit=100&order=desc" if self._is_2 else "/session?limit=100"
        found = self._server.get(path)
        infos = found.get("data") if isinstance(found, dict) else found
        infos = infos if isinstance(infos, list) else []
        return [about for about in map(about_of, infos[:1000]) if about is not None]

    def _busy(self) -> set[str]:
        try:
            if self._is_2:
                return set(map_of(self._server.get("/api/session/active"), "data"))
            states = self._server.get("/session/status")
        except NotThere:
            return set()
        states = states if isinstance(states, dict) else {}
        return {each for each in states if text_of(states[each], "type") in ("busy", "retry")}

    # -- the stream ------------------------------------------------------------------------------

    def take(self, data: bytes) -> None:
        """An event of the stream."""
        try:
            record = msgspec.json.decode(data)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return
        event = self._routes.event_of(record) if isinstance(record, dict) else None
        if event is None:
            return
        root = self._root(event.session)
        if root is None or (root not in self._joined_now and not event.is_work):
            return
        if self._reader.is_forgotten(root):
            self._joined_now.discard(root)
            self._reader.joined.pop(root, None)
            for each in (root, *(about.id for about in self._routes.below(root))):
                self._reader.numbers.pop(each, None)
        if root not in self._joined_now:
            self._join(root, is_idle=False, is_new=event.kind == "session.created")
        info = map_of(event.given, "info")
        if event.session == root and text_of(info, "role") == "user":
            self._reader.joined[root] = max(self._reader.joined[root], text_of(info, "id"))
        if self._is_whole_so_far(event) and self._is_new(event.session, event.record):
            self._say(root, [event.record])

    def _is_whole_so_far(self, event: Event) -> bool:
        """Whether it is no piece of a text whose beginning was missed."""
        given, part = event.given, map_of(event.given, "part")
        if event.kind == "message.part.updated":
            if not text_of(part, "text"):
                bounded(self._begun, text_of(part, "id"), MAX_BEGUN)
        elif event.kind == "message.part.delta":
            return text_of(given, "partID") in self._begun
        elif event.kind.endswith((".started", ".delta")) and "assistantMessageID" in given:
            what = event.kind.rpartition(".")[0]
            text = f"{what} {given['assistantMessageID']} {given.get('ordinal')}"
            if event.kind.endswith(".delta"):
                return text in self._begun
            bounded(self._begun, text, MAX_BEGUN)
        return True

    def _is_new(self, session: str, record: Record) -> bool:
        """Whether a numbered event was not told yet; it is now. Others are told as they come."""
        number = int_of(map_of(record, "durable"), "seq")
        numbers = self._reader.numbers
        if number is not None:
            if number <= numbers.get(session, -1):
                return False
            numbers.pop(session, None)
            numbers[session] = number
            if len(numbers) > MAX_NUMBERED:
                del numbers[next(iter(numbers))]
        return True

    # -- sessions --------------------------------------------------------------------------------

    def _root(self, session: str) -> str | None:
        for _ in range(8):
            root = self._routes.root_of(session)
            if root is not None:
                return root
            if self._about(self._routes.unknown_above(session)) is None:
                return None
        return None

    def _about(self, session: str) -> About | None:
        """What the server says of a session."""
        known = self._routes.about(session)
        if known is not None:
            return known
        prefix = "/api/session/" if self._is_2 else "/session/"
        try:
            found = self._server.get(prefix + quote(session, safe=""))
        except NotThere:
            return None
        about = about_of(map_of(found, "data") if self._is_2 else found)
        if about is None or about.id != session:
            return None
        self._routes.note(about)
        return about

    def _join(self, session: str, *, is_idle: bool, is_new: bool = False) -> None:
        """Tell a session's past, as far as it was not told; then it is followed."""
        self._joined_now.add(session)
        if session not in self._reader.joined:
            self._reader.starting.add(session)
        if is_new:
            self._reader.joined.setdefault(session, "")
            return
        after = self._reader.joined.get(session, "")
        events: Iterable[Record]
        if self._is_2:
            events = self._logged(session)
        else:
            past = Past(self._messages)
            events = list(past.events(session, is_idle=is_idle, after=after))
            after = past.newest_prompt or after
            for child, above in past.parents.items():
                self._routes.note(About(child, above))
        self._reader.joined[session] = after
        self._say(session, [*events, *self._subagents(session), *self._asked(session)])

    def _subagents(self, session: str) -> list[Record]:
        """Subagents that are listed, for their events to come; who knows them already, does."""
        found: list[Record] = []
        for about in self._routes.below(session)[:MAX_SUBAGENTS]:
            info = {"id": about.id, "parentID": about.parent, "title": about.title}
            data = {"sessionID": about.id, "parentID": about.parent, "title": about.title}
            given = {"data": data} if self._is_2 else {"properties": {"info": info}}
            found.append({"type": "session.created", **given})
        return found

    def _messages(self, session: str) -> list[Record]:
        path = f"/session/{quote(session, safe='')}/message?limit={MAX_MESSAGES}"
        try:
            found = self._server.get(path)
        except NotThere:
            return []
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def _asked(self, session: str) -> list[Record]:
        """Questions that wait for a person now."""
        events: list[Record] = []
        if self._is_2:
            paths = [
                (f"/api/session/{quote(session, safe='')}/permission", "permission.asked"),
                (f"/api/session/{quote(session, safe='')}/form", "form.created"),
            ]
        else:
            paths = [("/permission", "permission.asked"), ("/question", "question.asked")]
        for path, kind in paths:
            try:
                found = self._server.get(path)
            except NotThere:
                continue
            asked = maps_of({"all": found}, "all") or maps_of(found, "data")
            for each in asked:
                if self._root(text_of(each, "sessionID")) == session:
                    given = {"form": each} if kind == "form.created" else each
                    key = "data" if self._is_2 else "properties"
                    events.append({"type": kind, key: given})
        return events

    def _logged(self, session: str) -> list[Record]:
        """Version 2: the events of a session and its subagents that were not told yet."""
        found: list[Record] = []
        todo = [session]
        for each in todo:  # it grows
            newest = self._reader.numbers.get(each, -1)
            found += [record for record in self._log_of(each, newest) if self._is_new(each, record)]
            room = MAX_SUBAGENTS - len(todo)
            todo += [child.id for child in self._children(each)[: max(0, room)]]
        found.sort(key=lambda record: int_of(record, "created") or 0)
        return found

    def _log_of(self, session: str, after: int) -> list[Record]:
        name = quote(session, safe="")
        records: list[Record] = []
        try:
            while len(records) < MAX_LOGGED:
                since = f"&after={after}" if after >= 0 else ""
                answer = self._server.get(f"/api/session/{name}/history?limit={A_PAGE}{since}")
                page = maps_of(answer, "data")
                numbers = [int_of(map_of(each, "durable"), "seq") or 0 for each in page]
                records += page
                if map_of({"page": answer}, "page").get("hasMore") is not True:
                    break
                if max(numbers, default=-1) <= after:  # it would give the same again
                    break
                after = max(numbers)
        except NotThere:
            return records or self._streamed_log(name, after)
        return records

    def _streamed_log(self, name: str, after: int) -> list[Record]:
        path = f"/api/experimental/session/{name}/log" + (f"?after={after}" if after >= 0 else "")
        records: list[Record] = []
        splitter = SseSplitter()
        try:
            with self._server.stream(path, LOG_SILENT_FOR) as more:
                while len(records) < MAX_LOGGED and (data := more()):
                    for line in splitter.feed(data):
                        record = _decoded(line.data)
                        if record is not None:
                            records.append(record)
        except ServerError:
            pass  # there is none, or it doesn't end: what came is all
        return records

    def _children(self, session: str) -> list[About]:
        try:
            answer = self._server.get(f"/api/session?limit=64&parentID={quote(session, safe='')}")
        except NotThere:
            return []
        children = [about for about in map(about_of, maps_of(answer, "data")) if about is not None]
        children = [about for about in children if about.parent == session]
        for about in children:
            self._routes.note(about)
        return children

    def _say(self, session: str, records: list[Record]) -> None:
        about = self._routes.about(session) or About(session)
        data = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in records)
        try:
            told = Told(about, data, self._server.port, session in self._reader.starting)
            self._reader.said.put(told, timeout=TAKEN_WITHIN)
            self._reader.starting.discard(session)
        except queue.Full:
            raise ServerError("nobody reads what it says") from None


def _decoded(data: bytes) -> Record | None:
    try:
        record: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
