"""Addresses and places in files, found in any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashtui.text.links import MAX_LINK, find_links, find_places, is_link
from lashtui.text.sanitize import safe_text

PIECES = st.one_of(
    st.sampled_from(["https://", "HTTP://", "file:///", "mailto:", "javascript:", "git+https://"]),
    st.sampled_from("()[]<>{}.,:;!?'\"`*_~ /\\|\n\t\x1b\x07\u202e\u4e2d\u00e9\u2028"),
    st.sampled_from(["a.b/c", "x.py:3", "src/", ":42", 'File "', '", line 7', "localhost:80", "@"]),
    st.sampled_from(["#L1", "%20", "\x9d8;;", "data:"]),
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=40).map("".join))


def shown(text: str) -> list[str]:
    """The addresses as they stand in the text."""
    return [text[begin:end] for begin, end, _ in find_links(text)]


def targets(text: str) -> list[str]:
    """Where they lead."""
    return [target for _, _, target in find_links(text)]


def places(text: str) -> list[tuple[str, int]]:
    """Paths and lines."""
    return [(path, line) for _, _, path, line in find_places(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.example/b?c=d&e=f#g.", ["https://a.example/b?c=d&e=f#g"]),
        ("(https://a.example/x_(y))", ["https://a.example/x_(y)"]),
        ("<https://a.example>, 'http://b.example'!", ["https://a.example", "http://b.example"]),
        ("**https://a.example/**", ["https://a.example/"]),
        ("[one](https://a.example/1)", ["https://a.example/1"]),
        ("http://localhost:8080/x http://[::1]:9/", ["http://localhost:8080/x", "http://[::1]:9/"]),
        ("file:///tmp/a.html mailto:me@b.example", ["file:///tmp/a.html", "mailto:me@b.example"]),
        ("\u89c1https://a.example/b\u3002\u597d", []),
        ("\u89c1 https://a.example/b\u3002\u597d", ["https://a.example/b"]),
        ("javascript:alert(1) data:text/html,x ftp://a.example vscode://x ssh://y", []),
        ("git+https://a.example javascript:https://a.example", ["https://a.example"]),
        ("https://\u0430pple.example/x", []),
        ("http:// https://... mailto: http:/x", []),
    ],
)
def test_addresses(text: str, found: list[str]) -> None:
    """Without the sentence around them; no other scheme, also not before one of ours."""
    assert shown(text) == found


def test_letters_that_are_not_ascii_are_sent_as_ascii() -> None:
    """A terminal and a browser are given what the standard allows."""
    text = "https://de.example/Gr\u00f6\u00dfe?"
    assert shown(text) == ["https://de.example/Gr\u00f6\u00dfe"]
    assert targets(text) == ["https://de.example/Gr%C3%B6%C3%9Fe"]


def test_places_in_files() -> None:
    """As compilers, grep and Python write them; no times, hosts, or parts of addresses."""
    text = "src/api/server.py:42 ./a.c:7:12: error, /etc/hosts:1, ~/x.py:3 Makefile:9 ../b.rs:2."
    assert places(text) == [
        ("src/api/server.py", 42),
        ("./a.c", 7),
        ("/etc/hosts", 1),
        ("~/x.py", 3),
        ("Makefile", 9),
        ("../b.rs", 2),
    ]
    assert places('  File "/a b/c.py", line 12, in f') == [("/a b/c.py", 12)]
    assert places("12:30:45 localhost:8080 10.0.0.1:80 key:3 http://a.example/x.py:3 a:1") == []
    assert places("a.py:12345678 a.py:3x") == []


@given(text=TEXTS)
def test_what_is_found_stands_in_the_text_and_is_harmless(text: str) -> None:
    """Of any text: no control character, no other scheme, no two at one place."""
    text = safe_text(text)
    last = 0
    for begin, end, target in find_links(text):
        assert last <= begin < end <= len(text)
        last = end
        assert is_link(target)
        assert target.isascii()
        assert target.isprintable()
        assert target.lower().startswith(("http://", "https://", "file://", "mailto:"))
        if text[begin:end].isascii():
            assert text[begin:end] == target
    last = 0
    for begin, end, path, line in find_places(text):
        assert last <= begin < end <= len(text)
        last = end
        assert path in text[begin:end]
        assert "\n" not in path
        assert "\t" not in path
        assert str(line) in text[begin:end]


@pytest.mark.parametrize(
    "unit",
    ["a/", "a.", "https://", ")", "http://a" + ")" * 9, "../", "x" * 9 + ":", 'File "', "/.", "1:"],
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    """A quarter of a megabyte of anything, at a key's press."""
    text = unit * (256 * 1024 // len(unit))
    begin = time.process_time()
    find_links(text)
    find_places(text)
    assert time.process_time() - begin < 2.0


def test_long_addresses_are_no_links() -> None:
    """Nobody can read where they lead, and terminals drop them."""
    assert is_link("https://" + "a" * (MAX_LINK - 8))
    assert not is_link("https://" + "a" * MAX_LINK)
    assert not is_link("https://a b")
    assert not is_link("https://a\x1b\\")
