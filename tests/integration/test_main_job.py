"""The main job in a real terminal: run, watch, detach, come back; trimmed, killed, resumed."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_until

from .terminal import Place, needs_tmux, place, terminal

pytestmark = [needs_tmux, pytest.mark.timeout(150)]

COUNT = 300
HALF = COUNT // 2
PROMPT = r"(?m)^\$$"


def counting(gate: Path) -> str:
    """A script that prints its lines, and half-way waits until `gate` exists."""
    count = 'do echo "line $i."; sleep 0.01; done'
    return (
        f"for i in $(seq 1 {HALF}); {count}; while [ ! -e {gate} ]; do sleep 0.05; done; "
        f"for i in $(seq {HALF + 1} {COUNT}); {count}"
    )


def configure(here: Place, text: str) -> None:
    """Write the configuration that a daemon started here will read."""
    directory = here.root / "config" / "lashtui"
    directory.mkdir(parents=True)
    (directory / "config.toml").write_text(text)


@contextmanager
def running(here: Place, *command: str, silent: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A command in the background, its stdout a pipe; whatever is left of it is killed."""
    with subprocess.Popen(
        ["lashtui", *command],
        env=here.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if silent else subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def start_run(here: Place, script: str) -> AbstractContextManager[subprocess.Popen[str]]:
    """`lashtui run -s build` of a shell script, in the background."""
    return running(here, "run", "-s", "build", "--", "sh", "-c", script, silent=True)


def finish(process: subprocess.Popen[str]) -> int:
    """Let a command come to its end; its exit code."""
    process.communicate(timeout=30)
    return process.returncode


def lines_in(here: Place, session: str = "build") -> list[int]:
    """The numbers of the lines in the session's snapshot, in order."""
    shown = json.loads(here.lashtui("show", session, "--format", "json").stdout)
    text = "".join(row["text"] for row in shown["read_view"]["entries"] if row["kind"] == "prose")
    return [int(number) for number in re.findall(r"line (\d+)\.", text)]


def test_run_in_a_terminal_detach_and_come_back() -> None:
    """Every line is there once, in the command's own terminal and in the app that came back."""
    with place() as here:
        gate = here.root / "go"
        run = f"lashtui run -s build -- sh -c {shlex.quote(counting(gate))}"
        with (
            terminal(here, run) as one,
            terminal(here, "lashtui attach --wait build") as two,
        ):
            two.wait_for(f"line {HALF}.", "● connected")
            two.press("q")
            screen = two.wait_match(PROMPT)
            assert "lashtui attach build" in screen
            assert not re.search(r"line \d+\.", screen), "a detach leaves the screen as it was"
            gate.touch()
            wait_until(lambda: COUNT in lines_in(here), lambda: "the command to go on")

            two.type("clear; lashtui attach build", enter=True)
            two.wait_for("build", "○ ended")
            two.press("End")
            screen = two.wait_for(f"line {COUNT}.", "ended")
            assert "history" not in screen, "nothing was missed"
            two.press("Home")
            two.wait_for("line 1.")

            one.wait_match(PROMPT)
            own = [int(number) for number in re.findall(r"line (\d+)\.", one.history())]
            assert own == list(range(1, COUNT + 1))
            assert lines_in(here) == list(range(1, COUNT + 1))


def test_a_script_that_is_stopped_and_started_again_misses_nothing(tmp_path: Path) -> None:
    """With a cursor file, two runs of the stream together hold each event exactly once."""
    with place() as here, start_run(here, counting(here.root / "go")) as command:
        attach = [
            *("attach", "build", "--wait", "--format", "json"),
            *("--cursor", "start", "--cursor-file", str(tmp_path / "c.txt")),
        ]
        with running(here, *attach) as first:
            assert first.stdout is not None
            # A busy machine publishes several lines in one event.
            seen = [next(first.stdout)]
            while "line 30." not in seen[-1]:
                seen.append(next(first.stdout))
            first.send_signal(signal.SIGINT)
            # Not by `communicate`, which leaves out what the file has read ahead.
            seen += first.stdout.read().splitlines()
            assert first.wait(timeout=30) == 130
            assert json.loads(seen[-1])["type"] == "end"
        (here.root / "go").touch()
        second = here.lashtui(*attach, "--until", "end", "--timeout", "60", timeout=90)
        assert second.returncode == 0, second.stderr
        assert finish(command) == 0

        records = [json.loads(line) for line in [*seen, *second.stdout.splitlines()]]
        assert not [record for record in records if record["type"] == "gap"]
        text = "".join(
            record["activity"]["text"]
            for record in records
            if record["type"] == "turn_activity" and "text" in record["activity"]
        )
        numbers = [int(number) for number in re.findall(r"line (\d+)\.", text)]
        assert numbers == list(range(1, COUNT + 1))


def test_history_that_is_gone_is_told_in_numbers() -> None:
    """Away for longer than the ring: a banner, a divider, and a transcript that is complete."""
    with place() as here:
        configure(here, "[daemon.store]\nmax_events_per_session = 20\n")
        gate = here.root / "go"
        script = (
            f'echo "line 1."; while [ ! -e {gate} ]; do sleep 0.05; done; '
            'for i in $(seq 2 60); do echo "line $i."; sleep 0.06; done; sleep 60'
        )
        with (
            start_run(here, script) as command,
            terminal(here, "lashtui attach --wait build") as window,
        ):
            window.wait_for("line 1.", "● connected")
            window.press("q")
            window.wait_match(PROMPT)
            gate.touch()
            wait_until(lambda: 60 in lines_in(here), lambda: "all lines to be published")

            window.type("clear; lashtui attach build", enter=True)
            window.wait_for("history trimmed", "transcript complete")
            window.press("End")
            window.wait_for("line 60.")
            window.press("Home")
            window.wait_for("line 1.")
            command.send_signal(signal.SIGTERM)
            finish(command)
            assert lines_in(here) == list(range(1, 61))


def test_a_killed_daemon_is_shown_and_survived() -> None:
    """kill -9 in mid-stream: the app says so, comes back by itself, and nothing is missing."""
    with place() as here:
        gate = here.root / "go"
        script = (
            'for i in $(seq 1 50); do echo "line $i."; sleep 0.01; done; '
            f"while [ ! -e {gate} ]; do sleep 0.05; done; "
            'for i in $(seq 51 100); do echo "line $i."; sleep 0.01; done'
        )
        with (
            start_run(here, script) as command,
            terminal(here, "lashtui attach --wait build") as window,
        ):
            window.wait_for("line 50.", "● connected")
            os.kill(here.daemon_pid(), signal.SIGKILL)
            gate.touch()
            window.wait_for("line 100.", "history unavailable: the daemon was restarted")
            window.wait_for("○ ended")
            assert finish(command) == 0
            assert lines_in(here) == list(range(1, 101))


def test_a_killed_publisher_is_shown_as_cut_off() -> None:
    """Its session ends after the grace, without a commit."""
    with place() as here:
        configure(here, "[daemon]\npublisher_grace = 0.2\n")
        with (
            start_run(here, "echo 'line 1.'; exec sleep 1000") as command,
            terminal(here, "lashtui attach --wait build") as window,
        ):
            window.wait_for("line 1.", "● connected")
            command.kill()
            window.wait_for("cut off")
        shown = json.loads(here.lashtui("show", "build", "--format", "json").stdout)
        view = shown["read_view"]
        assert (view["state"], view["outcome"], view["turn_index"]) == ("ended", "cut_off", 0)


def test_a_stopped_reader_disturbs_nobody_and_gets_one_gap() -> None:
    """SIGSTOP for longer than the ring: the others read on; then one gap, one whole view."""
    with place() as here:
        configure(here, "[daemon.store]\nmax_events_per_session = 20\n")
        gate = here.root / "go"
        script = (
            f'echo "line 1."; while [ ! -e {gate} ]; do sleep 0.05; done; '
            # Large lines fill the stopped reader's socket, so that the ring moves on past it.
            "pad=$(head -c 30000 /dev/zero | tr '\\0' x); "
            'for i in $(seq 2 100); do echo "line $i. $pad"; sleep 0.06; done; sleep 100'
        )
        attach = ["attach", "build", "--wait", "--format", "json"]
        with start_run(here, script), running(here, *attach) as stalled:
            assert stalled.stdout is not None
            types: list[str] = []
            while "synced" not in types:
                types.append(json.loads(next(stalled.stdout))["type"])
            stalled.send_signal(signal.SIGSTOP)
            gate.touch()
            wait_until(lambda: 100 in lines_in(here), lambda: "the publisher to go on")
            stalled.send_signal(signal.SIGCONT)
            records: list[dict[str, Any]] = []
            while not any(record["type"] == "observation" for record in records):
                records.append(json.loads(next(stalled.stdout)))

        gaps = [record for record in records if record["type"] == "gap"]
        assert [gap["reason"] for gap in gaps] == ["trimmed"]
        events = [record for record in records if record["type"] == "turn_activity"]
        assert gaps[0]["skipped"] > gaps[0]["lost"] > 0
        view = records[-1]["read_view"]
        text = "".join(row["text"] for row in view["entries"] if row["kind"] == "prose")
        assert [int(number) for number in re.findall(r"line (\d+)\.", text)] == list(range(1, 101))
        assert len(events) < 100
