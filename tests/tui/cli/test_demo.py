"""The demo as a command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lashd.client.blocking import Client
from lashd.connect.launch import stop_daemon
from lashtui.cli import demo
from lashtui.cli.main import main
from lashtui.demo import host
from lashtui.demo.host import SOCKET

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
    assert main(["demo", "--format", "tui"]) == 2
    assert "needs a terminal" in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["0", "-1", "abc", "nan", "1e9"])
def test_speed_has_bounds(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A speed that can't be is a usage error."""
    assert main(["demo", "--speed", speed]) == 2
    assert "speed" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "501", "many", "1.5", ""])
def test_a_fleet_has_bounds(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    """From 1 to 500 agents; anything else is a usage error that says so."""
    assert main(["demo", "--fleet", number]) == 2
    assert "is not a number from 1 to 500" in capsys.readouterr().err


def test_a_fleet_on_a_pipe_is_listed(tmp_path: Path) -> None:
    """One record an agent, or the table; it needs no daemon and leaves nothing behind."""
    listed = {
        form: subprocess.run(
            [*COMMAND, "--fleet", "30", "--format", form],
            capture_output=True,
            text=True,
            timeout=50,
            env=env,
            check=False,
        )
        for env in [environment(tmp_path)]
        for form in ("json", "text")
    }
    for done in listed.values():
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) >= 30
    rows = [json.loads(line) for line in listed["json"].stdout.splitlines()]
    assert {row["state"] for row in rows} == {"running", "waiting", "idle", "ended"}
    assert all(row["session_id"] in listed["text"].stdout for row in rows)
    assert left_behind(tmp_path) == []


def test_a_fleet_in_the_app_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """It says what to do instead."""
    assert main(["demo", "--fleet", "30", "--format", "tui"]) == 2
    assert "lashtui demo --fleet 30 --format text" in capsys.readouterr().err


def app_of(size: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the app of a demo is told."""
    told: dict[str, Any] = {}

    def run_app(**options: Any) -> int:
        told.update(options)
        return 1

    monkeypatch.setattr("lashtui.app.start.run_app", run_app)
    monkeypatch.setattr("lashtui.cli.demo._no_terminal", lambda _agents: "")
    monkeypatch.setattr("lashtui.cli.demo._is_over", lambda *_: False)
    assert main(["demo", "--format", "tui", *size]) == 1
    return told


@pytest.mark.parametrize("size", [[], ["--fleet", "3"]])
def test_what_is_marked_in_a_demo_is_not_kept_among_the_users_own(
    size: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pins, mutes and names go where the demo is, and with it."""
    told = app_of(size, monkeypatch)
    assert told["marks"] == Path(told["socket_path"]).parent / "fleet.json"


@pytest.mark.parametrize("size", [[], ["--fleet", "3"]])
def test_a_demo_that_is_gone_is_brought_back_by_its_own_command(
    size: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other starts its daemon."""
    assert app_of(size, monkeypatch)["restart"] == " ".join(["lashtui demo", *size])


@pytest.mark.parametrize("agents", [None, 3])
def test_two_that_begin_at_the_same_moment_are_one_demo(agents: int | None, tmp_path: Path) -> None:
    """Whichever is first starts it, the other one finds it; neither takes it from the other."""
    directory = str(tmp_path / "d")
    path = os.path.join(directory, SOCKET)
    starts: list[object] = []
    start = demo._start
    demo._hosts.clear()

    def counted(*args: Any) -> None:
        starts.append(args)
        start(*args)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(demo, "_start", counted)
        both = [pool.submit(demo.ensure, directory, path, 1.0, agents) for _ in range(2)]
        for each in both:
            each.result(50)
    try:
        assert len(starts) == 1
        with Client(path) as client:
            assert len(client.list()) == (agents or 1)
    finally:
        stop_daemon(path)
        codes = [host.wait(demo.GONE_WITHIN) for host in demo._hosts]
        demo._hosts.clear()
    assert codes == [0]
    assert not os.path.exists(directory)


def test_a_host_leaves_the_directory_of_the_next_one(tmp_path: Path) -> None:
    """One that ends late removes nothing but its own."""
    own = tmp_path / "d"
    own.mkdir()
    was = host._identity(str(own))
    own.rename(tmp_path / "old")
    assert host._identity(str(own)) is None
    own.mkdir()
    assert host._identity(str(own)) != was
