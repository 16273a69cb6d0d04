"""Agents under `lashtui run`: the session as their user lived it, and the user's own view."""

from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lashd.client.blocking import Client
from tests.integration.agents import expected_rows, lived_rows, rows_of, stand_in
from tests.integration.cli import DEADLINE, Cli
from tests.tui.producers.goldens import Case, cases, name_of, produce, prose_of, view_of
from tests.waiting import wait_until

if TYPE_CHECKING:
    from lashd.daemon import EmbeddedDaemon

PLAYED = {
    "claude": (
        "tool_partial parallel_partial cc_subagent cc_taskstop denied http400 midcut sigint unicode"
    ),
    "codex_exec": "tool mcp http400 sigterm unicode",
    "gemini": "tool http400 midcut unicode",
    "opencode": "tool_thinking http400 unknowntool http500",
    "qwen": "tool",
}
"""The situations that differ; the producers' own tests read every recording."""

CASES = [case for agent, names in PLAYED.items() for case in cases(agent) if case.name in names]


def case_of(agent: str, name: str) -> Case:
    """One recording."""
    return next(case for case in cases(agent) if case.name == name)


def view_in(daemon: EmbeddedDaemon, session: str) -> dict[str, Any]:
    """The view of a session."""
    with Client(daemon.socket_path) as client:
        view: dict[str, Any] = client.show(session)["read_view"]
        return view


def exit_code_of(case: Case) -> int:
    """As a shell tells it."""
    return case.exit_code if case.exit_code >= 0 else 128 - case.exit_code


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_session_is_what_the_recording_says(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path, case: Case
) -> None:
    """Rows, outcome and exit code; the user on a pipe gets prose and no JSON."""
    words = stand_in(cli, tmp_path / "bin", case)
    done = cli.run("run", "-s", "s", "--", *words)
    code = exit_code_of(case)
    assert done.code == code
    view = view_in(daemon, "s")
    assert rows_of(view) == lived_rows(case)
    assert (view["state"], view["exit_code"]) == ("ended", code)
    assert words[0] in view["agent"].lower()
    last = [row["kind"] for row in view["entries"] if row["kind"] not in ("commit", "diagnostic")]
    if code == 143:
        assert view["outcome"] == "cancelled"
    else:
        assert view["outcome"] == ("failure" if code or last[-1:] == ["error"] else "success")
    # Codex is left as it is: this one prints events unasked.
    assert ('{"' in done.out) == (case.agent == "codex_exec")
    assert "noise that is no event" in done.err
    assert "--as-is" not in done.err


@pytest.mark.parametrize(
    ("agent", "name"), [("claude", "tool_partial"), ("codex_exec", "tool"), ("qwen", "tool")]
)
def test_at_recorded_speed(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path, agent: str, name: str
) -> None:
    """Cut where life cuts it, it is the same session."""
    case = case_of(agent, name)
    words = stand_in(cli, tmp_path / "bin", case, speed=4)
    assert cli.run("run", "-s", "s", "--", *words).code == 0
    assert rows_of(view_in(daemon, "s")) == lived_rows(case)


def test_options_are_added_and_said(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """The agent gets them; the session and title are named as the user named the command. Off a
    terminal stderr is the agent's own.
    """
    words = stand_in(cli, tmp_path / "bin", case_of("claude", "simple"))
    assert cli.run("run", "-s", "other", "--", *words).err == "noise that is no event\n"
    ours, theirs = pty.openpty()
    with cli.start("run", "--", *words, stderr=theirs):
        os.close(theirs)
        shown = b""
        with suppress(OSError):
            while data := os.read(ours, 65536):
                shown += data
    os.close(ours)
    added = ["--output-format", "stream-json", "--verbose", "--include-partial-messages"]
    assert json.loads((tmp_path / "bin" / "words.json").read_text()) == [*added, "-p", "hi"]
    assert shown.decode().splitlines()[0] == (
        f"-- running claude with {' '.join(added)} (--as-is adds nothing)"
    )
    view = view_in(daemon, "claude")
    assert view["agent"] == "claude"


@pytest.mark.parametrize(
    ("agent", "name"), [("claude", "tool_partial"), ("gemini", "tool"), ("opencode", "tool")]
)
def test_on_a_pipe_the_answer_is_what_is_printed(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path, agent: str, name: str
) -> None:
    """`answer=$(lashtui run -- claude -p ...)` holds what it would hold without us."""
    case = case_of(agent, name)
    words = stand_in(cli, tmp_path / "bin", case)
    done = cli.run("run", "--", *words)
    prose = prose_of(view_of(produce(case.make(), [case.data], case.outcome)))
    expected = prose[-1:] if agent == "claude" else prose
    assert done.out.replace("\n", "") == "".join(expected).replace("\n", "")
    assert done.out.endswith("\n")


def test_a_form_of_the_users_own_passes_unchanged(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Whoever asked for JSON gets its bytes; the session is read from them all the same."""
    case = case_of("claude", "tool_partial")
    words = stand_in(cli, tmp_path / "bin", case)
    own = ["--output-format", "stream-json", "--verbose"]
    process = cli.start("run", "--", *words, *own)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out) == (0, case.data)
    assert err == b"noise that is no event\n"
    assert rows_of(view_in(daemon, "claude")) == lived_rows(case)


def test_auto_says_what_it_chose(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """For commands that are no known agent's; the bytes pass as ever."""
    case = case_of("codex_exec", "tool")
    done = cli.run("run", "-s", "s", "--format", "auto", "--", "cat", str(case.path))
    assert done.out.encode() == case.data
    assert done.err == "-- reading the output as codex (override with --format)\n"
    assert rows_of(view_in(daemon, "s")) == expected_rows(case)


def test_as_is(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """Nothing is added, nothing is read but text."""
    case = case_of("claude", "simple")
    words = stand_in(cli, tmp_path / "bin", case)
    done = cli.run("run", "--as-is", "-s", "s", "--", *words)
    assert done.out.encode() == case.data
    assert json.loads((tmp_path / "bin" / "words.json").read_text()) == ["-p", "hi"]
    assert {row["format"] for row in rows_of(view_in(daemon, "s"))} == {"plain", None}


@pytest.mark.parametrize("place", ["none", "/proc/none/s"])
def test_without_a_daemon_the_user_sees_the_same(tmp_path: Path, place: str) -> None:
    """Unobserved, the events are still turned into text, and the exit code is the agent's."""
    cli = Cli(str(tmp_path / place), tmp_path)
    case = case_of("claude", "http400")
    words = stand_in(cli, tmp_path / "bin", case)
    done = cli.run("run", "--no-start", "--", *words)
    assert done.code == case.exit_code
    assert "API Error" in done.out
    assert '{"' not in done.out
    assert done.err.count("lashtui: warning:") == 1


def test_on_a_terminal_all_is_shown_as_it_goes(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Prose, tools, what they were given; no JSON, and no pseudo-terminal for the agent."""
    words = stand_in(cli, tmp_path / "bin", case_of("claude", "tool_partial"))
    done = cli.on_a_terminal("run", "--", *words)
    assert done.code == 0
    assert "✓ Bash" in done.out
    assert '{"' not in done.out


def test_an_interrupt_reaches_the_agent(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """The session was cancelled, whatever the agent's exit code says."""
    script = tmp_path / "codex"
    script.write_text(
        "#!/bin/sh\ntrap 'exit 0' INT\n"
        'echo \'{"type":"thread.started","thread_id":"t"}\'\necho \'{"type":"turn.started"}\'\n'
        'echo \'{"type":"item.started","item":{"id":"i","type":"command_execution",'
        '"command":"sleep","status":"in_progress"}}\'\n'
        "while :; do sleep 0.05; done\n"
    )
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    process = cli.start("run", "-s", "s", "--", "codex", "exec", "hi", start_new_session=True)

    def runs() -> bool:
        with Client(daemon.socket_path) as client:
            found = [each for each in client.list() if each["session_id"] == "s"]
        return bool(found) and found[0]["state"] == "running"

    wait_until(runs)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    view = view_in(daemon, "s")
    assert (view["outcome"], view["exit_code"]) == ("cancelled", 0)
    assert [row["state"] for row in view["entries"] if row["kind"] == "tool"] == ["cancelled"]


@pytest.mark.parametrize("where", ["terminal", "pipe"])
def test_stderr_is_told_apart_where_both_are_one(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path, where: str
) -> None:
    """On a terminal and with `2>&1` the reason of a failure is shown, and not read as an event."""
    script = tmp_path / "claude"
    script.write_text("#!/bin/sh\necho 'Please run /login' >&2\nexit 1\n")
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    reading, writing = pty.openpty() if where == "terminal" else os.pipe()
    words = ("run", "-s", "s", "--", "claude", "-p", "hi")
    process = cli.start(*words, stdout=writing, stderr=writing)
    os.close(writing)
    shown = b""
    with suppress(OSError):
        while data := os.read(reading, 65536):
            shown += data
    os.close(reading)
    assert process.wait(DEADLINE) == 1
    assert b"Please run /login" in shown
    assert b"skipped" not in shown
    entries = view_in(daemon, "s")["entries"]
    words_of = [row["output"] for row in entries if row.get("name") == "stderr"]
    assert words_of == [{"text": "Please run /login"}]


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (['{"type":"result","subtype":"success","result":"A"}'] * 2, "A\n\nA\n"),
        (['{"type":"result","subtype":"error_during_execution"}'], "Execution error"),
        (['{"type":"system","subtype":"init"}'], ""),
        (["error: unknown option"], "error: unknown option\n"),
    ],
)
def test_on_a_pipe_it_prints_what_the_agent_would_have_printed(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path, lines: list[str], shown: str
) -> None:
    """Byte for byte, whatever the session says besides."""
    (tmp_path / "out").write_text("".join(f"{line}\n" for line in lines))
    script = tmp_path / "claude"
    script.write_text(f"#!/bin/sh\ncat {tmp_path}/out\n")
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    assert cli.run("run", "-s", "s", "--", "claude", "-p", "hi").out == shown


def test_opencode_shows_its_progress_on_stderr(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """As without the option for events: who answers, and each call."""
    state = {"status": "completed", "input": {"command": "ls"}, "output": "a\n"}
    part = {"id": "p", "type": "tool", "tool": "bash", "callID": "c", "state": state}
    tool = {"type": "tool_use", "sessionID": "ses_1", "part": part}
    (tmp_path / "out").write_text(json.dumps(tool) + "\n")
    script = tmp_path / "bin" / "opencode"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\ncat {tmp_path}/out\n")
    script.chmod(0o755)
    cli.environment["PATH"] = f"{script.parent}:{cli.environment['PATH']}"
    cli.environment["XDG_DATA_HOME"] = str(tmp_path)
    (tmp_path / "opencode").mkdir()
    store = sqlite3.connect(tmp_path / "opencode" / "opencode.db")
    store.execute("CREATE TABLE message (session_id, time_created, data)")
    answer = json.dumps({"role": "assistant", "agent": "build", "modelID": "m"})
    store.execute("INSERT INTO message VALUES ('ses_1', 9999999999999, ?)", (answer,))
    store.commit()
    store.close()
    done = cli.run("run", "-s", "s", "--", "opencode", "run", "hi")
    shown = done.err.replace("\x1b[0m", "")
    assert (done.out, shown) == ("", "\n> build · m\n\n$ ls\na\n\n")


def test_a_prompt_in_a_file_on_stdin(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """The session has it as the agent takes it; the agent reads all of it."""
    script = tmp_path / "claude"
    script.write_text(f"#!/bin/sh\ncat > {tmp_path}/got\n")
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    asked = tmp_path / "asked"
    asked.write_text("a diff\n")
    with open(asked) as file:
        process = cli.start("run", "-s", "s", "--", "claude", "-p", "review", stdin=file)
        process.communicate(timeout=DEADLINE)
    assert (tmp_path / "got").read_text() == "a diff\n"
    rows = view_in(daemon, "s")["entries"]
    assert [row["text"] for row in rows if row["kind"] == "user"] == ["review\na diff\n"]


@pytest.mark.parametrize("option", [[], ["--pty"]])
def test_a_screen_is_not_published_as_prose(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path, option: list[str]
) -> None:
    """Its user sees it; the session has its title, its end and one remark that says what to do."""
    script = tmp_path / "gemini"
    script.write_text("#!/bin/sh\nprintf '\\033[2JDo you want to proceed?'\n")
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    done = cli.on_a_terminal("run", "-s", "s", *option, "--", "gemini", "fix it")
    assert done.code == 0
    assert "Do you want to proceed?" in done.out
    view = view_in(daemon, "s")
    assert (view["title"], view["state"], view["outcome"]) == ("gemini fix it", "ended", "success")
    (remark,) = view["entries"]
    assert "lashtui discover" in remark["output"]["text"]


CLAUDE = """\
#!{python}
import datetime, json, os, re, subprocess, sys

if "--version" in sys.argv:
    sys.exit(print("2.1.332 (Claude Code)"))
settings = json.load(open(sys.argv[sys.argv.index("--settings") + 1]))
session = "{session}"

def tell(event, argument, **call):
    hook = settings["hooks"][event][0]["hooks"][0]
    told = json.dumps({{"session_id": session, "hook_event_name": event, **call}})
    subprocess.run([hook["command"], *hook["args"]], input=told, text=True, check=True)

home = os.environ["CLAUDE_CONFIG_DIR"]
os.makedirs(home + "/projects/here")
os.makedirs(home + "/sessions")
state = home + f"/sessions/{{os.getpid()}}.json"
tell("SessionStart", "all")
print("\\033[2JDo you want to proceed?", flush=True)
with open(home + f"/projects/here/{{session}}.jsonl", "a", buffering=1) as transcript:
    for line in open("{recording}"):
        record = json.loads(line)
        if "line" in record:
            now = datetime.datetime.now(datetime.UTC).isoformat()
            transcript.write(re.sub('(?<="timestamp": ")[^"]*', now, record["line"]) + "\\n")
        elif "state" in record:
            with open(state, "w") as file:
                json.dump({{"sessionId": session, "pid": os.getpid(), "status": "busy"}}, file)
        elif record.get("hook", {{}}).get("hook_event_name") == "MessageDisplay":
            tell("MessageDisplay", "line", **record["hook"])
os.unlink(state)
sys.exit(3)
"""


def test_claudes_screen_is_told_by_its_hooks_and_its_transcript(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Its user sees the screen; the session has all that was said once, and no file stays."""
    (case,) = cases("claude_screen")
    session = next(each["hook"]["session_id"] for each in case.records() if "hook" in each)
    script = tmp_path / "claude"
    script.write_text(CLAUDE.format(python=sys.executable, session=session, recording=case.path))
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    cli.environment["CLAUDE_CONFIG_DIR"] = str(tmp_path / "config")
    (tmp_path / "tmp").mkdir()
    cli.environment["TMPDIR"] = str(tmp_path / "tmp")
    done = cli.on_a_terminal("run", "-s", "s", "--", "claude")
    assert done.code == 3
    assert "Do you want to proceed?" in done.out
    view = view_in(daemon, "s")
    said = [
        each["text"]
        for each in view["entries"]
        if each["kind"] == "prose" and not each.get("parent")
    ]
    assert said == prose_of(view_of(produce(case.make(), [case.data], case.outcome)))
    assert not any("proceed" in text for text in said)
    assert (view["agent"], view["state"], view["exit_code"]) == ("claude", "ended", 3)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_qwens_screen_is_told_by_its_events(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Its user sees the screen; the session has what its file of events says, and no file stays."""
    script = tmp_path / "qwen"
    case = next(each for each in cases("qwen") if each.name == "screen")
    play = f'test "$1" = --json-file && cat {case.path} >> "$2"'
    script.write_text(f"#!/bin/sh\nprintf '\\033[2JDo you want to proceed?'\n{play}\n")
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    (tmp_path / "tmp").mkdir()
    cli.environment["TMPDIR"] = str(tmp_path / "tmp")
    done = cli.on_a_terminal("run", "-s", "s", "--", "qwen")
    assert done.code == 0
    assert "Do you want to proceed?" in done.out
    view = view_in(daemon, "s")
    assert rows_of(view) == expected_rows(case)
    assert (view["agent"], view["outcome"], view["exit_code"]) == ("qwen", "success", 0)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_last_words_of_an_agent_that_never_began(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Its stderr is no event, but the only reason that there is."""
    script = tmp_path / "claude"
    script.write_text("#!/bin/sh\necho 'Please run /login' >&2\nexit 1\n")
    script.chmod(0o755)
    cli.environment["PATH"] = f"{tmp_path}:{cli.environment['PATH']}"
    assert cli.run("run", "-s", "s", "--", "claude", "-p", "hi").code == 1
    view = view_in(daemon, "s")
    assert (view["outcome"], view["exit_code"]) == ("failure", 1)
    words = [row["output"] for row in view["entries"] if row.get("name") == "stderr"]
    assert words == [{"text": "Please run /login"}]
