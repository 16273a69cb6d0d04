"""A user's own agent, watched: what the daemon shows of it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lashd import Publisher, SessionHandler
from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from tests.daemon.publish.sdk.sdk_objects import ANTHROPIC, CHAT, AsyncStream, Stream, as_objects

FLUSH = 20.0
"""Seconds: milliseconds in truth, more on a machine that is on its knees."""


def opened(daemon: EmbeddedDaemon, session: str = "agent", **options: Any) -> Publisher:
    """A publisher that starts no daemon."""
    return Publisher(session, socket_path=daemon.socket_path, start_daemon=False, **options)


def view_of(daemon: EmbeddedDaemon, session: str = "agent") -> dict[str, Any]:
    """What the daemon has of it."""
    with Client(daemon.socket_path) as client:
        view: dict[str, Any] = client.show(session)["read_view"]
    return view


def rows(view: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """The entries of these kinds."""
    return [entry for entry in view["entries"] if entry["kind"] in kinds]


def test_a_whole_loop_is_shown_as_it_was(daemon: EmbeddedDaemon) -> None:
    """Two requests, a tool each way, a background process, queued work, two turns, one failed."""
    with opened(daemon, title="fix it", agent="mine", directory="/src") as session:
        assert session.wait_open(FLUSH)
        waits = session.queue.enqueue("and then the docs")
        with session.turn("fix the tests"):
            session.plan([("look", "in_progress"), "fix"])
            for _ in session.watch(Stream(as_objects(CHAT))):
                pass
            with session.tool("ls", {"path": "."}) as call:
                server = session.process.started("npm run dev", id=4711)
                call.result(["a.py"])
            with session.tool("cat", {"f": 1}) as call:
                call.fail("no such file")
            session.waiting("may I write a.py?")
            session.resumed()
            list(session.watch(Stream([each for each in ANTHROPIC if each.get("index") != 2])))
        session.queue.deliver(waits)
        with pytest.raises(OSError, match="disk"), session.turn("and then the docs"):
            raise OSError("disk full")
        session.process.exited(server, 0)
        assert session.flush(FLUSH)
        view = view_of(daemon)

    assert (view["state"], view["outcome"], view["turn_index"]) == ("idle", "failure", 2)
    assert [entry.get("text") or entry.get("name") for entry in view["entries"]] == [
        "fix the tests",
        "look first",
        "I will look.",
        "ls",
        "cat",
        "may I write a.py?",
        "look first",
        "I will look.",
        None,
        "and then the docs",
        "OSError: disk full",
        None,
    ]
    assert [row["state"] for row in rows(view, "tool")] == ["success", "failure"]
    assert [row["id"] for row in rows(view, "tool")] == ["call_a", "call_b"]
    assert view["usage"]["total"] == {
        "input_tokens": 200,
        "output_tokens": 40,
        "cached_input_tokens": 128,
        "reasoning_tokens": 8,
    }
    assert view["queue"] == []
    assert [(p["process_id"], p["state"]) for p in view["processes"]] == [("4711", "exited")]
    assert [item["text"] for item in view["plan"]] == ["look", "fix"]
    ended = view_of(daemon)
    assert (ended["state"], ended["outcome"]) == ("ended", "success")


async def test_an_async_agent_with_subagents(daemon: EmbeddedDaemon) -> None:
    """Each subagent's stream stands under its own call, though they run at the same time."""

    async def subagent(session: Publisher, name: str) -> None:
        async with session.tool("task", {"name": name}) as task:
            items = [each for each in CHAT if "tool_calls" not in str(each.get("choices"))]
            async for _ in session.watch(AsyncStream(CHAT[:5] or items)):
                await asyncio.sleep(0)
            async with session.tool("read", {"who": name}) as call:
                call.result(name)
            session.prose(f"{name} is done")
            task.result(name)

    async with opened(daemon) as session, session.turn("both"):
        await asyncio.gather(subagent(session, "a"), subagent(session, "b"))
        session.prose("all done")

    view = await asyncio.to_thread(view_of, daemon)
    tasks = {row["args"]["name"]: row["id"] for row in rows(view, "tool") if row["name"] == "task"}
    for name, own in tasks.items():
        below = [row for row in view["entries"] if row.get("parent") == own]
        texts = [row.get("text", row.get("args")) for row in below]
        assert texts == ["look first", "I will look.", {"who": name}, f"{name} is done"]
    assert (view["state"], view["outcome"]) == ("ended", "success")


def test_log_records_go_along(daemon: EmbeddedDaemon) -> None:
    """Those between turns with the next turn; none of them makes an idle session run."""
    with opened(daemon) as session:
        handler = SessionHandler(session)
        log = logging.getLogger("own.agent")
        log.setLevel(logging.INFO)
        log.addHandler(handler)
        try:
            log.info("before")
            assert session.flush(FLUSH)
            assert view_of(daemon)["state"] == "idle"
            with session.turn("x"):
                log.info("within")
            log.info("at the end")
        finally:
            log.removeHandler(handler)

    view = view_of(daemon)
    messages = [row["output"]["message"] for row in rows(view, "diagnostic")]
    assert messages == ["before", "within", "at the end"]
    assert [row["kind"] for row in view["entries"]][:2] == ["diagnostic", "user"]
    assert view["state"] == "ended"


def test_many_threads_work_in_one_session(daemon: EmbeddedDaemon) -> None:
    """Nothing of any of them is lost or under another's call."""
    with opened(daemon) as session:

        def work(name: str) -> None:
            for number in range(25):
                with session.tool("outer", name), session.tool("inner", name) as inner:
                    session.prose(f"{name}{number}")
                    inner.result(number)

        with session.turn("go"):
            threads = [threading.Thread(target=work, args=(name,)) for name in "wxyz"]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert session.flush(FLUSH)

    view = view_of(daemon)
    by_id = {row["id"]: row for row in rows(view, "tool")}
    prose = rows(view, "prose")
    assert len(by_id) == 200
    assert len(prose) == 100
    for row in prose:
        inner = by_id[row["parent"]]
        assert row["text"][0] == inner["args"] == by_id[inner["parent"]]["args"]
    assert all(row["state"] == "success" for row in by_id.values())


def test_without_a_daemon_an_agent_is_not_slowed(tmp_path: Path) -> None:
    """Not while it works, not at its end."""
    began = time.monotonic()
    with Publisher("s", socket_path=tmp_path / "none", start_daemon=False) as session:
        for number in range(50):
            with session.turn(f"turn {number}"), session.tool("t", {"n": number}) as call:
                list(session.watch(Stream(CHAT)))
                call.result(object())

    # 50 turns are some 50 ms of work; a wait for the daemon would be 5 s.
    assert time.monotonic() - began < 4


def test_values_of_any_kind_reach_the_daemon(daemon: EmbeddedDaemon) -> None:
    """None of them costs an event, and none of them more than its bound."""
    warnings: list[str] = []
    cycle: list[Any] = []
    cycle.append(cycle)
    values = [object(), {1, 2}, cycle, "\ud800", float("nan"), 10**400, b"\xff", "x" * 5_000_000]
    with opened(daemon, on_warning=warnings.append) as session, session.turn("x"):
        for number, value in enumerate(values):
            with session.tool(f"t{number}", value) as call:
                call.result({"value": value, 5: [value]})
            session.diagnostic("d", value)
            session.error(value)
        session.prose("done")

    view = view_of(daemon)
    assert warnings == []
    assert [row["state"] for row in rows(view, "tool")] == ["success"] * len(values)
    assert len(rows(view, "error")) == len(rows(view, "diagnostic")) == len(values)
    assert view["outcome"] == "success"


def test_an_exception_ends_everything_that_was_open(daemon: EmbeddedDaemon) -> None:
    """Calls, the turn and the session, each with what became of it."""
    with pytest.raises(ZeroDivisionError), opened(daemon) as session, session.turn("x"):  # noqa: PT012
        list(session.watch(Stream(CHAT)))
        with session.tool("outer"), session.tool("inner"):
            _ = 1 / 0

    view = view_of(daemon)
    states = {row["name"]: row["state"] for row in rows(view, "tool")}
    assert states == {
        "ls": "cancelled",
        "cat": "cancelled",
        "outer": "failure",
        "inner": "failure",
    }
    assert rows(view, "error")[0]["text"] == "ZeroDivisionError: division by zero"
    assert (view["state"], view["outcome"]) == ("ended", "failure")
