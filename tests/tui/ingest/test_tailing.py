"""One growing file; what is made of several is in test_discovery.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lashtui.ingest.growing import GrowingFile
from lashtui.ingest.tailing import open_tail
from lashtui.ingest.transcripts import About


def test_growth(tmp_path: Path) -> None:
    """Each byte is read once; what changed is known without reading."""
    path = tmp_path / "f"
    path.write_bytes(b"one")
    file = GrowingFile(str(path))
    assert (file.head(), file.read(), file.read()) == (b"one", b"one", b"")
    assert not file.has_changed()
    with path.open("ab") as more:
        more.write(b" two")
    assert file.has_changed()
    assert not file.is_replaced()
    assert (file.read(), file.head()) == (b" two", b"one two")
    file.close()


def test_ends(tmp_path: Path) -> None:
    """Cut, exchanged, gone."""
    path = tmp_path / "f"
    path.write_bytes(b"one")
    file = GrowingFile(str(path))
    file.read()
    path.write_bytes(b"o")
    assert file.is_replaced()
    path.write_bytes(b"one")
    assert not file.is_replaced()
    (tmp_path / "g").write_bytes(b"one")
    os.replace(tmp_path / "g", path)
    assert file.is_replaced()
    assert not file.is_gone()
    path.unlink()
    assert file.is_gone()
    file.close()


def test_links_are_refused(tmp_path: Path) -> None:
    """Also one that took a file's place after it was looked at."""
    (tmp_path / "f").write_bytes(b"one")
    (tmp_path / "link").symlink_to(tmp_path / "f")
    with pytest.raises(OSError, match="symbolic links"):
        GrowingFile(str(tmp_path / "link"))


def test_no_session(tmp_path: Path) -> None:
    """Nobody is asked for a place to publish it to, and nothing stays open."""
    (tmp_path / "f").write_bytes(b"hello\n" * 20)
    before = set(os.listdir("/proc/self/fd"))
    assert open_tail(str(tmp_path / "f"), lambda about, path: pytest.fail("asked")) is None
    assert set(os.listdir("/proc/self/fd")) == before


def test_geminis_directory_stands_beside_its_chats(tmp_path: Path) -> None:
    """Where the file doesn't name it, and that other file holds a path."""
    header = b'{"sessionId":"s","projectHash":"h","startTime":"x","kind":"main"}\n'
    chats = tmp_path / ".gemini" / "tmp" / "p" / "chats"
    chats.mkdir(parents=True)
    chat, root = chats / "session-2026-11-27T15-45-b7d78d75.jsonl", chats.parent / ".project_root"
    chat.write_bytes(header)

    def found() -> tuple[str | None, str | None]:
        seen: list[About] = []
        assert open_tail(str(chat), lambda about, path: seen.append(about)) is None
        return seen[0].directory, seen[0].title

    assert found() == (None, None)
    root.write_text("/home/dev/x\n")
    assert found() == ("/home/dev/x", "x")
    for not_a_path in (b"x", b"", b"\xff", b"/a\nb", b"/a\x00"):
        root.write_bytes(not_a_path)
        assert found() == (None, None)
    root.unlink()
    os.mkfifo(root)
    assert found() == (None, None)
    chat.write_bytes(header.replace(b'"kind"', b'"directories":["/d"],"kind"'))
    assert found() == ("/d", "d")
