"""Files with a secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lashd.relay.secret import read_secret


def secret(tmp_path: Path, data: bytes, mode: int = 0o600) -> str:
    """A file with `data`."""
    file = tmp_path / "secret"
    file.unlink(missing_ok=True)
    file.write_bytes(data)
    file.chmod(mode)
    return str(file)


def test_a_secret_is_one_line(tmp_path: Path) -> None:
    """Its end doesn't count; what is longer or has more lines is none."""
    assert read_secret(secret(tmp_path, b"abcd\r\n"), 4) == b"abcd"
    for data in (b"abcde", b"ab\ncd", b"abcd\nrest", b"ab\n" + b"c" * 100):
        with pytest.raises(ValueError, match="one line of at most 4 bytes"):
            read_secret(secret(tmp_path, data), 4)


def test_what_everybody_may_read_or_change_is_no_secret(tmp_path: Path) -> None:
    """A group may: there are services that read it as one."""
    for mode in (0o644, 0o602):
        with pytest.raises(ValueError, match=r"chmod 600 .*/secret$"):
            read_secret(secret(tmp_path, b"abcd", mode), 4)
    assert read_secret(secret(tmp_path, b"abcd", 0o640), 4) == b"abcd"


def test_a_pipe_will_do() -> None:
    """As a shell's `<(...)` gives one."""
    read, write = os.pipe()
    try:
        os.write(write, b"abcd\n")
        os.close(write)
        assert read_secret(f"/dev/fd/{read}", 4) == b"abcd"
    finally:
        os.close(read)
