"""Placeholders for what is no text."""

from __future__ import annotations

import base64

import pytest

from lashtui.text.media import byte_count, media, media_of_url, size_of_base64


def test_what_is_known_is_named() -> None:
    """Name, type and size, as far as they are told."""
    assert media("image") == "[image]"
    assert media("image", "image/png", 12 * 1024) == "[image: image/png, 12 KiB]"
    assert media("file", name="a.pdf") == "[file: a.pdf]"


def test_a_url_with_data_in_it_is_never_shown() -> None:
    """Its type and size are; any other URL names itself."""
    url = "data:image/png;base64,AAAA"
    assert media_of_url("image", url) == "[image: image/png, 3 bytes]"
    assert media_of_url("file", url, "image/png", "a.png") == "[file: a.png, image/png, 3 bytes]"
    assert media_of_url("file", "file:///a.png") == "[file: file:///a.png]"
    assert media_of_url("file", "data:,hello") == "[file: 5 bytes]"


@pytest.mark.parametrize("size", [1, 2, 3, 4, 1000])
def test_the_size_is_that_of_the_bytes(size: int) -> None:
    """Not of the text that they are written in."""
    assert size_of_base64(base64.b64encode(b"x" * size).decode()) == size
    assert size_of_base64("") is None
    assert size_of_base64(7) is None


def test_sizes_are_counted_in_their_unit() -> None:
    """Bytes, then KiB, then MiB."""
    told = [byte_count(size) for size in (1, 512, 12 * 1024, 3 * 1024 * 1024)]
    assert told == ["1 byte", "512 bytes", "12 KiB", "3.0 MiB"]
