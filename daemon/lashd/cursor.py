"""The opaque resume point of a reader: `lashsc1:{revision}:{live_position}:{session_id}`.

The text form and its errors are lash's (`SessionCursor`, `SessionCursorError`). The split of
`live_position` is this daemon's own: `incarnation << 40 | n`, so that a cursor from a daemon that
is gone never looks like one from the daemon that is running. Nothing else in the program knows
either form.
"""

from __future__ import annotations

from lashd.errors import MalformedCursor, WrongSession
from lashd.wire_limits import MAX_SESSION_ID_BYTES

PREFIX = "lashsc1:"
MAX_U64 = 2**64 - 1

POSITION_BITS = 40
"""n: 2**40 events are 35 years at 1,000 a second."""
MAX_N = (1 << POSITION_BITS) - 1
MAX_INCARNATION = 2**24 - 1

MAX_DIGITS = 20
"""Of a 64-bit number."""


def join_position(incarnation: int, n: int) -> int:
    """The live position of event `n` of a daemon's `incarnation`."""
    return incarnation << POSITION_BITS | n


def split_position(live_position: int) -> tuple[int, int]:
    """(incarnation, n) of a live position."""
    return live_position >> POSITION_BITS, live_position & MAX_N


def cursor_text(session_id: str, revision: int, live_position: int) -> str:
    """The text of a cursor, of parts that are known to be within their bounds."""
    return f"{PREFIX}{revision}:{live_position}:{session_id}"


def position_of(cursor: object) -> tuple[int, int] | None:
    """(incarnation, n) of a cursor's text; None where it has no such form.

    For each record of a stream: it looks at nothing but the position.
    """
    if not isinstance(cursor, str) or not cursor.startswith(PREFIX):
        return None
    parts = cursor.split(":", 3)
    if len(parts) < 4 or not parts[2].isdecimal():
        return None
    return split_position(int(parts[2]))


def check_session_id(session_id: str) -> str:
    """Return `session_id` if it can name a session.

    Raises:
        ValueError: not 1 to 256 bytes of UTF-8 without control characters.
    """
    if (
        session_id.isascii()
        and session_id.isprintable()
        and 1 <= len(session_id) <= MAX_SESSION_ID_BYTES
    ):
        return session_id
    try:
        size = len(session_id.encode())
    except UnicodeEncodeError:
        raise ValueError("session id is not valid UTF-8") from None
    if not 1 <= size <= MAX_SESSION_ID_BYTES:
        raise ValueError(f"session id has {size} bytes; 1 to {MAX_SESSION_ID_BYTES} are allowed")
    if not session_id.isprintable() and any(map(_is_control, session_id)):
        raise ValueError("session id has a control character")
    return session_id


class SessionRevision:
    """How many commits the session's committed state stands for: 0 <= n < 2**64.

    Ordered, hashable, immutable. A plain class, as all of this module: scripts start without more.
    """

    __slots__ = ("n",)

    n: int

    def __init__(self, n: int) -> None:
        if not 0 <= n <= MAX_U64:
            raise ValueError(f"revision {n} is not a u64")
        object.__setattr__(self, "n", n)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a revision is immutable: {name} can't be set")

    def __reduce__(self) -> tuple[type[SessionRevision], tuple[int]]:
        return SessionRevision, (self.n,)

    def as_u64(self) -> int:
        """The bare number."""
        return self.n

    def __repr__(self) -> str:
        return f"SessionRevision({self.n})"

    def __hash__(self) -> int:
        return hash((SessionRevision, self.n))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SessionRevision) and self.n == other.n

    def __lt__(self, other: SessionRevision) -> bool:
        return self.n < other.n

    def __le__(self, other: SessionRevision) -> bool:
        return self.n <= other.n

    def __gt__(self, other: SessionRevision) -> bool:
        return self.n > other.n

    def __ge__(self, other: SessionRevision) -> bool:
        return self.n >= other.n


def revision_after(present: int, given: int | None, *, commits: bool) -> int:
    """The revision once an event has landed: it never decreases, and a commit raises it.

    At the last number that there is a commit leaves it where it is: what lands there is ordered by
    its position as ever. The result is no u64 only if `given` isn't one.
    """
    least = min(present + 1, MAX_U64) if commits else present
    return least if given is None else max(least, given)


class ParsedSessionCursor:
    """The parts of a cursor."""

    __slots__ = ("live_position", "revision", "session_id")

    def __init__(self, session_id: str, revision: SessionRevision, live_position: int) -> None:
        self.session_id = session_id
        self.revision = revision
        self.live_position = live_position

    def _parts(self) -> tuple[str, SessionRevision, int]:
        return self.session_id, self.revision, self.live_position

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParsedSessionCursor) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return "ParsedSessionCursor({!r}, {!r}, {!r})".format(*self._parts())

    @property
    def incarnation(self) -> int:
        """Which daemon's numbering the position belongs to."""
        return split_position(self.live_position)[0]

    @property
    def n(self) -> int:
        """The position within that numbering."""
        return split_position(self.live_position)[1]


class SessionCursor:
    """A cursor. Equal texts are equal cursors; the constructor does not check the form."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def new(
        cls, session_id: str, revision: SessionRevision | int, live_position: int
    ) -> SessionCursor:
        """The cursor after `live_position` of `session_id`.

        Raises:
            ValueError: the session id or a number is out of its bounds.
        """
        number = revision if isinstance(revision, int) else revision.n
        if not 0 <= number <= MAX_U64 or not 0 <= live_position <= MAX_U64:
            raise ValueError("revision and live position are u64 numbers")
        return cls.of_parts(check_session_id(session_id), number, live_position)

    @classmethod
    def of_parts(cls, session_id: str, revision: int, live_position: int) -> SessionCursor:
        """As `new`, of parts that are known to be within their bounds."""
        return cls(cursor_text(session_id, revision, live_position))

    @classmethod
    def from_str(cls, text: str) -> SessionCursor:
        """A cursor from its text.

        Raises:
            MalformedCursor: the text is no cursor.
        """
        cursor = cls(text)
        cursor.parse()
        return cursor

    def as_str(self) -> str:
        """The text form."""
        return self._text

    @property
    def n(self) -> int:
        """The number of the event that this cursor stands after; for well-formed cursors only.

        For each event that is folded: it reads the position and checks nothing.
        """
        return int(self._text.split(":", 3)[2]) & MAX_N

    def parse(self) -> ParsedSessionCursor:
        """The parts.

        Raises:
            MalformedCursor: a part is missing or invalid.
        """
        revision, position, session_id = self._split()
        return ParsedSessionCursor(session_id, SessionRevision(revision), position)

    def place(self) -> tuple[str, int]:
        """The session's id and the live position: all that a store needs, and cheaper.

        Raises:
            MalformedCursor: as `parse`.
        """
        _, position, session_id = self._split()
        return session_id, position

    def _split(self) -> tuple[int, int, str]:
        try:
            return self._checked_parts()
        except MalformedCursor as error:
            raise MalformedCursor(error.message, self._text) from None

    def _checked_parts(self) -> tuple[int, int, str]:
        text = self._text
        if not text.startswith(PREFIX):
            raise MalformedCursor("missing cursor prefix")
        parts = text.split(":", 3)
        revision = _number(parts[1], "session revision")
        if len(parts) < 3:
            raise MalformedCursor("missing live replay position")
        position = _number(parts[2], "live replay position")
        if len(parts) < 4 or not parts[3]:
            raise MalformedCursor("missing session id")
        try:
            check_session_id(parts[3])
        except ValueError as error:
            raise MalformedCursor(f"invalid session id: {error}") from None
        return revision, position, parts[3]

    def parse_for_session(self, expected_session_id: str) -> ParsedSessionCursor:
        """The parts of a cursor that must belong to `expected_session_id`.

        Raises:
            MalformedCursor: a part is missing or invalid.
            WrongSession: it belongs to another session.
        """
        parsed = self.parse()
        if parsed.session_id != expected_session_id:
            raise WrongSession(expected_session_id, parsed.session_id)
        return parsed

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "SessionCursor(<opaque>)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SessionCursor) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f"


def _number(text: str, name: str) -> int:
    if len(text) < MAX_DIGITS and text.isdecimal() and text.isascii():
        return int(text)
    if not text:
        raise MalformedCursor(f"missing {name}")
    if len(text) > MAX_DIGITS or not (text.isascii() and text.isdigit()):
        raise MalformedCursor(f"invalid {name}: not a plain decimal number")
    number = int(text)
    if number > MAX_U64:
        raise MalformedCursor(f"invalid {name}: over 64 bits")
    return number
