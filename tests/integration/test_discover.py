"""`lashtui discover`: files become sessions as they appear."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lashd.client.blocking import Client
from lashd.publish.publisher import Publisher
from tests.integration.cli import DEADLINE, Cli, Reader
from tests.tui.ingest.test_discovery import LINES, SESSION
from tests.tui.producers.goldens import CAPTURES, Case, cases, produce, prose_of, view_of
from tests.waiting import wait_until

if TYPE_CHECKING:
    from lashd.daemon import EmbeddedDaemon

NAME = "a3142cd4-e7b4-4442-a568-f3e248302560.jsonl"
ID = "claude-a3142cd4"


def sessions(daemon: EmbeddedDaemon) -> dict[str, dict[str, Any]]:
    """The list, by name, but for those of servers that run on the machine of the tests."""
    with Client(daemon.socket_path) as client:
        rows = {each["session_id"]: each for each in client.list()}
    return {name: row for name, row in rows.items() if not name.startswith(SERVED)}


SERVED = "opencode-"


def found(reader: Reader) -> str:
    """The next session that is told, but for those."""
    while (line := reader.line()).startswith(SERVED):
        pass
    return line


def prose(daemon: EmbeddedDaemon, session: str) -> list[str]:
    """What the agent has said in a session."""
    if session not in sessions(daemon):
        return []
    with Client(daemon.socket_path) as client:
        view = client.show(session)["read_view"]
    rows = [row for row in view["entries"] if row["kind"] == "prose" and not row.get("parent")]
    return [row["text"] for row in rows]


def recorded() -> Case:
    """The recording that is found."""
    return next(each for each in cases("claude_transcript") if each.name == "cc_files")


def expected() -> list[str]:
    """The prose of the whole recording."""
    case = recorded()
    return prose_of(view_of(produce(case.make(), [case.data], case.outcome)))


def test_nothing_to_follow_is_told(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """With where it looks."""
    done = cli.run("discover", "--once")
    assert (done.code, done.out) == (0, "")
    assert "no session" in done.err
    assert str(tmp_path / ".claude" / "projects") in done.err


def test_once(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """The usual places of three agents; a second time nothing stands there twice."""
    for place, name, agent in (
        (".claude/projects/p", "cc_files.stdout.jsonl", "claude_transcript"),
        (".codex/sessions/2026/01/01", "mcp.stdout.jsonl", "codex_rollout"),
    ):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / NAME).write_bytes((CAPTURES / agent / name).read_bytes())
    for _ in range(2):
        done = cli.run("discover", "--once")
        assert (done.code, done.err) == (0, "")
        names = {line.split("  ")[0] for line in done.out.splitlines()}
        assert names == {ID, "codex-a3142cd4"} == set(sessions(daemon))
        assert prose(daemon, ID) == expected()
    row = sessions(daemon)[ID]
    assert (row["state"], row["title"], row["directory"]) == (
        "ended",
        "Work on this directory",
        "/home/dev/project",
    )
    produced = produce(recorded().make(), [SESSION], recorded().outcome)
    assert row["updated_at"] == produced[-1].at


def test_it_follows(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """New places, new files, growth, a turn's end, deletion; then Ctrl-C."""
    process = cli.start("discover", "--no-start")
    try:
        _follow(process, daemon, tmp_path)
    finally:
        process.kill()
        process.communicate()
    assert all(each["state"] == "ended" for each in sessions(daemon).values())


def _follow(process: subprocess.Popen[bytes], daemon: EmbeddedDaemon, home: Path) -> None:
    reader = Reader(process)
    place = home / ".claude" / "projects" / "p"
    place.mkdir(parents=True)
    path = place / NAME
    with path.open("wb", buffering=0) as file:
        file.write(b"".join(LINES[:-1]) + LINES[-1][:7])
        assert found(reader) == f"{ID}  /home/dev/project  {path}"
        file.write(LINES[-1][7:])
    wait_until(lambda: prose(daemon, ID) == expected())
    wait_until(lambda: sessions(daemon)[ID]["state"] == "idle")
    other = place / "b" / "subagents"
    other.mkdir(parents=True)
    (other / "agent-x.jsonl").write_bytes(SESSION)
    assert found(reader).startswith("claude-b-agent-x  ")
    os.unlink(path)
    wait_until(lambda: sessions(daemon)[ID]["state"] == "ended")
    assert sessions(daemon)[ID]["outcome"] == "success"
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE) == 130


def test_a_session_goes_on_when_its_agent_comes_back(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """It has ended with its agent, and goes on: cursors are good, nothing is missing."""
    path = tmp_path / ".claude" / "projects" / "p" / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(SESSION)
    os.utime(path, (1, time.time() - 3000))
    process = cli.start("discover", "--no-start")
    try:
        assert found(Reader(process)).startswith(ID)
        wait_until(lambda: sessions(daemon).get(ID, {}).get("state") == "ended")
        cursor = sessions(daemon)[ID]["cursor"]
        again = SESSION.replace(b'"uuid": "', b'"uuid": "f').replace(b'"id": "', b'"id": "f')
        with path.open("ab") as file:
            file.write(again)
        wait_until(lambda: len(prose(daemon, ID)) == 2 * len(expected()))
        done = cli.run("attach", "--cursor", cursor, "--format", "json", "--until", "synced")
        kinds = {record["type"] for record in done.records}
        assert "turn_activity" in kinds
        assert "gap" not in kinds
        assert prose(daemon, ID) == expected() * 2
        assert sessions(daemon)[ID]["title"] == "Work on this directory"
    finally:
        process.kill()
        process.communicate()


def test_a_session_that_somebody_publishes_is_left_to_them(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Two of us don't fight over it; one line says so."""
    (tmp_path / NAME).write_bytes(SESSION)
    with Publisher(ID, socket_path=daemon.socket_path, start_daemon=False) as publisher:
        assert publisher.wait_open(DEADLINE)
        done = cli.run("discover", "--once", str(tmp_path))
        assert (done.code, done.out) == (0, "")
        assert ID in done.err
        assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("/no/such/place",), "/no/such/place: no such file or directory"),
        (("--since", "soon"), "'soon' is not a duration such as 90s, 30m, 2h or 7d"),
    ],
)
def test_wrong_use(cli: Cli, words: tuple[str, ...], message: str) -> None:
    """One line, exit code 2."""
    done = cli.run("discover", *words)
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
