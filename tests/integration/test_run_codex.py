"""`lashtui run -- codex exec` on pipes: what Codex prints, and its session from its own file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lashd.client.blocking import Client
from tests.integration.cli import DEADLINE, Cli
from tests.waiting import wait_until

if TYPE_CHECKING:
    from lashd.daemon import EmbeddedDaemon

STAND_IN = Path(__file__).parents[1] / "data" / "codex_standin.py"


@pytest.fixture(autouse=True)
def _codex(cli: Cli, tmp_path: Path) -> None:
    """Codex, and its home."""
    script = tmp_path / "bin" / "codex"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
    script.chmod(0o755)
    (tmp_path / "codex home").mkdir()
    cli.environment["PATH"] = f"{script.parent}:{cli.environment['PATH']}"
    cli.environment["CODEX_HOME"] = str(tmp_path / "codex home")


def view_in(daemon: EmbeddedDaemon, session: str = "s") -> dict[str, Any]:
    """The view of a session."""
    with Client(daemon.socket_path) as client:
        view: dict[str, Any] = client.show(session)["read_view"]
        return view


def rows(view: dict[str, Any]) -> list[tuple[str, str | None]]:
    """What it says."""
    return [(row["kind"], row.get("text")) for row in view["entries"]]


def plainly(cli: Cli, *words: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The command without lashtui."""
    return subprocess.run(words, env=cli.environment, check=False, timeout=DEADLINE, **options)


@pytest.mark.parametrize("prompt", ["hi", "-", "wrong", "broken", "refused"])
@pytest.mark.parametrize("option", [[], ["--ephemeral"]])
def test_both_descriptors_are_codexs_own(
    cli: Cli, daemon: EmbeddedDaemon, prompt: str, option: list[str]
) -> None:
    """Byte for byte, its exit code too; where it keeps no file, the session says so."""
    words = ("codex", "exec", *option, prompt)
    plain = plainly(cli, *words, input=b"asked", capture_output=True)
    done = cli.run("run", "-s", "s", "--", *words, data=b"asked")
    assert (done.code, done.out) == (plain.returncode, plain.stdout.decode())
    assert done.err == plain.stderr.decode()
    remarks = [row.get("name") for row in view_in(daemon)["entries"]]
    assert ("shown_as_text" in remarks) == bool(option and prompt != "refused")


@pytest.mark.parametrize("prompt", ["hi", "wrong"])
def test_one_file_for_both_keeps_the_order(cli: Cli, daemon: EmbeddedDaemon, prompt: str) -> None:
    """`2>&1`."""
    words = ("codex", "exec", prompt)
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    plain = plainly(cli, *words, **options)
    with cli.start("run", "-s", "s", "--", *words, stderr=subprocess.STDOUT) as process:
        shown, _ = process.communicate(timeout=DEADLINE)
    assert (process.returncode, shown) == (plain.returncode, plain.stdout)
    assert rows(view_in(daemon))[0] == ("user", prompt)


@pytest.mark.parametrize(("words", "asked"), [(["hi"], "hi"), (["-"], "asked on stdin")])
def test_the_session_is_read_from_the_file(
    cli: Cli, daemon: EmbeddedDaemon, words: list[str], asked: str
) -> None:
    """With the prompt, wherever it came from, and nothing of what was printed."""
    cli.run("run", "-s", "s", "--", "codex", "exec", *words, data=b"asked on stdin")
    view = view_in(daemon)
    assert rows(view) == [("user", asked), ("prose", "one"), ("commit", None)]
    assert (view["outcome"], view["exit_code"], view["directory"]) == ("success", 0, "/p")


def test_a_run_that_goes_on_with_a_session(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """What was said before it is not its own."""
    plainly(cli, "codex", "exec", "before", capture_output=True, stdin=subprocess.DEVNULL)
    day = next(os.walk(f"{cli.environment['CODEX_HOME']}/sessions/2026/11/27"))
    path = os.path.join(day[0], day[2][0])
    with open(path) as file:
        old = file.read()
    with open(path, "w") as file:
        file.write(old.replace('"timestamp":"20', '"timestamp":"19'))
    cli.run("run", "-s", "s", "--", "codex", "exec", "resume", "--last", "after")
    assert rows(view_in(daemon)) == [("user", "after"), ("prose", "one"), ("commit", None)]


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("wrong", "the request is wrong"),
        ("broken", "thread 'main' panicked"),
        ("refused", "Not inside a trusted directory"),
    ],
)
def test_a_failure_has_its_reason_in_the_session(
    cli: Cli, daemon: EmbeddedDaemon, prompt: str, reason: str
) -> None:
    """From the file, or the last lines of stderr."""
    cli.run("run", "-s", "s", "--", "codex", "exec", prompt)
    view = view_in(daemon)
    assert view["outcome"] == "failure"
    assert reason in str(view["entries"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal(cli: Cli, daemon: EmbeddedDaemon, number: signal.Signals) -> None:
    """Codex gets it, and prints what it prints; the session was cancelled."""
    words = ("run", "-s", "s", "--", "codex", "exec", "slow")
    process = cli.start(*words, start_new_session=True)

    def runs() -> bool:
        with Client(daemon.socket_path) as client:
            found = [each for each in client.list() if each["session_id"] == "s"]
        return bool(found) and len(view_in(daemon)["entries"]) == 2

    wait_until(runs)
    process.send_signal(number)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out) == (1 if number == signal.SIGINT else 143, b"")
    assert err.endswith(b"turn interrupted\n") == (number == signal.SIGINT)
    view = view_in(daemon)
    assert (view["state"], view["outcome"]) == ("ended", "cancelled")


def test_on_a_terminal_with_stderr_elsewhere(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """`codex exec hi 2>log`: its answer on the terminal, its progress in the file."""
    plain = plainly(cli, "codex", "exec", "hi", stdin=subprocess.DEVNULL, capture_output=True)
    done = cli.on_a_terminal("run", "-s", "s", "--", "codex", "exec", "hi")
    assert done.err.encode() == plain.stderr
    assert done.out.replace("\r\n", "\n").encode() == plain.stdout
    assert rows(view_in(daemon))[:2] == [("user", "hi"), ("prose", "one")]


def test_a_home_that_codex_makes_itself(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """The first run of all is left as it is, and read, as well."""
    cli.environment["CODEX_HOME"] += "/none"
    plain = plainly(cli, "codex", "exec", "hi", stdin=subprocess.DEVNULL, capture_output=True)
    shutil.rmtree(cli.environment["CODEX_HOME"])
    done = cli.run("run", "-s", "s", "--", "codex", "exec", "hi")
    assert (done.out.encode(), done.err.encode()) == (plain.stdout, plain.stderr)
    assert rows(view_in(daemon)) == [("user", "hi"), ("prose", "one"), ("commit", None)]
