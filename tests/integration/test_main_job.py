"""The main job in a real terminal: run, watch, detach, come back; trimmed, killed, resumed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from .terminal import Place, needs_tmux, place, terminal, wait_until

pytestmark = [needs_tmux, pytest.mark.timeout(150)]

COUNT = 300
LOOP = f'for i in $(seq 1 {COUNT}); do echo "line $i."; sleep 0.01; done'


def start_run(here: Place, script: str, *options: str) -> subprocess.Popen[bytes]:
    """`lashtui run -s build` of a shell script, in the background."""
    return subprocess.Popen(
        ["lashtui", "run", "-s", "build", *options, "--", "sh", "-c", script],
        env=here.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def events_held(here: Place) -> int:
    """How many events the daemon holds of the session; 0 when it has none yet."""
    listed = here.lashtui("ls", "--format", "json").stdout.splitlines()
    return int(json.loads(listed[0])["events"]) if listed else 0


def lines_in(here: Place, session: str = "build") -> list[int]:
    """The numbers of the lines in the session's snapshot, in order."""
    shown = json.loads(here.lashtui("show", session, "--format", "json").stdout)
    text = "".join(row["text"] for row in shown["read_view"]["entries"] if row["kind"] == "prose")
    return [int(number) for number in re.findall(r"line (\d+)\.", text)]


def test_run_in_a_terminal_detach_and_come_back() -> None:
    """Every line is there once, in the command's own terminal and in the app that came back."""
    with (
        place() as here,
        terminal(here, f"lashtui run -s build -- sh -c '{LOOP}'") as one,
        terminal(here, "lashtui attach --wait build") as two,
    ):
        two.wait_for("line 40.", "build")
        two.press("q")
        two.wait_for("lashtui attach build", "$ ")
        assert "line 40." not in two.screen(), "the app's screen is gone after a detach"
        reached = events_held(here)
        wait_until(lambda: events_held(here) > reached, lambda: "the command to go on")

        two.type("clear; lashtui attach build", enter=True)
        two.wait_for(f"line {COUNT}.")
        screen = two.wait_for("ended")
        assert "history" not in screen, "nothing was missed"

        one.wait_for("$ ")
        own = [int(number) for number in re.findall(r"line (\d+)\.", one.history())]
        assert own == list(range(1, COUNT + 1))
        assert lines_in(here) == list(range(1, COUNT + 1))

        two.press("Home")
        two.wait_for("line 1.")


def test_a_script_that_is_stopped_and_started_again_misses_nothing(tmp_path: Path) -> None:
    """With a cursor file, two runs of the stream together hold each event exactly once."""
    with place() as here:
        command = start_run(here, LOOP)
        cursor = tmp_path / "c.txt"
        attach = [
            *("lashtui", "attach", "build", "--wait", "--format", "json"),
            *("--cursor", "start", "--cursor-file", str(cursor)),
        ]
        first = subprocess.Popen(attach, env=here.env, stdout=subprocess.PIPE, text=True)
        assert first.stdout is not None
        seen = [next(first.stdout) for _ in range(30)]
        first.send_signal(signal.SIGINT)
        rest, _ = first.communicate(timeout=30)
        seen += rest.splitlines()
        assert first.returncode == 130
        assert json.loads(seen[-1])["type"] == "end"

        second = subprocess.run(
            [*attach, "--until", "end", "--timeout", "60"],
            env=here.env,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert second.returncode == 0, second.stderr
        assert command.wait(30) == 0
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
        daemon = here.lashtui("daemon", "start", "--max-events", "20")
        assert daemon.returncode == 0, daemon.stderr
        gate = here.root / "go"
        script = (
            f'echo "line 1."; while [ ! -e {gate} ]; do sleep 0.05; done; '
            'for i in $(seq 2 120); do echo "line $i."; sleep 0.06; done; sleep 60'
        )
        command = start_run(here, script)
        with terminal(here, "lashtui attach --wait build") as window:
            window.wait_for("line 1.")
            window.press("q")
            window.wait_for("lashtui attach build")
            gate.touch()
            wait_until(lambda: 120 in lines_in(here), lambda: "all lines to be published")

            window.type("clear; lashtui attach build", enter=True)
            window.wait_for("history trimmed", "line 120.")
            window.press("Home")
            window.wait_for("line 1.")
        command.send_signal(signal.SIGTERM)
        command.wait(30)
        assert lines_in(here) == list(range(1, 121))


def test_a_killed_daemon_is_shown_and_survived() -> None:
    """kill -9 in mid-stream: the app says so, comes back by itself, and nothing is missing."""
    with place() as here:
        gate = here.root / "go"
        script = (
            'for i in $(seq 1 50); do echo "line $i."; sleep 0.01; done; '
            f"while [ ! -e {gate} ]; do sleep 0.05; done; "
            'for i in $(seq 51 100); do echo "line $i."; sleep 0.01; done'
        )
        command = start_run(here, script)
        with terminal(here, "lashtui attach --wait build") as window:
            window.wait_for("line 50.", "live")
            os.kill(here.daemon_pid(), signal.SIGKILL)
            gate.touch()
            screen = window.wait_for("line 100.")
            assert "history unavailable: the daemon was restarted" in screen
            window.wait_for("live")
        assert command.wait(30) == 0
        assert lines_in(here) == list(range(1, 101))


def test_a_killed_publisher_is_shown_as_cut_off() -> None:
    """Its session ends after the grace, without a commit."""
    with place() as here:
        assert here.lashtui("daemon", "start", "--publisher-grace", "0.2").returncode == 0
        command = start_run(here, "echo 'line 1.'; exec sleep 1000")
        with terminal(here, "lashtui attach --wait build") as window:
            window.wait_for("line 1.", "live")
            command.kill()
            command.wait(30)
            window.wait_for("cut off")
        shown = json.loads(here.lashtui("show", "build", "--format", "json").stdout)
        view = shown["read_view"]
        assert (view["state"], view["outcome"], view["turn_index"]) == ("ended", "cut_off", 0)


def test_a_stopped_reader_disturbs_nobody_and_gets_one_gap() -> None:
    """SIGSTOP for longer than the ring: the others read on; then one gap, one whole view."""
    with place() as here:
        assert here.lashtui("daemon", "start", "--max-events", "50").returncode == 0
        gate = here.root / "go"
        script = (
            f'echo "line 1."; while [ ! -e {gate} ]; do sleep 0.05; done; '
            # Large lines fill the stopped reader's socket, so that the ring moves on past it.
            "pad=$(head -c 20000 /dev/zero | tr '\\0' x); "
            'for i in $(seq 2 300); do echo "line $i. $pad"; done; sleep 100'
        )
        command = start_run(here, script)
        attach = ["lashtui", "attach", "build", "--wait", "--format", "json"]
        stalled = subprocess.Popen(attach, env=here.env, stdout=subprocess.PIPE, text=True)
        assert stalled.stdout is not None
        types = []
        while "synced" not in types:
            types.append(json.loads(next(stalled.stdout))["type"])
        stalled.send_signal(signal.SIGSTOP)
        gate.touch()
        wait_until(lambda: 300 in lines_in(here), lambda: "the publisher to go on")

        stalled.send_signal(signal.SIGCONT)
        records = []
        while not any(record["type"] == "observation" for record in records):
            records.append(json.loads(next(stalled.stdout)))
        stalled.terminate()
        stalled.communicate(timeout=30)
        command.terminate()
        command.wait(30)

        gaps = [record for record in records if record["type"] == "gap"]
        assert [gap["reason"] for gap in gaps] == ["trimmed"]
        view = records[-1]["read_view"]
        text = "".join(row["text"] for row in view["entries"] if row["kind"] == "prose")
        if view["complete"]:
            assert re.findall(r"line (\d+)\.", text)[0] == "1"
        assert re.findall(r"line (\d+)\.", text)[-1] == "300"
