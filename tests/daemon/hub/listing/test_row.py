"""The rows of a list: complete, and always in one message."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lashd.errors import RequestRefused
from lashd.hub.listing.row import encode_rows
from lashd.limits import DaemonLimits, QuietLimits
from lashd.session.row import Doing, SessionRow, row_from_wire
from lashd.session.view import ReadView
from tests.daemon.hub.hub_harness import HubHarness, prose


def test_a_row_of_a_list_has_every_field() -> None:
    """A reader finds each of them, null where nothing is known."""
    harness = HubHarness()
    harness.publisher().create()
    assert set(harness.sessions()["s"]) == set(SessionRow.__struct_fields__)


def test_a_row_says_what_goes_on() -> None:
    """What runs, since when, and how far the plan is; what is asked, and since when."""
    harness = HubHarness()
    publisher = harness.publisher()
    publisher.publish({**prose("Well. I look."), "at": 900_000})
    plan = [{"content": "a", "status": "completed"}, {"content": "b"}]
    publisher.publish({"type": "runtime_diagnostic", "kind": "plan", "data": {"items": plan}})
    args = {"command": "make all"}
    publisher.publish(
        {"type": "tool_call_started", "name": "Bash", "args": args, "call_id": "t", "at": 950_000}
    )
    item = harness.sessions()["s"]
    assert item["doing"] == {"name": "Bash", "argument": "make all", "since": 950_000}
    assert item["plan"] == {"done": 1, "total": 2}
    assert item["turn_started_at"] == 900_000
    assert item["last_line"] == "Well. I look."
    question = "Run this?\n" + "é" * 3000
    publisher.publish({"type": "waiting", "what": question, "at": 960_000})
    item = harness.sessions()["s"]
    assert (item["state"], item["waiting_since"]) == ("waiting", 960_000)
    assert item["waiting_for"].startswith("Run this?\né")
    assert 4000 < len(item["waiting_for"].encode()) <= 4096
    publisher.publish({"type": "resumed"}, {"type": "error", "message": "no\nroute"})
    publisher.publish({"type": "retry_status", "wait_seconds": 5, "attempt": 2, "at": 970_000})
    item = harness.sessions()["s"]
    assert (item["waiting_for"], item["waiting_since"]) == (None, None)
    assert item["error"] == "no\nroute"
    assert item["retry"] == {"attempt": 2, "max_attempts": None, "due_at": 975_000}
    assert row_from_wire(item).doing == Doing("Bash", "make all", 950_000)
    publisher.publish(
        {"type": "session_changed", "kind": "ended", "outcome": "failure", "exit_code": 3}
    )
    item = harness.sessions()["s"]
    assert (item["state"], item["outcome"], item["exit_code"]) == ("ended", "failure", 3)


def test_a_row_says_since_when_a_session_is_quiet() -> None:
    """By the configured bounds, and no longer once something comes."""
    harness = HubHarness(DaemonLimits(quiet=QuietLimits(model=5.0)))
    publisher = harness.publisher()
    publisher.prose("a")
    harness.advance(4)
    assert harness.sessions()["s"]["quiet_since"] is None
    harness.advance(2)
    assert harness.sessions()["s"]["quiet_since"] == 1_000_000
    publisher.prose("b")
    assert harness.sessions()["s"]["quiet_since"] is None


def wide_row(number: int) -> SessionRow:
    """A row with the longest texts that it may have."""
    wide: Any = {f"{n:03}" + "😀" * 250: 1.5 for n in range(32)}
    text = "😀" * 1000
    return SessionRow(
        session_id=f"{number}", directory=text * 4, waiting_for=text, usage={"total": wide}
    )


def test_a_list_fits_in_a_message_whatever_agents_write() -> None:
    """Texts of the rows that take the most are cut; the others stay as they are."""
    rows = [wide_row(n) for n in range(100)] + [SessionRow(session_id="plain", title="T")]
    blobs = encode_rows(rows, 1_000_000)
    assert sum(len(memoryview(blob)) for blob in blobs) <= 1_000_000
    read = [row_from_wire(msgspec.msgpack.decode(blob)) for blob in blobs]
    assert [row.session_id for row in read] == [row.session_id for row in rows]
    assert read[0].waiting_for == "😀" * 63 + "…"
    assert read[-1] == rows[-1]
    assert encode_rows(rows, 10**8) == [msgspec.Raw(msgspec.msgpack.encode(row)) for row in rows]
    with pytest.raises(RequestRefused, match="101 sessions are too many"):
        encode_rows(rows, 10_000)


def test_a_session_restored_from_an_older_view_waits_since_an_unknown_time() -> None:
    """Its view has no entry of the question."""
    harness = HubHarness()
    view = ReadView("s", state="waiting", waiting_for="ok?").to_wire()
    harness.publisher().request(type="restore", view=view, last=1)
    item = harness.sessions()["s"]
    assert (item["state"], item["waiting_for"]) == ("waiting", "ok?")
    assert item["waiting_since"] is None


WHERE = {
    "host": "box",
    "pid": 7,
    "tty": "/dev/pts/3",
    "tmux": {"socket": "/tmp/tmux-1/default", "pane": "%12"},
}


def test_a_row_says_where_the_agent_runs() -> None:
    """As the newest publisher that says so has it, also after that has left or comes again."""
    harness = HubHarness()
    first = harness.publisher("s", where={**WHERE, "later": 1})
    first.create()
    assert harness.sessions()["s"]["where"] == WHERE
    harness.publisher("s", "q").prose("x")
    assert harness.sessions()["s"]["where"] == WHERE
    other = {**dict.fromkeys(WHERE), "pid": 8}
    harness.publisher("s", "r", where={"pid": 8}).prose("x")
    assert harness.sessions()["s"]["where"] == other
    first.request(type="close")
    assert harness.sessions()["s"]["where"] == other
    harness.publisher("t").create()
    assert harness.sessions()["t"]["where"] is None


@pytest.mark.parametrize(
    ("where", "named"),
    [
        (3, "`where` is no map"),
        ({"pid": -1}, "`where.pid`"),
        ({"pid": True}, "`where.pid`"),
        ({"pid": 1.5}, "`where.pid`"),
        ({"host": 5}, "`where.host`"),
        ({"tty": "x" * 2000}, "`where.tty`"),
        ({"tmux": "%1"}, "`where.tmux` is no map"),
        ({"tmux": {"socket": "/x"}}, "`where.tmux.pane` is missing"),
        ({"tmux": {"socket": [], "pane": "%1"}}, "`where.tmux.socket`"),
    ],
)
def test_a_wrong_place_is_refused_by_its_name(where: Any, named: str) -> None:
    """Whoever writes a publisher sees which field it is."""
    client = HubHarness().connect()
    refusal = client.request(type="open", session_id="s", publisher_id="p", where=where)
    assert (refusal["type"], refusal["code"]) == ("error", "bad_request")
    assert named in refusal["message"]
