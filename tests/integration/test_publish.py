"""`lashtui publish`: stdin into a session, nothing lost, each trouble told."""

from __future__ import annotations

import json
import os
import signal
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lashd.client.blocking import Client
from tests.integration.cli import DEADLINE, Cli
from tests.tui.producers.goldens import CAPTURES
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from lashd.daemon import EmbeddedDaemon


def view_of(daemon: EmbeddedDaemon, session: str = "s") -> dict[str, Any]:
    """The view of a session."""
    with Client(daemon.socket_path) as client:
        view: dict[str, Any] = client.show(session)["read_view"]
        return view


def text_of(daemon: EmbeddedDaemon) -> str:
    """All text of the session `s`."""
    return "".join(entry.get("text") or "" for entry in view_of(daemon)["entries"])


def test_text(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Whole, with colours; how a command on a pipe ended nobody knows; stderr names the format."""
    done = cli.run("publish", "s", "--title", "A title", data=b"hello\n\x1b[1mworld\x1b[0m")
    assert (done.code, done.out) == (0, "")
    assert "text" in done.err
    view = view_of(daemon)
    assert text_of(daemon) == "hello\n\x1b[1mworld\x1b[0m"
    assert (view["state"], view["outcome"], view["turn_index"]) == ("ended", None, 0)
    assert view["title"] == "A title"
    assert view["directory"] == os.getcwd()


def test_jsonl(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Detected by its first line; a bad line costs a warning with its number; no commit of ours."""
    lines = (
        b'\n{"type":"user_message","text":"hi"}\nbad\n{"type":"assistant_prose_delta","text":"yo"}'
    )
    done = cli.run("publish", "s", data=lines)
    assert done.code == 0
    assert "jsonl" in done.err
    assert "line 3" in done.err
    view = view_of(daemon)
    assert [entry["text"] for entry in view["entries"]] == ["hi", "yo"]
    assert (view["turn_index"], view["outcome"]) == (0, None)


def test_jsonl_with_commits_revisions_times_and_an_end_of_its_own(
    cli: Cli, daemon: EmbeddedDaemon
) -> None:
    """The envelope's fields are used; an end that the input gives is the one that counts."""
    lines = [
        {"type": "assistant_prose_delta", "text": "x", "at": 1_700_000_000_000},
        {"type": "committed", "revision": 41},
        {"type": "session_changed", "kind": "ended", "outcome": "failure", "exit_code": 9},
    ]
    assert cli.run("publish", "s", data="\n".join(map(json.dumps, lines)).encode()).code == 0
    view = view_of(daemon)
    assert view["revision"] == 41
    assert view["entries"][0]["started_at"] == 1_700_000_000_000
    assert (view["outcome"], view["exit_code"]) == ("failure", 9)


def test_a_transcript_keeps_its_times(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Its turns take as long as they took, and it was last active when the agent was."""
    transcript = (CAPTURES / "claude_transcript" / "cc_files.stdout.jsonl").read_bytes()
    assert cli.run("publish", "s", data=transcript).code == 0
    view = view_of(daemon)
    commits = [entry for entry in view["entries"] if entry["kind"] == "commit"]
    took = commits[-1]["ended_at"] - view["entries"][0]["started_at"]
    assert [entry["duration_ms"] for entry in commits] == [took]
    assert view["updated_at"] == commits[-1]["ended_at"]
    assert took < 60_000
    with Client(daemon.socket_path) as client:
        assert client.list()[0]["updated_at"] == view["updated_at"]


def test_what_a_stream_prints_can_be_published_again(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """`attach --format json | publish` copies a session's events."""
    cli.run("publish", "s", data=b'{"type":"error","message":"boom"}\n{"type":"committed"}\n')
    stream = cli.run("attach", "s", "--format", "json", "--cursor", "start", "--no-follow").out
    cli.run("publish", "copy", "--format", "jsonl", data=stream.encode())
    with Client(daemon.socket_path) as client:
        kinds = [entry["kind"] for entry in client.show("copy")["read_view"]["entries"]]
    assert kinds[0] == "error"
    assert "commit" in kinds


def test_an_event_that_is_too_large_is_cut_with_a_mark(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Its head and its end stay, and it says how much is missing."""
    texts = ["a", "begin" + "x" * 1_200_000 + "end", "b"]
    lines = [json.dumps({"type": "user_message", "text": text}) for text in texts]
    done = cli.run("publish", "s", data="\n".join(lines).encode())
    assert done.code == 0
    first, cut, last = [entry["text"] for entry in view_of(daemon)["entries"]]
    assert (first, last) == ("a", "b")
    assert cut.startswith("begin")
    assert cut.endswith("end")
    assert "characters cut" in cut


def test_a_format_that_is_named_is_not_guessed(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Text that looks like an event can be published as text."""
    line = b'{"type":"error","message":"m"}\n'
    done = cli.run("publish", "s", "--format", "text", data=line)
    assert (done.code, done.err) == (0, "")
    assert text_of(daemon) == line.decode()


def test_text_arrives_while_the_input_is_open(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """A line is seen without waiting for the next one."""
    with cli.start("publish", "s", "--format", "text", stdin=-1) as process:
        assert process.stdin is not None
        process.stdin.write(b"first\n")
        process.stdin.flush()

        def arrived() -> bool:
            with Client(daemon.socket_path) as client:
                known = any(each["session_id"] == "s" for each in client.list())
            return known and text_of(daemon) == "first\n"

        wait_until(arrived)
        assert view_of(daemon)["state"] == "running"
        process.communicate(b"second\n", timeout=DEADLINE)
    assert text_of(daemon) == "first\nsecond\n"


def test_publishing_again_reopens(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """The session goes on with what was there."""
    cli.run("publish", "s", "--format", "text", data=b"one\n")
    cli.run("publish", "s", "--format", "text", data=b"two\n")
    assert text_of(daemon) == "one\ntwo\n"
    assert view_of(daemon)["turn_index"] == 0


def test_nothing_of_much_is_lost(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Far more events than an outbox or a ring holds are all in the view."""
    count = 10_000
    lines = b"".join(
        b'{"type":"assistant_prose_delta","correlation_id":"k","text":"%06d"}\n' % n
        for n in range(count)
    )
    assert cli.run("publish", "s", data=lines).code == 0
    text = text_of(daemon)
    assert text == "".join(f"{n:06d}" for n in range(count))


def test_a_signal_ends_the_session_as_cancelled(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """SIGINT is 130, SIGTERM 143, however often; what was read before is there."""
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with cli.start("publish", "s", "--format", "text", stdin=-1) as process:
            assert process.stdin is not None
            process.stdin.write(number.name.encode())
            process.stdin.flush()
            wait_until(partial(_has, daemon, number.name))
            deadline = time.monotonic() + DEADLINE
            while process.poll() is None:
                process.send_signal(number)
                assert time.monotonic() < deadline
            assert process.returncode == code
            assert process.stderr is not None
            assert b"Traceback" not in process.stderr.read()
        assert view_of(daemon)["outcome"] == "cancelled"


def _has(daemon: EmbeddedDaemon, text: str) -> bool:
    with Client(daemon.socket_path) as client:
        if not any(each["session_id"] == "s" for each in client.list()):
            return False
    return text in text_of(daemon)


def test_a_publisher_that_is_removed_is_told(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """`rm --force` ends it with a sentence and a failure."""
    with cli.start("publish", "s", "--format", "text", stdin=-1) as process:
        assert process.stdin is not None
        process.stdin.write(b"x")
        process.stdin.flush()
        wait_until(lambda: _has(daemon, "x"))
        assert cli.run("rm", "s").code == 1
        assert cli.run("rm", "s", "--force").code == 0
        _, err = process.communicate(b"more\n", timeout=DEADLINE)
    assert process.returncode != 0
    assert b"removed" in err


def test_no_daemon(tmp_path: Path) -> None:
    """With --no-start, or where none can start, it is 5: unlike `run` it has no other job."""
    for path, words in ((str(tmp_path / "none"), ["--no-start"]), ("/proc/none/s", [])):
        done = Cli(path, tmp_path).run("publish", "s", *words, data=b"x\n")
        assert (done.code, done.out) == (5, "")
        assert done.err.count("\n") == 1


def test_it_starts_a_daemon(tmp_path: Path, short_socket: str) -> None:
    """One that stays when the publisher is done."""
    cli = Cli(short_socket, tmp_path)
    try:
        assert cli.run("publish", "s", data=b"hi\n").code == 0
        assert cli.run("show", "s").out == "hi\n-- ended\n"
    finally:
        cli.run("daemon", "stop")


PROSE = '{"type":"assistant_prose_delta","text":"hi"}\n'


@pytest.mark.parametrize(
    ("form", "data", "outcome"),
    [
        ("text", "hi\n", None),
        ("auto", "hi\n", None),
        ("jsonl", PROSE, None),
        ("jsonl", "no event\n", None),
        ("jsonl", "", None),
        ("jsonl", PROSE + '{"type":"committed"}\n', "success"),
        ("jsonl", PROSE + '{"type":"committed"}\n' + PROSE, None),
        ("jsonl", '{"type":"error","message":"boom"}\n', "failure"),
        ("jsonl", PROSE + '{"type":"session_changed","kind":"ended"}\n', None),
        ("auto", "\x1f\x8b\x08 packed", None),
        ("auto", "\x89PNG\r\n\x1a\n", None),
        ("codex", '{"type":"turn.started"}\n', "failure"),
        ("codex", '{"type":"turn.started"}\n{"type":"turn.completed"}\n', "success"),
    ],
)
def test_the_end_of_the_input_says_no_more_than_it_can(
    cli: Cli, daemon: EmbeddedDaemon, form: str, data: str, outcome: str | None
) -> None:
    """A turn that ended has an outcome; a pipe that ends has none."""
    assert cli.run("publish", "s", "--format", form, data=data.encode("latin-1")).code == 0
    (row,) = cli.run("ls", "--format", "json").records
    assert (row["state"], row["outcome"]) == ("ended", outcome)
    ended = cli.run("show", "s").out.splitlines()[-1]
    assert ended == f"-- ended{f': {outcome}' if outcome else ''}"
