"""The demo as a command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from lashtui.demo.command import main, play
from lashtui.demo.script import Step, script

COMMAND = [sys.executable, "-m", "lashtui", "demo"]


def environment(home: Path) -> dict[str, str]:
    """An environment in which everything that is left behind can be seen."""
    (home / "tmp").mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def left_behind(home: Path) -> list[str]:
    """Every file below the home."""
    return [str(path) for path in home.rglob("*") if path.is_file()]


def test_on_a_pipe_it_prints_the_stream_and_ends(tmp_path: Path) -> None:
    """Text from the first word to the end; no daemon needed, nothing left behind."""
    done = subprocess.run(
        [*COMMAND, "--speed", "1000"],
        capture_output=True,
        text=True,
        timeout=50,
        env=environment(tmp_path),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "test_tokens fails about once in ten runs" in done.stdout
    assert "**31 ms** instead of 34" in done.stdout
    assert left_behind(tmp_path) == []


def test_json_gives_the_records(tmp_path: Path) -> None:
    """One object a line, `attached` first, `end` last, ended well."""
    done = subprocess.run(
        [*COMMAND, "--speed", "1000", "--format", "json"],
        capture_output=True,
        text=True,
        timeout=50,
        env=environment(tmp_path),
        check=False,
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert records[0]["type"] == "attached"
    assert records[-1]["type"] == "end"
    ends = [record for record in records if record["type"] == "session_changed"]
    assert ends[-1]["outcome"] == "success"


def test_terminated_it_leaves_nothing(tmp_path: Path) -> None:
    """SIGTERM in the middle: 143, and its directories are gone."""
    env = environment(tmp_path)
    with subprocess.Popen(
        [*COMMAND, "--speed", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 143
    assert list((tmp_path / "tmp").iterdir()) == []


def test_app_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """`--format tui` on a pipe says so."""
    assert main(["--format", "tui"]) == 2
    assert "needs a terminal" in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["0", "-1", "abc", "nan", "1e9"])
def test_speed_has_bounds(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A speed that can't be is a usage error."""
    with pytest.raises(SystemExit) as leaving:
        main(["--speed", speed])
    assert leaving.value.code == 2
    assert "speed" in capsys.readouterr().err


class Recorder:
    """A publisher that remembers."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.ended: str | None = None

    def publish(
        self, payload: object, *, correlation_id: str | None = None, parent: str | None = None
    ) -> None:
        """Remember it."""
        self.said.append((payload, correlation_id, parent))

    def end(self, outcome: str = "success") -> None:
        """Remember it."""
        self.ended = outcome


def test_play_publishes_every_step_and_ends() -> None:
    """All of the script, in its order, then the end."""
    recorder = Recorder()
    play(recorder, script(), 1e6, threading.Event())
    steps = [(step.what, step.correlation_id, step.parent) for step in script()]
    assert recorder.said == steps
    assert recorder.ended == "success"


def test_play_stops_at_once() -> None:
    """When the watcher leaves, nothing more is published and no end is claimed."""
    recorder = Recorder()
    stop = threading.Event()
    stop.set()
    play(recorder, [Step(3600.0, next(iter(script())).what)], 1.0, stop)
    assert recorder.said == []
    assert recorder.ended is None
