"""Streams and tables of a session whose every field is hostile: text is all that comes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lashd.events import QueueChanged, SessionQueueEventKind, Waiting
from tests.hostile import assert_plain, hostile
from tests.tui.daemons import publisher, say

from .cli import DEADLINE, Reader
from .hostile_session import NAME, publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lashd.daemon import EmbeddedDaemon
    from lashd.publish.publisher import Publisher

    from .cli import Cli

FIELDS = """
    user-words user-second reasoning-words prose-heading fenced_words split-words plain-words
    tool-name edit-path retry-words value-words submitted-key diagnostic-kind
    frame-words error-words plan-words plan-now queue-words queue-nameless process-nameless
    last-words
""".split()  # noqa: SIM905


@pytest.fixture
def agent(daemon: EmbeddedDaemon) -> Iterator[Publisher]:
    """The session, with all but its events."""
    words = {key: hostile(f"{key}-words") for key in ("title", "agent", "directory")}
    with publisher(daemon.socket_path, NAME, **words) as opened:
        yield opened


def test_a_text_stream_is_text(cli: Cli, agent: Publisher) -> None:
    """What was there, and what comes."""
    say(agent, "it begins\n", "b")
    words = ("attach", NAME, "--format", "text", "--until", "waiting", "--show-cursor")
    with cli.start(*words) as live:
        assert Reader(live).line() == "it begins"
        publish(agent)
        agent.publish(QueueChanged(SessionQueueEventKind.DELIVERED, [hostile("queue-id")]))
        agent.publish(Waiting(hostile("asks-now")))
        assert agent.flush(DEADLINE)
        out, err = (data.decode() for data in live.communicate(timeout=DEADLINE))
    assert [word for word in [*FIELDS, "asks-now"] if word not in out] == []
    assert_plain(out)
    assert_plain(err)
    shown = cli.run("show", NAME)
    left = [word for word in FIELDS if word not in shown.out]
    assert left == ["queue-words"], "it was delivered"
    assert_plain(shown.out)


def test_tables_records_and_complaints_are_text(cli: Cli, agent: Publisher) -> None:
    """In JSON, too, what a terminal would obey is written as an escape of JSON's."""
    publish(agent)
    table = cli.run("ls")
    assert "title-words" in table.out
    assert_plain(table.out)
    for words in (
        ("ls", "--format", "json"),
        ("show", NAME, "--format", "json"),
        ("attach", NAME, "--format", "json", "--no-follow"),
    ):
        done = cli.run(*words)
        assert done.records
        assert_plain(done.out)
    for wrong in (("rm", NAME), ("show", hostile("nobody").replace("\0", "")), ("ls", "\x1b]0;x")):
        refused = cli.run(*wrong)
        assert refused.code
        assert_plain(refused.err)


@pytest.mark.parametrize("on_terminal", [False, True])
def test_an_agent_that_is_run_is_shown_as_text(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path, on_terminal: bool
) -> None:
    """`run` turns its events into harmless text on a terminal; a pipe gets its output unchanged."""
    command: dict[str, object] = {
        "type": "command_execution",
        "command": hostile("ls"),
        "exit_code": 1,
    }
    items: list[dict[str, object]] = [
        {"id": "0", "type": "reasoning", "text": hostile("reasoning-words")},
        {"id": "1", **command, "aggregated_output": hostile("output"), "status": "failed"},
        {"id": "2", "type": "error", "message": hostile("error-words")},
        {"id": "3", "type": "agent_message", "text": hostile("prose-words")},
    ]
    records: list[dict[str, object]] = [
        {"type": "thread.started", "thread_id": hostile("thread")},
        {"type": "turn.started"},
    ]
    records += [{"type": "item.completed", "item": item} for item in items]
    records += [{"type": hostile("unknown"), "x": hostile("y")}, {"type": "turn.completed"}]
    (tmp_path / "events").write_text("".join(f"{json.dumps(each)}\n" for each in records))
    script = tmp_path / "codex"
    script.write_text(f"#!/bin/sh\ncat {tmp_path / 'events'}\n")
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    if on_terminal:
        words = ("run", "--", "codex", "exec", "hi")
        shown = cli.on_a_terminal(*words, both=True).out.replace("\r\n", "\n")
        assert "reasoning-words" in shown
        assert "prose-words" in shown
        assert_plain(shown)
    else:
        done = cli.run("run", "--", "codex", "exec", "hi")
        assert done.out == (tmp_path / "events").read_text()
        assert_plain(done.err)
