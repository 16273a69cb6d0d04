"""`lashtui attach` as a stream: options, records, cursors, ends and exit codes."""

from __future__ import annotations

import array
import dataclasses
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
from typing import TYPE_CHECKING, Any

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import (
    AssistantProseDelta,
    Error,
    ReasoningDelta,
    Resumed,
    ToolCallCompleted,
    ToolCallStarted,
    Waiting,
)
from lashd.limits import DaemonLimits, StoreLimits
from lashd.publish.publisher import Publisher
from tests.integration.cli import DEADLINE, Cli, Reader
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def publisher(daemon: EmbeddedDaemon) -> Iterator[Publisher]:
    """A publisher into the session `s`, live."""
    publisher = Publisher("s", socket_path=daemon.socket_path, start_daemon=False)
    assert publisher.wait_open(DEADLINE)
    yield publisher
    publisher.close()


def say(publisher: Publisher, *texts: str) -> None:
    """Publish prose and wait until the daemon has it."""
    for text in texts:
        publisher.publish(AssistantProseDelta(text=text))
    assert publisher.flush(DEADLINE)


def settle(publisher: Publisher) -> None:
    """Commit, and wait until the daemon has it."""
    publisher.commit()
    assert publisher.flush(DEADLINE)


def types(records: list[dict[str, Any]]) -> list[str]:
    """The type of each record."""
    return [record["type"] for record in records]


def text_of(records: list[dict[str, Any]]) -> str:
    """All prose: of the snapshots, then of the deltas."""
    parts = []
    for record in records:
        if record["type"] == "observation":
            parts += [entry.get("text", "") for entry in record["read_view"]["entries"]]
        elif record["type"] == "turn_activity":
            parts.append(record["activity"].get("text", ""))
    return "".join(parts)


# -- where it begins -----------------------------------------------------------------------------


def test_a_stream_begins_with_the_snapshot(cli: Cli, publisher: Publisher) -> None:
    """attached, observation, synced, end: each with a cursor, the running turn included."""
    say(publisher, "Hello ", "there")
    done = cli.run("attach", "s", "--format", "json", "--no-follow")
    assert (done.code, done.err) == (0, "")
    assert types(done.records) == ["attached", "observation", "synced", "end"]
    assert all(record["cursor"].startswith("lashsc1:") for record in done.records)
    assert done.records[0]["served"] == "snapshot"
    assert text_of(done.records) == "Hello there"
    assert done.records[-1]["reason"] == "synced"


def test_cursor_start_now_and_after(cli: Cli, publisher: Publisher) -> None:
    """All that is retained; nothing of it; exactly what came after a cursor."""
    say(publisher, "a", "b", "c")
    everything = cli.run("attach", "s", "--format", "json", "--cursor", "start", "--no-follow")
    assert text_of(everything.records) == "abc"
    nothing = cli.run("attach", "s", "--format", "json", "--cursor", "now", "--no-follow")
    assert types(nothing.records) == ["attached", "synced", "end"]
    (after_b,) = (
        record["cursor"]
        for record in everything.records
        if record.get("activity", {}).get("text") == "b"
    )
    rest = cli.run("attach", "--format", "json", "--cursor", after_b, "--no-follow")
    assert rest.records[0]["served"] == "replay"
    assert text_of(rest.records) == "c"


def test_the_last_events(cli: Cli, publisher: Publisher) -> None:
    """-n cuts the history, 0 leaves nothing of it."""
    say(publisher, *"abcdef")
    for count, text in (("2", "ef"), ("0", ""), ("99", "abcdef")):
        done = cli.run("attach", "s", "--format", "json", "-n", count, "--no-follow")
        assert text_of(done.records) == text


def test_cursor_saved_is_where_the_app_was_left(
    cli: Cli, daemon: EmbeddedDaemon, publisher: Publisher
) -> None:
    """Without one it is a fresh attach."""
    say(publisher, "a")
    fresh = cli.run("attach", "s", "--format", "json", "--cursor", "saved", "--no-follow")
    assert fresh.records[0]["served"] == "snapshot"
    script = (
        "import sys; from lashtui.saved.cursors import SavedCursors;"
        " SavedCursors(daemon=sys.argv[1]).put('s', sys.argv[2])"
    )
    words = [daemon.socket_path, fresh.records[-1]["cursor"]]
    subprocess.run([sys.executable, "-c", script, *words], check=True, env=cli.environment)
    say(publisher, "b")
    done = cli.run("attach", "s", "--format", "json", "--cursor", "saved", "--no-follow")
    assert done.records[0]["served"] == "replay"
    assert text_of(done.records) == "b"


def test_session_may_be_left_out_when_there_is_just_one(
    cli: Cli, daemon: EmbeddedDaemon, publisher: Publisher
) -> None:
    """With several the error names them."""
    say(publisher, "x")
    assert cli.run("attach", "--no-follow").out == "x\n"
    with Publisher("other", socket_path=daemon.socket_path, start_daemon=False) as other:
        assert other.wait_open(DEADLINE)
        done = cli.run("attach", "--no-follow")
    assert done.code == 2
    assert "other" in done.err
    assert "s" in done.err


def test_wait_for_a_session_that_is_not_there_yet(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Without --wait it is exit 4; with it the stream begins when the session does."""
    done = cli.run("attach", "s", "--no-follow")
    assert (done.code, done.out) == (4, "")
    assert done.err.count("\n") == 1
    with cli.start("attach", "s", "--wait", "--until", "end") as process:
        with Publisher("s", socket_path=daemon.socket_path, start_daemon=False) as publisher:
            publisher.publish(AssistantProseDelta(text="late\n"))
        out, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert b"late\n-- ended: success\n" in out


# -- live, until -----------------------------------------------------------------------------------


def test_live_records_come_as_they_happen(cli: Cli, publisher: Publisher) -> None:
    """After synced every event arrives, without a buffer in between."""
    with cli.start("attach", "s", "--format", "json") as process:
        reader = Reader(process)
        assert types(reader.records_until("synced")) == ["attached", "observation", "synced"]
        say(publisher, "now")
        assert json.loads(reader.line())["activity"]["text"] == "now"
        process.send_signal(signal.SIGINT)
        assert json.loads(reader.line())["reason"] == "interrupted"
        assert reader.line() == ""
    assert process.returncode == 130


def test_until_turn_end(cli: Cli, publisher: Publisher) -> None:
    """Met at once where no turn runs; with --cursor now it is the next one."""
    say(publisher, "one")
    with cli.start("attach", "s", "--format", "json", "--until", "turn-end") as process:
        reader = Reader(process)
        reader.records_until("synced")
        settle(publisher)
        assert types(reader.records_until("end")) == ["committed", "end"]
    assert process.returncode == 0
    done = cli.run("attach", "s", "--format", "json", "--until", "turn-end")
    assert done.records[-1]["reason"] == "turn-end"
    words = ("attach", "s", "--format", "json", "--until", "turn-end", "--cursor", "now")
    with cli.start(*words, "--exit-status") as process:
        reader = Reader(process)
        reader.records_until("synced")
        publisher.publish(Error(message="boom"))
        settle(publisher)
        reader.records_until("end")
    assert process.returncode == 6


def test_until_waiting(cli: Cli, publisher: Publisher) -> None:
    """An agent that needs a person ends it; one that did before, and went on, doesn't."""
    publisher.publish(Waiting(what="approval"))
    publisher.publish(Resumed())
    say(publisher, "on")
    words = ("attach", "s", "--format", "json", "--until", "waiting", "--cursor", "start")
    with cli.start(*words) as process:
        reader = Reader(process)
        reader.records_until("synced")
        publisher.publish(Waiting(what="a question"))
        records = reader.records_until("end")
    assert records[-1]["reason"] == "waiting"
    assert process.returncode == 0


@pytest.mark.parametrize("where", ["snapshot", "start", "now"])
def test_until_end_of_a_session_that_has_ended(cli: Cli, publisher: Publisher, where: str) -> None:
    """Met at once wherever the stream begins, also where nothing of it tells the state."""
    publisher.end("failure", 2)
    assert publisher.flush(DEADLINE)
    words = ["--cursor", where] if where != "snapshot" else []
    done = cli.run("attach", "s", "--format", "json", "--until", "end", "--exit-status", *words)
    assert done.code == 6
    assert done.records[-1]["reason"] == "session-ended"


def test_timeout(cli: Cli, publisher: Publisher) -> None:
    """124, an end record and a sentence; while waiting for a session, too."""
    say(publisher, "x")
    done = cli.run("attach", "s", "--format", "json", "--timeout", "0.2")
    assert done.code == 124
    assert done.records[-1]["reason"] == "timeout"
    assert "timed out" in done.err
    assert cli.run("attach", "nobody", "--wait", "--timeout", "0.2").code == 124


def test_only(cli: Cli, publisher: Publisher) -> None:
    """Events and entries of other kinds are left out; the end's cursor stands for them as well."""
    publisher.publish(ReasoningDelta(text="hm"))
    publisher.publish(ToolCallStarted(name="bash", args={"command": "ls"}, call_id="t"))
    publisher.publish(ToolCallCompleted(name="bash", call_id="t"))
    say(publisher, "done")
    done = cli.run(
        "attach", "s", "--format", "json", "--only", "tools", "--cursor", "start", "--no-follow"
    )
    assert types(done.records) == ["attached", "turn_activity", "turn_activity", "synced", "end"]
    assert done.records[-1]["cursor"] == done.records[-2]["cursor"]
    view = cli.run("attach", "s", "--format", "json", "--only", "tools,prose", "--no-follow")
    kinds = [entry["kind"] for entry in view.records[1]["read_view"]["entries"]]
    assert kinds == ["tool", "prose"]
    text = cli.run("attach", "s", "--only", "tools", "--no-follow")
    assert text.out.startswith("✓ bash  ls")


# -- gaps ------------------------------------------------------------------------------------------


@pytest.fixture
def small() -> Iterator[EmbeddedDaemon]:
    """A daemon that retains four events a session."""
    limits = dataclasses.replace(DaemonLimits(), store=StoreLimits(max_events_per_session=4))
    with EmbeddedDaemon(limits=limits) as embedded:
        yield embedded


def test_a_gap_and_what_it_does_to_the_cursor_file(small: EmbeddedDaemon, tmp_path: Path) -> None:
    """continue: gap, observation, and the file passes. fail: exit 3, and the file stays."""
    cli = Cli(small.socket_path, tmp_path)
    file = tmp_path / "c.txt"
    with Publisher("s", socket_path=small.socket_path, start_daemon=False) as publisher:
        say(publisher, "a")
        words = ("attach", "s", "--format", "json", "--no-follow", "--cursor-file", str(file))
        cli.run(*words)
        before = file.read_text()
        say(publisher, *"bcdefgh")
        failed = cli.run(*words, "--on-gap", "fail")
        assert failed.code == 3
        assert types(failed.records) == ["attached", "gap", "end"]
        assert failed.records[-1]["cursor"] == before.strip()
        assert file.read_text() == before
        assert "gap" in failed.err
        passed = cli.run(*words)
        assert types(passed.records) == ["attached", "gap", "observation", "synced", "end"]
        assert passed.records[1]["reason"] == "trimmed"
        assert passed.records[1]["lost"] == 3
        assert text_of(passed.records) == "abcdefgh"
        assert file.read_text().strip() == passed.records[-1]["cursor"]


def test_a_cursor_of_another_daemon_is_a_gap(cli: Cli, publisher: Publisher) -> None:
    """Unavailable, with the whole snapshot: never a clean empty replay."""
    say(publisher, "all of it")
    done = cli.run("attach", "--format", "json", "--cursor", "lashsc1:0:5:s", "--no-follow")
    assert done.records[1]["reason"] == "unavailable"
    assert text_of(done.records) == "all of it"


# -- cursors and their files ---------------------------------------------------------------------


def test_a_cursor_file_across_runs_and_signals(
    cli: Cli, publisher: Publisher, tmp_path: Path
) -> None:
    """Stopped and started again at any moment, each event is shown once."""
    file = tmp_path / "c.txt"
    words = ("attach", "s", "--format", "json", "--cursor-file", str(file), "--cursor", "start")
    shown = ""
    for number, stop in enumerate((signal.SIGTERM, signal.SIGINT, signal.SIGTERM)):
        with cli.start(*words) as process:
            reader = Reader(process)
            records = reader.records_until("synced")
            say(publisher, f"<{number}>")
            records += reader.records_until("turn_activity")
            say(publisher, f"({number})")
            process.send_signal(stop)
            records += reader.records_until("end")
        assert process.returncode == 128 + stop
        assert file.read_text().strip() == records[-1]["cursor"]
        shown += text_of(records)
    shown += text_of(cli.run(*words, "--no-follow").records)
    assert shown == "<0>(0)<1>(1)<2>(2)"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_same_signal_again_and_again_ends_a_stream_as_once(
    cli: Cli, publisher: Publisher, tmp_path: Path, stop: signal.Signals
) -> None:
    """In the middle of its records, too: `timeout` and an impatient person send it twice."""
    file = tmp_path / "c.txt"
    for number in range(4):
        words = ("attach", "s", "--format", "json", "--cursor-file", str(file))
        with cli.start(*words, "--cursor", "start") as process:
            reader = Reader(process)
            reader.records_until("synced")
            for step in range(40 * number):  # less than the pipe holds
                publisher.publish(AssistantProseDelta(text=f"{step} "))
            while process.poll() is None:
                process.send_signal(stop)
            end = reader.records_until("end")[-1]
            assert process.stderr is not None
            assert process.stderr.read() == b""
        assert end["reason"] == "interrupted"
        assert process.returncode == 128 + stop
        assert file.read_text().strip() == end["cursor"]
        assert [path.name for path in tmp_path.iterdir() if "c.txt." in path.name] == []


def test_bad_cursors_are_usage_errors_before_anything_else(cli: Cli, tmp_path: Path) -> None:
    """Malformed, of another session, in a damaged file: 2, though the session isn't there."""
    damaged = tmp_path / "damaged"
    damaged.write_text("lashsc1:x\n")
    other = tmp_path / "other"
    other.write_text("lashsc1:0:1:other\n")
    for words in (
        ("s", "--cursor", "junk"),
        ("s", "--cursor", "lashsc1:0:99999999999999999999999:s"),
        ("s", "--cursor", "lashsc1:0:1:other"),
        ("s", "--cursor-file", str(damaged)),
        ("s", "--cursor-file", str(other)),
    ):
        done = cli.run("attach", *words, "--format", "json")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("lashtui: ")
        assert done.err.count("\n") == 1


def test_a_cursor_file_in_use_is_refused(cli: Cli, publisher: Publisher, tmp_path: Path) -> None:
    """And free again as soon as its reader is gone, killed or not."""
    say(publisher, "x")
    words = ("attach", "s", "--format", "json", "--cursor-file", str(tmp_path / "c"))
    with cli.start(*words) as process:
        Reader(process).records_until("synced")
        refused = cli.run(*words, "--no-follow")
        process.kill()
    assert refused.code == 1
    assert "in use" in refused.err
    assert cli.run(*words, "--no-follow").code == 0


def test_show_cursor(cli: Cli, publisher: Publisher) -> None:
    """On stderr, at an orderly end and at a signal alike; it is good for --cursor."""
    say(publisher, "x")
    done = cli.run("attach", "s", "--no-follow", "--show-cursor")
    marker, _, cursor = done.err.strip().partition(": ")
    assert marker == "-- cursor"
    say(publisher, "y")
    assert cli.run("attach", "--cursor", cursor, "--no-follow").out == "y\n"


# -- ends that nobody asked for --------------------------------------------------------------------


def test_a_graceful_stop_ends_the_stream_with_5(tmp_path: Path) -> None:
    """The end record says stopped, stderr says what to do."""
    with EmbeddedDaemon() as embedded:
        cli = Cli(embedded.socket_path, tmp_path)
        with Publisher("s", socket_path=embedded.socket_path, start_daemon=False) as publisher:
            say(publisher, "x")
        with cli.start("attach", "s", "--format", "json") as process:
            reader = Reader(process)
            reader.records_until("synced")
            embedded.stop()
            assert reader.records_until("end")[-1]["reason"] == "stopped"
            _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 5
    assert b"the daemon stopped" in err


def test_a_forgotten_session_ends_the_stream_with_4(cli: Cli, publisher: Publisher) -> None:
    """Whoever watches is told."""
    say(publisher, "x")
    with cli.start("attach", "s", "--format", "json") as process:
        reader = Reader(process)
        reader.records_until("synced")
        assert cli.run("rm", "s", "--force").code == 0
        assert reader.records_until("end")[-1]["reason"] == "forgotten"
        process.communicate(timeout=DEADLINE)
    assert process.returncode == 4


def test_no_daemon(tmp_path: Path) -> None:
    """5, one line, nothing on stdout, and none is started."""
    cli = Cli(str(tmp_path / "none.sock"), tmp_path)
    done = cli.run("attach", "s", "--format", "json")
    assert (done.code, done.out) == (5, "")
    assert "lashtui daemon start" in done.err
    assert done.err.count("\n") == 1
    assert cli.run("attach", "s", "--wait", "--no-start").code == 5


def test_a_lost_daemon_is_told_and_waited_for(tmp_path: Path, short_socket: str) -> None:
    """disconnected, reconnected, then the gap and the publisher's whole view; then on."""
    cli = Cli(short_socket, tmp_path)
    cli.run("daemon", "start")
    first = json.loads(cli.run("daemon", "status", "--format", "json").out)
    publisher = Publisher("s", socket_path=short_socket, start_daemon=False)
    say(publisher, "before ")
    try:
        with cli.start("attach", "s", "--format", "json") as process:
            reader = Reader(process)
            reader.records_until("synced")
            os.kill(first["pid"], signal.SIGKILL)
            assert reader.records_until("disconnected")[-1]["retry_in"] >= 0
            assert cli.run("daemon", "start").code == 0
            records = reader.records_until("observation")
            assert "reconnected" in types(records)
            assert [each["reason"] for each in records if each["type"] == "gap"] == ["unavailable"]
            assert text_of(records) == "before "
            say(publisher, "after")
            assert text_of(reader.records_until("turn_activity")) == "after"
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=DEADLINE)
        assert process.returncode == 143
    finally:
        publisher.close()
        cli.run("daemon", "stop")


def test_a_closed_pipe_ends_quietly(cli: Cli, publisher: Publisher) -> None:
    """`| head -1`, while events come and while none does: no traceback, exit 0."""
    say(publisher, "x")
    for quiet in (True, False):
        with cli.start("attach", "s", "--format", "json") as process:
            assert process.stdout is not None
            Reader(process).records_until("synced")
            process.stdout.close()
            if not quiet:
                say(publisher, "y")
            assert process.stderr is not None
            assert process.stderr.read() == b""
            assert process.wait(DEADLINE) == 0


def test_a_reader_that_does_not_read_does_not_bar_the_way_out(
    cli: Cli, publisher: Publisher
) -> None:
    """SIGTERM ends a stream whose pipe is full; the cursor file holds what was taken."""
    say(publisher, *("x" * 60_000 for _ in range(8)))
    with cli.start("attach", "s", "--format", "json") as process:
        descriptor = process.stdout.fileno() if process.stdout else -1
        wait_until(lambda: _bytes_in(descriptor) >= 50_000)
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 143


def test_the_timeout_holds_although_nobody_reads(cli: Cli, publisher: Publisher) -> None:
    """A full pipe delays the end of time by moments, not for ever."""
    say(publisher, *("x" * 60_000 for _ in range(8)))
    with cli.start("attach", "s", "--format", "json", "--timeout", "1") as process:
        assert process.wait(DEADLINE) == 124
        assert process.stderr is not None
        assert b"timed out" in process.stderr.read()


def _bytes_in(descriptor: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, count)
    return count[0]


def test_text_of_a_commands_output_is_verbatim(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Each line once, whether it was there before or came live."""
    script = 'for i in $(seq 1 200); do echo "line $i"; done'
    with cli.start("attach", "build", "--wait", "--until", "end") as process:
        ran = cli.run("run", "-s", "build", "--", "sh", "-c", script)
        out, _ = process.communicate(timeout=DEADLINE)
    lines = "".join(f"line {n}\n" for n in range(1, 201))
    assert ran.out == lines
    assert out.decode() == lines + "-- ended: success\n"
    assert cli.run("attach", "build", "--no-follow").out == lines + "-- ended: success\n"
