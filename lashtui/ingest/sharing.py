"""Who tells which session: the tail of its file, or a live source that has claimed it.

`lashtui.ingest.live.place` has the rule. It is not thread-safe: whoever shares holds a lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lashd.events import SessionOutcome
from lashd.text import size_of_value
from lashtui.ingest.outcome import run_outcome
from lashtui.ingest.telling import Teller, Telling
from lashtui.process.where import real_directory

if TYPE_CHECKING:
    from lashd.protocol.records import Record
    from lashtui.ingest.sink import Sign, Sink
    from lashtui.ingest.transcripts import Key

MAX_CLAIMED: Final = 64
"""Sessions that live sources tell at a time, each with its own connection, as of files."""
MAX_SIGNS: Final = 256
"""Sessions not followed yet of which a sign is kept."""
MAX_EARLY: Final = 8
"""Sessions not followed yet of which calls of hooks are kept: an agent's file begins a moment after
that."""
MAX_CALLS: Final = 64
"""Calls of each that are kept: some seconds of an answer."""
MAX_CALL: Final = 64 * 1024
"""Bytes of a call that is kept; a line of an answer has some hundreds."""
MAX_KEYS: Final = 8 * MAX_CLAIMED
"""Files of claimed sessions that are known without a look into them."""


class Claim(NamedTuple):
    """A session that a live source tells."""

    telling: Telling
    teller: Teller
    path: str
    """Its file; empty if there is none."""
    directory: str
    """Where its agent works; empty if that isn't known."""


class Sharing:
    """The sessions that are told, by their keys, but for those that only files tell."""

    def __init__(self) -> None:
        self._claimed: dict[Key, Claim] = {}
        self._freed: dict[Key, Telling] = {}
        """Those that go on once their files are followed again; they may have ended."""
        self._signs: dict[Key, Sign] = {}
        self._calls: dict[Key, list[tuple[Record, int | None]]] = {}
        self._keys: dict[str, Key] = {}
        """Of files that were left to a source."""

    def is_claimed(self, key: Key | None) -> bool:
        """Whether a source tells it."""
        return key in self._claimed

    def claim_of(self, key: Key) -> Claim | None:
        """What a source tells of it."""
        return self._claimed.get(key)

    def may_claim(self, key: Key) -> bool:
        """Whether a source may tell it."""
        return key not in self._claimed and len(self._claimed) < MAX_CLAIMED

    def is_left_to_source(self, path: str) -> bool:
        """Whether this file is known to be of a claimed session."""
        return self._keys.get(path) in self._claimed

    def leave_to_source(self, path: str, key: Key) -> None:
        """This file is of that session."""
        self._keys[path] = key
        if len(self._keys) > MAX_KEYS:
            del self._keys[next(iter(self._keys))]

    def claimed_in(self, agent: str, directory: str) -> bool:
        """Whether a source tells a session of this agent in this directory."""
        claims = [item for item in self._claimed.items() if item[0].agent == agent]
        return any(real_directory(claim.directory) == directory for _, claim in claims)

    def claim(self, key: Key, told: Telling | Sink, path: str, directory: str) -> Teller:
        """A source tells a session: one that was told before, or one that begins in a sink."""
        telling = told if isinstance(told, Telling) else Telling(told)
        teller = Teller(telling)
        self._claimed[key] = Claim(telling, teller, path, directory)
        if path:
            self.leave_to_source(path, key)
        return teller

    def release(self, key: Key) -> Claim | None:
        """The source says no more of it."""
        claim = self._claimed.pop(key, None)
        if claim is not None:
            claim.teller.drop()
        return claim

    def keep(self, key: Key, telling: Telling) -> None:
        """Let the session's file go on with it, once that is followed, or has grown again."""
        self._freed[key] = telling
        if len(self._freed) > MAX_CLAIMED:
            end_told(self._freed.pop(next(iter(self._freed))))

    def take_kept(self, key: Key) -> Telling | None:
        """What was told of a session that was kept."""
        telling = self._freed.pop(key, None)
        return None if telling is None or telling.is_closed else telling

    def keep_sign(self, key: Key, sign: Sign) -> None:
        """The newest sign of a session that is not followed yet."""
        self._signs.pop(key, None)
        self._signs[key] = sign
        if len(self._signs) > MAX_SIGNS:
            del self._signs[next(iter(self._signs))]

    def take_sign(self, key: Key | None) -> Sign | None:
        """The one that was kept."""
        return self._signs.pop(key, None) if key is not None else None

    def keep_call(self, key: Key, call: Record, at: int | None) -> None:
        """What a hook was told of a session that is not followed yet."""
        calls = self._calls.setdefault(key, [])
        if len(calls) < MAX_CALLS and size_of_value(call) <= MAX_CALL:
            calls.append((call, at))
        if len(self._calls) > MAX_EARLY:
            del self._calls[next(iter(self._calls))]

    def take_calls(self, key: Key | None) -> list[tuple[Record, int | None]]:
        """Those that were kept."""
        return self._calls.pop(key, []) if key is not None else []

    def end(self) -> None:
        """End all that the sources told."""
        for key in list(self._claimed):
            claim = self.release(key)
            if claim is not None:
                end_told(claim.telling)
        while self._freed:
            end_told(self._freed.popitem()[1])


def end_told(telling: Telling) -> None:
    """End a session that nobody tells any more, if it has not ended."""
    outcome = run_outcome(0, turn_failed=telling.turn_failed)
    telling.end(SessionOutcome.CUT_OFF if telling.has_begun else outcome, telling.last_at)
