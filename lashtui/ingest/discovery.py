"""Follows the newest transcripts below some directories, and new ones as they appear.

Live sources share the sessions with the files (`lashtui.ingest.live.place` has the rule), from
threads of their own: a lock is held for one file at a time.
"""

from __future__ import annotations

import math
import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lashtui.ingest.claims import NOTHING
from lashtui.ingest.growing import changed_at
from lashtui.ingest.presence import Presence, agents_among, presence_of
from lashtui.ingest.sharing import Sharing, end_told
from lashtui.ingest.sink import Nobody, Sign, State
from lashtui.ingest.subagents import Subagents, tell
from lashtui.ingest.tailing import Tail, open_tail, read_reason
from lashtui.ingest.telling import Teller, Telling
from lashtui.ingest.transcripts import About, Key, Known, may_be_transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lashd.protocol.records import Record
    from lashtui.ingest.claims import Claimed
    from lashtui.ingest.sharing import Claim
    from lashtui.ingest.sink import Sink
    from lashtui.process.others import Processes

MAX_FOLLOWED = 64
"""Files at a time, each with its own connection; nobody watches more sessions."""

MAX_ENTRIES = 200_000
"""Files examined in one scan: years of sessions, but not a whole disk."""


LOOK_EVERY = 15.0
"""Seconds between looks at whether the agents are still there."""
GONE_AFTER = 60.0
"""Seconds for which a file must be quiet before its agent counts as gone, if no process was ever
seen to have it open."""
UNSEEN_FOR = 600.0
"""The same for agents that keep no file open: one in a container is not seen here, and while a
command runs it writes nothing. Ten minutes is the longest that Claude Code lets one run."""


MAX_LEFT = 4096
"""Files whose sessions have ended that are known: else each would be read again with its folder."""


AFTER_END = 1000
"""Milliseconds after the end of a run from which on what is written was not told by it."""


class Root(NamedTuple):
    """A place to look in: a directory, or one file."""

    path: str
    """With links resolved."""
    is_given: bool
    """The user named it; a default place need not exist."""


class Yielded(NamedTuple):
    """A session that another program tells now."""

    path: str
    claim: Claim | None = None
    """The live source's that has it."""
    sink: Sink | None = None
    """Where that goes on; None: it begins again."""
    ended: int = 0
    """When that program's run ended, in Unix milliseconds; 0: it has not, or was killed."""


class Discovery:
    """The files that are followed."""

    def __init__(
        self,
        roots: Iterable[Root],
        make_sink: Callable[[About, str], Sink | None],
        *,
        since: float,
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        most: int = MAX_FOLLOWED,
        is_stopped: Callable[[], bool] = lambda: False,
        look: Callable[[], Processes | None] = lambda: None,
        claimed: Callable[[], Claimed] = lambda: NOTHING,
        withdraw: Callable[[Sink], None] = lambda sink: None,
    ) -> None:
        """Nothing is opened before `scan`.

        Args:
            roots: where to look.
            make_sink: opens a session for a file; None: don't follow it.
            since: seconds; files not changed within this time wait until they grow again.
            warn: gets sentences for the user.
            clock: seconds since the epoch, as files' times.
            most: files at a time.
            is_stopped: whether the user wants to leave; no further file is opened then.
            look: the processes on this machine and the files they have open; None: can't know.
            claimed: the sessions that other programs tell.
            withdraw: takes away one that was opened by `make_sink`.
        """
        self.roots = tuple(roots)
        self.tails: dict[str, Tail] = {}
        self._make_sink = make_sink
        self._since = since
        self._warn = warn
        self._clock = clock
        self._most = most
        self._is_stopped = is_stopped
        self.unreadable: set[str] = set()
        """Files of which was said why they are not followed."""
        self._look = look
        self._subagents = Subagents()
        self._looked_at = 0.0
        self._left: dict[str, float] = {}
        """Files whose agent is gone, and when they changed last: followed again if they grow."""
        self._lock = threading.RLock()
        self._sharing = Sharing()
        self._tellings: dict[str, Telling] = {}
        """Of the followed files, by path."""
        self._claimed = claimed
        self._withdraw = withdraw
        self._yielded: dict[Key, Yielded] = {}
        """Sessions that another program tells now."""
        self._crashed: set[Key] = set()
        """Of these, those whose program was killed: that is said once, to whoever asks first."""

    # -- other programs --------------------------------------------------------------------------

    def _yield(self) -> None:
        """Leave those sessions to others that these tell, and take back those that they left."""
        with self._lock:
            claimed = self._claims()
            crashed, self._crashed = self._crashed, set()
            for key in [key for key in self._yielded if key not in claimed.began]:
                self._take_back(key, self._yielded.pop(key), at_once=key in crashed)
            for key in claimed.ended.keys() & self._yielded.keys():
                self._yielded[key] = self._yielded[key]._replace(ended=claimed.ended[key])
            for key, began_ms in claimed.began.items():
                path, claim = self._path_of(key), self._sharing.claim_of(key)
                if path is not None:
                    self._yield_file(key, path, began_ms)
                elif claim is not None and key not in self._yielded:
                    self._yield_claim(key, claim, began_ms)

    def _claims(self) -> Claimed:
        """What other programs tell now."""
        claimed = self._claimed()
        self._crashed |= claimed.left & self._yielded.keys()
        return claimed

    def _yield_file(self, key: Key, path: str, began_ms: int) -> None:
        if (self._tellings[path].began_at or began_ms) < began_ms:
            self._leave(path)  # what it said before stays
        else:
            tail, telling = self.tails.pop(path), self._tellings.pop(path)
            self._withdraw(telling.move(Nobody()))
            tail.leave()
            self._show_warnings(tail)
        self._note_yielded(key, Yielded(path))

    def _yield_claim(self, key: Key, claim: Claim, began_ms: int) -> None:
        """A live source tells nobody for a while; it need not know."""
        telling, sink = claim.telling, None
        if telling.turns and (telling.began_at or began_ms) < began_ms:
            end_told(telling)
            sink = telling.move(Nobody())
        else:
            self._withdraw(telling.move(Nobody()))
        self._note_yielded(key, Yielded(claim.path, claim, sink))

    def _note_yielded(self, key: Key, what: Yielded) -> None:
        self._yielded[key] = what
        if len(self._yielded) > MAX_LEFT:
            del self._yielded[next(iter(self._yielded))]

    def _take_back(self, key: Key, what: Yielded, *, at_once: bool) -> None:
        """Its program is gone: follow it again when it goes on, or `at_once` after a crash."""
        claim, path = what.claim, what.path
        if claim is not None and self._sharing.claim_of(key) is claim:
            about = About("", key.session, None, claim.directory or None, key)
            sink = what.sink or self._make_sink(about, path)
            if sink is not None:
                claim.telling.move(sink)
        elif not os.path.isfile(path):
            return
        elif at_once or changed_at(path) * 1000 > (what.ended or math.inf) + AFTER_END:
            self._follow(path, self._clock())
        else:
            self._note_left(path)

    # -- live sources ----------------------------------------------------------------------------

    def claim(self, key: Key, known: Known) -> Teller | None:
        """See `Place.open`."""
        with self._lock:
            if not self._sharing.may_claim(key) or key in self._claims().began:
                return None
            path = self._path_of(key)
            is_there = self._is_wanted(known.path) and os.path.isfile(known.path)
            own = (self._main_of(known.path) if is_there else None) or known.path
            if path is None and is_there:
                self._left.pop(own, None)
                self._follow(own, self._clock())
                path = self._path_of(key)
            told: Telling | Sink | None = self._sharing.take_kept(key)
            if path is not None:
                told = self._take_from(path)
            if told is None:
                what = About("", key.session, known.title, known.directory, key, known.pid)
                told = self._make_sink(what, own)
            if told is None:
                return None
            return self._sharing.claim(key, told, path or own, known.directory or "")

    def free(self, key: Key) -> None:
        """See `Place.free`."""
        with self._lock:
            claim = self._sharing.release(key)
            if claim is None:
                return
            path = claim.path
            if not self._is_wanted(path) or not os.path.isfile(path):
                end_told(claim.telling)  # nobody else tells it
                return
            self._sharing.keep(key, claim.telling)
            if claim.telling.is_over:
                self._note_left(path)
            else:
                self._follow(path, self._clock())

    def sign(self, key: Key, sign: Sign) -> None:
        """See `Place.sign`."""
        with self._lock:
            path = self._path_of(key)
            if path is not None:
                self._tell_sign(path, sign)
            elif not self._sharing.is_claimed(key) and key not in self._yielded:
                self._sharing.keep_sign(key, sign)

    def hooked(self, key: Key, call: Record, at: int | None) -> None:
        """See `Place.hooked`."""
        with self._lock:
            path = self._path_of(key)
            if path is not None:
                self.tails[path].hooked(call, at)
            elif not self._sharing.is_claimed(key) and key not in self._yielded:
                self._sharing.keep_call(key, call, at)

    def _tell_sign(self, path: str, sign: Sign) -> None:
        if sign.state is State.ENDED:
            self._leave(path)
        else:
            self.tails[path].sign(sign)

    def _path_of(self, key: Key) -> str | None:
        return next((path for path, tail in self.tails.items() if tail.about.key == key), None)

    def _take_from(self, path: str) -> Telling:
        """Drop the tail of a file; what it told so far."""
        tail = self.tails.pop(path)
        tail.leave()
        self._show_warnings(tail)
        return self._tellings.pop(path)

    def _sink_of(self, what: About, path: str) -> Sink | None:
        """Where a file's events go; None: it is not followed."""
        if what.key is not None and self._sharing.is_claimed(what.key):
            self._sharing.leave_to_source(path, what.key)
            return None
        if what.key is not None and what.key in self._claims().began:
            self._note_yielded(what.key, Yielded(path))
            return None
        telling = self._sharing.take_kept(_own_key(what, path))
        if telling is None:
            sink = self._make_sink(what, path)
            if sink is None:
                return None
            telling = Telling(sink)
        self._tellings[path] = telling
        teller = Teller(telling)
        teller.retell()
        return teller

    # -- files that change -----------------------------------------------------------------------

    def scan(self, below: str | None = None) -> None:
        """Follow what was changed lately, in all places or below one directory in them."""
        found: dict[str, float] = {}
        grown: set[str] = set()
        oldest = self._clock() - self._since
        for path in self._files(below):
            changed = changed_at(path)
            if self._left.get(path) == changed:
                continue
            is_asked_for = any(root.is_given and root.path == path for root in self.roots)
            if path in self.tails or not (changed >= oldest or is_asked_for):
                continue
            main = self._main_of(path)
            if main is None:
                found[path] = max(changed, found.get(path, 0.0))
            elif main not in self.tails:
                found[main] = max(changed, found.get(main, 0.0))
            elif self._join(main, path):
                grown.add(main)
        for main in grown:
            self._read(main)
        newest = sorted(((at, path) for path, at in found.items()), reverse=True)
        for changed, path in reversed(newest[: self._most]):
            if self._is_stopped():
                return
            self._follow(path, changed)

    def follow(self, paths: Iterable[str]) -> None:
        """Follow these however old they are, if they are at one of the places."""
        for path in paths:
            if self._is_wanted(path) and self._left.get(path) != changed_at(path):
                self._follow(self._main_of(path) or path, changed_at(path))

    def is_live(self, path: str) -> bool | None:
        """Whether a live source tells the session of a file; None: nobody tells it here."""
        with self._lock:
            if self._sharing.is_left_to_source(path):
                return True
            main = self._main_of(path) or path
            return False if main in self.tails else None

    def is_live_in(self, agent: str, directory: str) -> bool:
        """Whether a live source tells a session of this agent in this directory."""
        with self._lock:
            return self._sharing.claimed_in(agent, directory)

    def catch_up(self) -> None:
        """Once changes are reported: pick up what changed between the scan and now."""
        self.scan()
        with self._lock:
            self.changed([path for path, tail in self.tails.items() if tail.has_changed()])

    def changed(self, paths: Iterable[str]) -> None:
        """These have changed: files that grew, appeared or went away; directories too."""
        self._yield()
        are_missing = False
        grown: dict[str, None] = {}
        for path in sorted(set(paths)):
            if path in self.tails:
                grown[path] = None
            elif not os.path.lexists(path):
                are_missing = True
            elif os.path.isdir(path) and not os.path.islink(path):
                if self._is_inside(path):
                    self.scan(path)
            elif self._is_wanted(path):
                main = self._main_of(path)
                if self._left.get(main or path) == changed_at(main or path):
                    continue
                if main is None or main not in self.tails:
                    self._follow(main or path, self._clock())
                elif self._join(main, path):
                    grown[main] = None
        for path in grown:  # a session with its subagents, so that their order is kept
            self._read(path)
        if are_missing:  # for a removed directory only its own name is reported
            for path, tail in list(self.tails.items()):
                if tail.file.is_gone():
                    self._end(path)

    def settle(self) -> None:
        """Flush files that have been quiet; to be called about once a second."""
        self._yield()
        with self._lock:
            for path in [root.path for root in self.roots if root.path in self.tails]:
                # Nobody watches what lies beside a single file.
                self._join_all(path)
                if self.tails[path].has_changed():
                    self._read(path)
            for tail in self.tails.values():
                tail.settle()
                self._show_warnings(tail)
        if self._clock() - self._looked_at >= LOOK_EVERY:
            self._looked_at = self._clock()
            self._end_left()

    def _end_left(self) -> None:
        """End the sessions whose agent is gone: nobody else will. They go on if it comes back."""
        processes = self._look() if self.tails else None
        if processes is None:
            return
        processes = agents_among(processes)  # it is asked for each session
        with self._lock:
            for path in list(self.tails):
                if self._is_left(path, processes):
                    self._leave(path)

    def _is_left(self, path: str, processes: Processes) -> bool:
        tail = self.tails[path]
        is_quiet = self._clock() - tail.changed_at >= _patience(tail)
        if tail.was_seen and not is_quiet:
            return False
        presence = presence_of(path, tail.about, processes)
        tail.was_seen = tail.was_seen or presence is Presence.THERE
        is_hidden = presence is Presence.HIDDEN and not tail.was_seen
        return is_quiet and not (presence is Presence.THERE or is_hidden)

    def _leave(self, path: str) -> None:
        """End a session until its file grows again; then it goes on, for all who read it."""
        self._note_left(path)
        key, telling = _own_key(self.tails[path].about, path), self._tellings[path]
        self._end(path)
        self._sharing.keep(key, telling)

    def _note_left(self, path: str) -> None:
        self._left.pop(path, None)
        self._left[path] = changed_at(path)
        if len(self._left) > MAX_LEFT:
            del self._left[next(iter(self._left))]

    def end(self) -> None:
        """Stop following all files, and end what live sources told: they have been stopped."""
        for path in list(self.tails):
            self._end(path)
        with self._lock:
            self._sharing.end()

    # -- files -----------------------------------------------------------------------------------

    def _files(self, below: str | None) -> Iterator[str]:
        count = 0
        places = [below] if below is not None else [root.path for root in self.roots]
        for place in places:
            if os.path.isfile(place):
                yield place
                continue
            for folder, _, names in os.walk(place, followlinks=False):
                for name in names:
                    count += 1
                    if count > MAX_ENTRIES:
                        self._warn(f"{place} has too many files; not all were examined")
                        return
                    path = os.path.join(folder, name)
                    if may_be_transcript(path) and not os.path.islink(path):
                        yield path

    def _is_wanted(self, path: str) -> bool:
        if any(root.path == path for root in self.roots):
            return True
        return may_be_transcript(path) and not os.path.islink(path) and self._is_inside(path)

    def _is_inside(self, path: str) -> bool:
        """Whether it is below a place once links on the way are resolved."""
        folder = os.path.realpath(os.path.dirname(path))
        return any(
            folder == root.path or folder.startswith(root.path.rstrip(os.sep) + os.sep)
            for root in self.roots
        )

    def _main_of(self, path: str) -> str | None:
        """The session's file that a subagent's belongs to; None if it is a session of its own."""
        if any(root.path == path for root in self.roots):
            return None  # the user named it
        return next((main for main in self._subagents.main_of(path) if self._is_wanted(main)), None)

    def _join(self, main: str, path: str) -> bool:
        """Tell a subagent's file, which has grown, within the session of `main`."""
        with self._lock:
            tail = self.tails.get(main)
            if tail is None or not tail.join(path, partial(tell, path)):
                return False
            if path in tail.children:
                tail.children[path].has_grown = True
            return True

    def _join_all(self, main: str) -> None:
        tail = self.tails[main]
        for path in self._subagents.children_of(main, tail.about.format):
            if path not in tail.children and may_be_transcript(path):
                tail.join(path, partial(tell, path))

    def _follow(self, path: str, changed: float) -> None:
        with self._lock:
            if path not in self.tails and not self._sharing.is_left_to_source(path):
                self._open(path, changed)

    def _open(self, path: str, changed: float) -> None:
        try:
            tail = open_tail(path, self._sink_of)
            is_named = any(root.is_given and root.path == path for root in self.roots)
            reason = read_reason(path) if tail is None and is_named else None
        except OSError as problem:
            tail, reason = None, problem.strerror
        if tail is None:
            if reason and path not in self.unreadable and len(self.unreadable) < MAX_FOLLOWED:
                self.unreadable.add(path)
                self._warn(f"{path}: {reason}")
            return
        if len(self.tails) >= self._most:
            self._end(min(self.tails, key=lambda each: self.tails[each].changed_at))
        self.tails[path] = tail
        tail.changed_at = changed
        self._join_all(path)
        tail.read()
        self._show_warnings(tail)
        for call, at in self._sharing.take_calls(tail.about.key):
            tail.hooked(call, at)
        sign = self._sharing.take_sign(tail.about.key)
        if sign is not None:
            self._tell_sign(path, sign)

    def _read(self, path: str) -> None:
        with self._lock:
            if path in self.tails:  # no source has claimed it meanwhile
                self._read_on(path)

    def _read_on(self, path: str) -> None:
        tail = self.tails[path]
        if tail.file.is_replaced():
            self._end(path)
            if self._is_wanted(path) and os.path.isfile(path):
                self._follow(path, self._clock())
            return
        tail.changed_at = self._clock()
        tail.read()
        self._show_warnings(tail)

    def _end(self, path: str) -> None:
        with self._lock:
            tail = self.tails.pop(path, None)
            if tail is not None:
                del self._tellings[path]
                self._show_warnings(tail)
                tail.end()  # a warning about its incomplete last line would come too late

    def _show_warnings(self, tail: Tail) -> None:
        for sentence in tail.take_warnings():
            self._warn(f"{tail.about.session}: {sentence}")


def _own_key(what: About, path: str) -> Key:
    """What a file's session is known by: by its path where its agent gives it no name."""
    return what.key or Key("", path)


def _patience(tail: Tail) -> float:
    """Seconds of quiet after which an agent that is not seen counts as gone."""
    if tail.was_seen:
        return LOOK_EVERY
    return GONE_AFTER if tail.about.format == "codex-rollout" else UNSEEN_FOR
