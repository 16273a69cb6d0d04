"""Seals, and the key that makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lashd.relay.seal import Sealer, read_key


def test_a_seal_is_of_its_data_at_its_place_for_its_home() -> None:
    """Nothing can be moved, and parts of a place don't run into each other."""
    sealer = Sealer("box", b"k" * 16)
    seal = sealer.seal(b"data", "event", 1, "ab", 3)
    assert sealer.holds(seal, b"data", "event", 1, "ab", 3)
    assert not sealer.holds(seal, b"other", "event", 1, "ab", 3)
    assert not sealer.holds(seal, b"data", "event", 1, "a", "b3")
    assert not sealer.holds(None, b"data", "event", 1, "ab", 3)
    assert not Sealer("bo", b"k" * 16).holds(seal, b"data", "event", 1, "ab", 3)
    assert not Sealer("box", b"l" * 16).holds(seal, b"data", "event", 1, "ab", 3)


def test_a_key_is_one_line_of_a_file(tmp_path: Path) -> None:
    """Whose end of line doesn't count."""
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_bytes(b"0123456789abcdef\n")
    assert read_key(str(file)) == b"0123456789abcdef"
    for bad, wrong in ((b"short", "16 to 64 bytes"), (b"x" * 65, "at most 64 bytes")):
        file.write_bytes(bad)
        with pytest.raises(ValueError, match=wrong):
            read_key(str(file))
