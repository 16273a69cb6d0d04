"""The fuzzer finds nothing in the hub, and finds what is broken in it on purpose."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from lashd.errors import RequestRefused
from lashd.hub.hub import Hub
from lashd.hub.listing.requests import ListRequests
from lashd.hub.publishers import Publishers
from lashd.hub.reader import ReaderRole
from lashd.protocol.messages import ErrorCode
from lashd.session.host import SessionHost
from lashd.session.store import InMemoryLiveReplayStore
from lashd.testing.fuzz import HubFuzzer, Report, main

FRAMES = 21_000
"""Three daemons: enough for every plant below to be found."""


def fuzz(seed: int = 4, frames: int = FRAMES, **more: Any) -> Report:
    with HubFuzzer(seed, **more) as fuzzer:
        return fuzzer.run(frames)


@pytest.mark.parametrize("seed", [1, 3])
def test_nothing_is_found(seed: int) -> None:
    """Documented errors only, no internal one, nothing left behind, and the promise kept."""
    report = fuzz(seed, 40_000)

    assert list(report.findings) == []
    assert report.frames >= 40_000
    assert report.audited > 3_000
    assert report.gaps > 20
    # A mirror alone refuses as read-only, or without a home.
    assert set(report.codes) | {"limit", "read_only", "no_home"} == {
        code.value for code in ErrorCode
    }


def test_a_seed_repeats_a_run() -> None:
    """What was found once is found again."""
    one, other = fuzz(9, 8_000), fuzz(9, 8_000)

    assert (one.frames, one.codes, one.audited) == (other.frames, other.codes, other.audited)
    assert one.codes != fuzz(10, 8_000).codes


def test_the_log_is_as_it_was() -> None:
    """Only while it runs are the daemon's errors findings."""
    log = logging.getLogger("lashd")
    before = (log.level, log.propagate, list(log.handlers))
    fuzz(1, 100)

    assert (log.level, log.propagate, list(log.handlers)) == before


# -- plants ---------------------------------------------------------------------------------------

Patch = Callable[[pytest.MonkeyPatch], None]


def an_internal_error(patch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("oops")

    patch.setattr("lashd.hub.status.inspect", fail)


def a_code_that_is_not_documented(patch: pytest.MonkeyPatch) -> None:
    class OddCode(str):
        value = "teapot"

    def refuse(hub: Hub, connection: Any, _: object) -> None:
        connection.refuse(OddCode(), "I am a teapot")

    patch.setattr(Hub, "_answer_status", refuse)


def a_list_that_fails(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RequestRefused(ErrorCode.LIMIT, "not today")

    patch.setattr(ListRequests, "list", refuse)


def an_event_that_is_left_out(patch: pytest.MonkeyPatch) -> None:
    true = ReaderRole.next_chunk

    def next_chunk(reader: ReaderRole, max_bytes: int) -> Any:
        reader.hold()
        if reader.position % 50 == 49 and reader.position < reader.session.tail:
            reader.position += 1
        return true(reader, max_bytes)

    patch.setattr(ReaderRole, "next_chunk", next_chunk)


def an_event_that_comes_twice(patch: pytest.MonkeyPatch) -> None:
    true = ReaderRole.next_chunk

    repeated: set[ReaderRole] = set()

    def next_chunk(reader: ReaderRole, max_bytes: int) -> Any:
        reader.hold()
        before = reader.position
        chunk = true(reader, max_bytes)
        if chunk is not None and before // 20 < reader.position // 20 and reader not in repeated:
            repeated.add(reader)
            reader.position -= 1
        return chunk

    patch.setattr(ReaderRole, "next_chunk", next_chunk)


def a_snapshot_that_is_stale(patch: pytest.MonkeyPatch) -> None:
    true = SessionHost.encoded_observation
    seen: dict[str, bytes] = {}

    def encoded(host: SessionHost) -> Any:
        data, cursor = true(host)
        return seen.setdefault(f"{cursor.parse().incarnation}{host.session_id}", data), cursor

    patch.setattr(SessionHost, "encoded_observation", encoded)


def bytes_that_stay_counted(patch: pytest.MonkeyPatch) -> None:
    true = InMemoryLiveReplayStore.forget

    def forget(store: InMemoryLiveReplayStore, session_id: str) -> bool:
        before = store.total_bytes
        known = true(store, session_id)
        store._rings.total_bytes = before
        return known

    patch.setattr(InMemoryLiveReplayStore, "forget", forget)


def a_connection_that_is_never_let_go(patch: pytest.MonkeyPatch) -> None:
    true = Hub.disconnect

    def disconnect(hub: Hub, connection: Any) -> None:
        true(hub, connection)
        if connection.number == 77:
            hub.connections[connection] = None

    patch.setattr(Hub, "disconnect", disconnect)


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (an_internal_error, "logged: KeyError in "),
        (a_code_that_is_not_documented, "the error code `teapot`, which is not documented"),
        (a_list_that_fails, "`list` was answered by ['hello', 'error']"),
        (an_event_that_is_left_out, "got no gap for 1 missing event"),
        (an_event_that_comes_twice, "got the event at"),
        (a_snapshot_that_is_stale, "is not what the events before it make"),
        (bytes_that_stay_counted, "bytes were still counted"),
        (a_connection_that_is_never_let_go, "there were left: {'connections': 1}"),
    ],
)
def test_what_is_broken_is_found(monkeypatch: pytest.MonkeyPatch, plant: Patch, words: str) -> None:
    """Each by what a user would see of it."""
    plant(monkeypatch)
    report = fuzz()

    assert any(words in what for what in report.findings), "\n".join(report.lines())


def test_rows_that_another_publisher_takes_away_are_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A snapshot is held against what was acknowledged, not only against the events."""
    monkeypatch.setattr(Publishers, "is_only", lambda *_: True)
    report = fuzz(11)

    assert any("without event" in what for what in report.findings), "\n".join(report.lines())


# -- the command ----------------------------------------------------------------------------------


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    """Speed, refusals, what was audited, and what was found."""
    assert main(["--seed", "3", "--frames", "2000"]) == 0

    speed, did, refused, audited, found = capsys.readouterr().out.splitlines()
    assert "frames/s" in speed
    assert did.startswith("seed 3: 2,0")
    assert refused.startswith("refused: bad_request")
    assert audited.startswith("audited: ")
    assert found == "found: nothing"


def test_the_command_fails_when_something_is_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a job that runs it fails."""
    an_internal_error(monkeypatch)

    assert main(["--frames", "2000", "--leave-out", "floods,half_sent"]) == 1
    assert "- logged: KeyError in " in capsys.readouterr().out


def test_a_kind_that_there_is_not_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """With the names of those that there are."""
    with pytest.raises(SystemExit):
        main(["--leave-out", "tea"])

    assert "odd_keys" in capsys.readouterr().err


def test_it_runs_as_a_module() -> None:
    """As its documentation says."""
    command = [sys.executable, "-m", "lashd.testing.fuzz", "--frames", "500"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "found: nothing" in done.stdout
