"""Framing of server-sent events: the standard, and what pipes make of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashtui.producers.lines import Line
from lashtui.producers.providers.sse import SseSplitter


def split(*chunks: bytes, max_line: int = 1000) -> list[Line]:
    """The events of an input."""
    splitter = SseSplitter(max_line)
    events = [event for chunk in chunks for event in splitter.feed(chunk)]
    return events + splitter.finish()


def data_of(events: Sequence[Line]) -> list[bytes]:
    """Their data."""
    return [event.data for event in events]


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\r\n\r\ndata:b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b": ping\n\ndata: a\n\n: ping\n\n", [b"a"]),
        (b"event: x\nid: 7\nretry: 10\ndata: a\n\n", [b"a"]),
        (b"data: {\ndata:  1\ndata: }\n\n", [b"{\n 1\n}"]),
        (b"data: a", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data\ndata: a\n\n", [b"a"]),
        (b"\n\n\n", []),
        (b"event: x\n\n", []),
        (b"data: [DONE]\n\n", [b"[DONE]"]),
        (b"data:\n\n", [b""]),
    ],
)
def test_events_are_framed_as_browsers_do(stream: bytes, data: list[bytes]) -> None:
    """Comments, names, ids, any line end, data over several lines, no last blank line."""
    assert data_of(split(stream)) == data


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b'data: {"a":1}\ndata: {"a":2}\ndata: [DONE]\n', [b'{"a":1}', b'{"a":2}', b"[DONE]"]),
        (b'event: x\ndata: {"a":1}\nevent: x\ndata: {"a":2}\n', [b'{"a":1}', b'{"a":2}']),
        (b'{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}']),
    ],
)
def test_what_pipes_leave_of_it_is_accepted(stream: bytes, data: list[bytes]) -> None:
    """`grep ^data`, no blank lines, bare JSON: a whole value is an event."""
    assert data_of(split(stream)) == data


def test_an_event_is_known_by_its_first_line() -> None:
    """For warnings."""
    assert [event.number for event in split(b": x\n\ndata: a\ndata: b\n\ndata: c\n\n")] == [3, 6]


def test_too_much_data_is_dropped_as_a_whole() -> None:
    """In one line, or in many; what follows is read."""
    long = b"data: " + b"x" * 50 + b"\n\n"
    many = b"data: xxxxxxxx\n" * 9 + b"\n"
    for stream in (long, many):
        event, after = split(stream + b"data: a\n\n", max_line=40)
        assert (event.too_long, event.data, after.data) == (True, b"", b"a")


def test_a_lull_shows_the_event_that_lacks_its_blank_line() -> None:
    """If its data is whole."""
    splitter = SseSplitter()
    assert splitter.feed(b'data: {"a":1}\n') == []
    assert data_of(splitter.flush()) == [b'{"a":1}']
    assert splitter.feed(b'data: {"a":\n') == []
    assert splitter.flush() == []
    assert data_of(splitter.feed(b"data: 1}\n\n")) == [b'{"a":\n1}']


LINE = st.sampled_from(
    [b"data: a", b"data: {}", b": c", b"event: e", b"", b"data:", b"junk", b"{}", b"data: [DONE]"]
)
END = st.sampled_from([b"\n", b"\r\n", b"\r"])


@settings(max_examples=100)
@given(st.lists(st.tuples(LINE, END), max_size=20), st.lists(st.integers(0, 300), max_size=6))
def test_chunks_never_matter(parts: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    """Split anywhere, within a line end too."""
    stream = b"".join(line + end for line, end in parts)
    places = sorted({min(cut, len(stream)) for cut in cuts})
    chunks = [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]
    assert split(*chunks) == split(stream)


def test_data_that_is_nested_too_deeply_is_no_value() -> None:
    """Whether another line of it follows at once, or a lull."""
    splitter = SseSplitter(100_000)
    deep = b"[" * 50_000
    assert splitter.feed(b"data: " + deep + b"\n") == []
    assert splitter.flush() == []
    assert data_of(splitter.feed(b"data: x\n\n")) == [deep + b"\nx"]
