"""`lashtui run` of agents that are left as they are, or whose exit code events would hide."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lashd.client.blocking import Client
from tests.tui.producers.goldens import cases

if TYPE_CHECKING:
    from lashd.daemon import EmbeddedDaemon
    from tests.integration.cli import Cli

COPILOT = """
import json, os, sys
words = sys.argv[1:]
session = words[words.index("--session-id") + 1]
folder = os.path.join(os.environ["COPILOT_HOME"], "session-state", session)
os.makedirs(folder)
def event(kind, **data):
    return json.dumps({"type": kind, "data": data, "timestamp": "2099-01-01T00:00:00Z"}) + "\\n"
with open(os.path.join(folder, "events.jsonl"), "w") as file:
    file.write(event("user.message", content="hi"))
    file.write(event("assistant.message", messageId="m", content="From the file.", toolRequests=[]))
    file.write(event("assistant.turn_end"))
print("For people.")
print("stats", file=sys.stderr)
sys.exit(3)
"""
KIMI = """
import json, os, sys
folder = os.path.join(os.environ["KIMI_CODE_HOME"], "sessions", "wd", "session_x", "agents", "main")
os.makedirs(folder)
at = 4_000_000_000_000
def line(kind, **more):
    return json.dumps({"type": kind, "agentId": "main", "time": at, **more}) + "\\n"
part = {"type": "content.part", "uuid": "u", "part": {"type": "text", "text": "From the file."}}
with open(os.path.join(folder, "wire.jsonl"), "w") as file:
    file.write(line("turn.prompt", input=[{"text": sys.argv[-1]}], origin={"kind": "user"}))
    file.write(line("context.append_loop_event", event=part))
    file.write(line("turn.ended", reason="completed"))
print("For people.")
print("stats", file=sys.stderr)
sys.exit(3)
"""


def put(cli: Cli, directory: Path, name: str, code: str) -> None:
    """A program of this name, before all others."""
    directory.mkdir(exist_ok=True)
    source = directory / f"{name}.py.txt"
    source.write_text(code)
    script = directory / name
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {source} "$@"\n')
    script.chmod(0o755)
    cli.environment["PATH"] = f"{directory}:{cli.environment['PATH']}"
    cli.environment["COPILOT_HOME"] = cli.environment["KIMI_CODE_HOME"] = str(directory / "home")


def prose_in(daemon: EmbeddedDaemon) -> list[str]:
    """What the session's agent said."""
    with Client(daemon.socket_path) as client:
        view: dict[str, Any] = client.show("s")["read_view"]
    return [row["text"] for row in view["entries"] if row["kind"] == "prose"]


@pytest.mark.parametrize(("name", "code"), [("copilot", COPILOT), ("kimi", KIMI)])
def test_it_prints_what_it_prints_and_its_file_tells_the_rest(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path, name: str, code: str
) -> None:
    """Both descriptors and the exit code are its own; nothing of them is in the session."""
    put(cli, tmp_path / "bin", name, code)
    done = cli.run("run", "-s", "s", "--", name, "-p", "hi")
    assert (done.code, done.out, done.err) == (3, "For people.\n", "stats\n")
    assert prose_in(daemon) == ["From the file."]


@pytest.mark.parametrize(("recording", "code"), [("tour", 0), ("fatal", 1)])
def test_pi_fails_as_it_does_without_events(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path, recording: str, code: int
) -> None:
    """Its answer alone on stdout, its error on stderr, and the exit code of `pi -p`."""
    (case,) = [case for case in cases("pi") if case.name == recording]
    put(cli, tmp_path / "bin", "pi", f"import sys\nprint(open({str(case.path)!r}).read(), end='')")
    done = cli.run("run", "-s", "s", "--", "pi", "-p", "hi")
    assert done.code == code
    assert done.out.startswith("# Findings" if code == 0 else "")
    assert ("The scripted request is bad" in done.err) == (code == 1)
    with Client(daemon.socket_path) as client:
        view = client.show("s")["read_view"]
    assert json.dumps(view["outcome"]) == ('"success"' if code == 0 else '"failure"')


def test_an_agent_that_cant_be_read_is_its_text(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """And nothing is said on a pipe."""
    put(cli, tmp_path / "bin", "goose", "print('Honk.')")
    done = cli.run("run", "-s", "s", "--", "goose", "run")
    assert (done.code, done.out, done.err) == (0, "Honk.\n", "")
    assert prose_in(daemon) == ["Honk.\n"]
