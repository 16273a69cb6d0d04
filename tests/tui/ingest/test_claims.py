"""Which sessions a run claims, and what becomes of that when it ends or is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lashtui.ingest import claims
from lashtui.ingest.claims import LATE, NOTHING, Claim, read_claims
from lashtui.ingest.transcripts import Key

KEY = Key("claude", "a3142cd4-e7b4-4442-a568-f3e248302560")

HOLDER = """
import sys
from lashtui.ingest.claims import Claim
from lashtui.ingest.transcripts import Key
claim = Claim(sys.argv[1], 5)
claim.add(Key(*sys.argv[2:4]))
print("there", flush=True)
sys.stdin.readline()
claim.close()
"""


class Holder:
    """A process with a claim."""

    def __init__(self, folder: Path, key: Key = KEY) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(folder), *key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"there\n"

    def end(self) -> None:
        """In order."""
        self.process.communicate(b"\n", timeout=30)

    def kill(self) -> None:
        """As a crash ends it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)


def test_as_long_as_it_runs(tmp_path: Path) -> None:
    """It is claimed, and for a moment after that, so that the last words are not told twice."""
    folder = tmp_path / "claims"
    assert read_claims(str(folder)) == NOTHING
    holder = Holder(folder)
    assert read_claims(str(folder)).began == {KEY: 5}
    holder.end()
    found = read_claims(str(folder))
    assert found.began == {KEY: 5}
    assert time.time() * 1000 - found.ended[KEY] < 60_000
    late = found.ended[KEY] + LATE
    assert read_claims(str(folder), late).began == {}
    assert read_claims(str(folder)) == NOTHING
    assert os.listdir(folder) == []


def test_a_crash_leaves_nothing(tmp_path: Path) -> None:
    """That it is gone is said once; the file is not there any more."""
    holder = Holder(tmp_path)
    holder.kill()
    assert read_claims(str(tmp_path)).left == {KEY}
    assert read_claims(str(tmp_path)) == NOTHING
    assert os.listdir(tmp_path) == []


def test_two_runs_of_one_session(tmp_path: Path) -> None:
    """It is claimed until the last of them is gone."""
    first, second = Holder(tmp_path), Holder(tmp_path)
    first.kill()
    found = read_claims(str(tmp_path))
    assert (set(found.began), found.left) == ({KEY}, frozenset())
    second.end()


def test_own_claims_are_not_seen(tmp_path: Path) -> None:
    """Whoever tells a session need not leave it to itself; a claim is only its user's to read."""
    claim = Claim(str(tmp_path / "claims"), 5)
    claim.add(KEY)
    assert read_claims(str(tmp_path / "claims")) == NOTHING
    (path,) = (tmp_path / "claims").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    claim.drop()
    assert not path.exists()


@pytest.mark.parametrize("name", ["", "a b", "a\nclaude b", "x" * 129])
def test_what_is_no_id(tmp_path: Path, name: str) -> None:
    """Is not written."""
    claim = Claim(str(tmp_path), 5)
    claim.add(Key("claude", name))
    assert os.listdir(tmp_path) == []


def test_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run claims some sessions only."""
    monkeypatch.setattr(claims, "MAX_KEYS", 2)
    claim = Claim(str(tmp_path), 5)
    for number in range(4):
        claim.add(Key("claude", str(number)))
    (path,) = tmp_path.iterdir()
    assert path.read_text().splitlines() == ["5", "claude 0", "claude 1"]
    claim.drop()


def test_other_files_are_no_claims(tmp_path: Path) -> None:
    """Links, folders, and what is not written by us."""
    (tmp_path / "link").write_text("5\nclaude a\n")
    (tmp_path / "12").symlink_to(tmp_path / "link")
    (tmp_path / "13").mkdir()
    (tmp_path / "notes").write_text("5\nclaude a\n")
    (tmp_path / "14").write_bytes(b"\xff\xff 99999999999999999999\nclaude\n a\n= x\n")
    found = read_claims(str(tmp_path))
    assert (found.began, found.left) == ({}, frozenset())
    assert (tmp_path / "link").exists()
