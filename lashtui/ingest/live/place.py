"""What a live source is handed: sessions to tell, shared with the files that agents keep.

A session has one teller at a time: the tail of its file, or one source that has claimed it. Both
tell the same session under the same name, whose events and cursors go on through every change of
tellers; it is not removed for that, so that nobody who reads it is sent away.

The rule of a change, which makes that nothing is told twice and nothing is lost:

- Turns are counted. Whoever takes over goes on with turn number `sink.turns` (from 0), the first
  that has not ended; it tells that one from its beginning, as far as it knows it. What was told of
  it already is left out (`lashtui.ingest.telling`): the same calls by their ids, texts by what they
  say, the rest of a text in the entry where it began.
- So a source tells turns as the agent's file has them: one `Committed` for each, its calls under
  the ids of the file.
- When a source claims a session, the file is read to its end first, and then dropped without an
  end. When it frees it, the file is read from its beginning, silently up to turn `sink.turns`.
- A session that the source has ended, and then frees, is followed again only if its file grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record
    from lashtui.ingest.sink import Sign
    from lashtui.ingest.telling import Teller
    from lashtui.ingest.transcripts import Key, Known


class Claims(Protocol):
    """Whoever shares out the sessions, from any thread."""

    def claim(self, key: Key, known: Known) -> Teller | None:
        """As `Place.open`."""

    def free(self, key: Key) -> None:
        """As `Place.free`."""

    def sign(self, key: Key, sign: Sign) -> None:
        """As `Place.sign`."""

    def hooked(self, key: Key, call: Record, at: int | None) -> None:
        """As `Place.hooked`."""


class Place:
    """All that a source needs. Every method may be called from any thread."""

    def __init__(self, claims: Claims, warn: Callable[[str], None]) -> None:
        self._claims = claims
        self._warn = warn

    def open(self, key: Key, known: Known) -> Teller | None:
        """Claim a session and tell it from now on, by the rule above.

        None: it can't be told now, as another source or another program publishes it. Ask again
        later, not more than once a second.

        Args:
            key: the agent and its own id of the session.
            known: what is known of it. With the path of its file (below one of the places that
                are looked at), what that tells of the past is told first.
        """
        return self._claims.claim(key, known)

    def free(self, key: Key) -> None:
        """Give a session back to the files. No effect if it was not claimed."""
        self._claims.free(key)

    def sign(self, key: Key, sign: Sign) -> None:
        """What the agent says of a session that its file tells; published by the file's tail after
        what the file has by now. Of a session that is not followed yet the newest is kept.
        """
        self._claims.sign(key, sign)

    def hooked(self, key: Key, call: Record, at: int | None) -> None:
        """What the agent told one of its hooks about a session, at Unix milliseconds `at`.

        The file's reader makes of it what only hooks are told. Of a session that is not followed
        yet the first are kept for a while: its file begins later.
        """
        self._claims.hooked(key, call, at)

    def warn(self, sentence: str) -> None:
        """One sentence for the user: what happened, which value, what to do."""
        self._warn(sentence)
