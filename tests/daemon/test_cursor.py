"""Cursors and revisions: what their text may be, and that nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lashd.cursor import (
    MAX_INCARNATION,
    MAX_N,
    MAX_U64,
    SessionCursor,
    SessionRevision,
    check_session_id,
    join_position,
    position_of,
    split_position,
)
from lashd.errors import MalformedCursor

U64 = st.integers(0, MAX_U64)


def _is_id(text: str) -> bool:
    try:
        check_session_id(text)
    except ValueError:
        return False
    return True


SESSION_IDS = st.text(min_size=1, max_size=60).filter(_is_id)


@given(SESSION_IDS, U64, U64)
@settings(max_examples=100, deadline=None)
def test_every_cursor_survives_its_text(session_id: str, revision: int, position: int) -> None:
    """What is put into a cursor comes out of its text, colons and all."""
    cursor = SessionCursor.from_str(str(SessionCursor.new(session_id, revision, position)))
    parsed = cursor.parse_for_session(session_id)
    assert (parsed.session_id, parsed.revision.n, parsed.live_position) == (
        session_id,
        revision,
        position,
    )
    assert join_position(parsed.incarnation, parsed.n) == position


@given(st.text() | st.text().map(lambda text: "lashsc1:" + text))
@example("lashsc1:1:2:s\n")
@example("lashsc1:+1:2:s")
@example("lashsc1:1_0:2:s")
@example("lashsc1:١:2:s")
@example("lashsc1: 1:2:s")
@example("lashsc1:1:2:\ud800")
@example("lashsc1:99999999999999999999:0:s")
@settings(max_examples=200, deadline=None)
def test_arbitrary_text_is_a_cursor_or_malformed(text: str) -> None:
    """No text raises anything else, and what is taken is written back with equal parts."""
    try:
        parsed = SessionCursor.from_str(text).parse()
    except MalformedCursor:
        return
    again = SessionCursor.new(parsed.session_id, parsed.revision, parsed.live_position)
    assert again.parse() == parsed


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "missing cursor prefix"),
        ("lashsc2:1:2:s", "missing cursor prefix"),
        ("lashsc1:", "missing session revision"),
        ("lashsc1:x:2:s", "invalid session revision"),
        ("lashsc1:18446744073709551616:2:s", "invalid session revision"),
        ("lashsc1:1", "missing live replay position"),
        ("lashsc1:1::s", "missing live replay position"),
        ("lashsc1:1:-2:s", "invalid live replay position"),
        ("lashsc1:1:2", "missing session id"),
        ("lashsc1:1:2:", "missing session id"),
        ("lashsc1:1:2:a\tb", "invalid session id"),
        ("lashsc1:1:2:" + "x" * 257, "invalid session id"),
    ],
)
def test_the_error_names_the_part(text: str, part: str) -> None:
    """A person who pasted half a cursor is told which half is missing."""
    with pytest.raises(MalformedCursor, match=part):
        SessionCursor.from_str(text)


@given(st.integers(0, MAX_INCARNATION), st.integers(0, MAX_N))
@settings(max_examples=100, deadline=None)
def test_positions_split_as_they_were_joined(incarnation: int, n: int) -> None:
    """Incarnation and number share one u64 without touching each other."""
    position = join_position(incarnation, n)
    assert 0 <= position <= MAX_U64
    assert split_position(position) == (incarnation, n)


def test_without_an_incarnation_positions_are_the_plain_numbers() -> None:
    """The library's default gives 1, 2, 3, as lash does."""
    assert [join_position(0, n) for n in (1, 2, 3)] == [1, 2, 3]


@given(U64, U64)
@settings(max_examples=100, deadline=None)
def test_revisions_order_and_hash_as_their_numbers(one: int, other: int) -> None:
    """A revision is its number, with a type."""
    assert (SessionRevision(one) < SessionRevision(other)) == (one < other)
    assert (SessionRevision(one) == SessionRevision(other)) == (one == other)
    assert hash(SessionRevision(one)) == hash(SessionRevision(one))
    assert SessionRevision(one).as_u64() == one


@pytest.mark.parametrize("number", [-1, MAX_U64 + 1])
def test_a_revision_is_a_u64(number: int) -> None:
    """Numbers that the wire can't carry are refused where they are made."""
    with pytest.raises(ValueError, match="u64"):
        SessionRevision(number)
    with pytest.raises(ValueError, match="u64"):
        SessionCursor.new("s", number, 0)
    with pytest.raises(ValueError, match="u64"):
        SessionCursor.new("s", 0, number)


@pytest.mark.parametrize("session_id", ["", "é" * 129, "a\x1bb", "a\x85b", "\udc80"])
def test_names_that_no_session_can_have(session_id: str) -> None:
    """Empty, too long in bytes, with control characters, not UTF-8."""
    with pytest.raises(ValueError, match="session id"):
        check_session_id(session_id)


def test_equal_texts_are_equal_cursors() -> None:
    """Cursors can be compared and be keys; nothing else equals one."""
    one, other = SessionCursor("lashsc1:1:2:s"), SessionCursor("lashsc1:1:2:s")
    assert one == other
    assert len({one, other}) == 1
    assert one != "lashsc1:1:2:s"


def test_parts_compare_by_value() -> None:
    """Two texts of one place parse to equal parts."""
    parts = SessionCursor.new("s", 3, 5).parse()
    assert parts == SessionCursor("lashsc1:3:5:s").parse()
    assert len({parts, SessionCursor("lashsc1:3:5:s").parse()}) == 1
    assert parts != SessionCursor("lashsc1:3:6:s").parse()
    assert repr(parts) == "ParsedSessionCursor('s', SessionRevision(3), 5)"


@pytest.mark.parametrize("incarnation", [0, 7, 2**24 - 1])
def test_the_position_can_be_read_off_the_text(incarnation: int) -> None:
    """Each record of a stream is placed without looking at the rest of its cursor."""
    cursor = SessionCursor.new("a:b", 3, join_position(incarnation, 12))
    assert position_of(cursor.as_str()) == (incarnation, 12)
    assert SessionCursor.of_parts("a:b", 3, join_position(incarnation, 12)) == cursor


@pytest.mark.parametrize(
    "text", [None, 3, "", "lashsc1:", "lashsc1:0:5", "lashsc1:0:x:s", "lashsc2:0:5:s"]
)
def test_what_is_no_cursor_has_no_position(text: object) -> None:
    """It is passed by, not an error."""
    assert position_of(text) is None
