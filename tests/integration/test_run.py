"""`lashtui run`: the command as ever, and watched."""

from __future__ import annotations

import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from fcntl import ioctl
from typing import TYPE_CHECKING, Any

import pytest

from lashd.client.blocking import Client
from lashd.publish.publisher import Publisher
from tests.integration.cli import DEADLINE, Cli, Reader
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from lashd.daemon import EmbeddedDaemon


def view_of(daemon: EmbeddedDaemon, session: str) -> dict[str, Any]:
    """The view of a session."""
    with Client(daemon.socket_path) as client:
        view: dict[str, Any] = client.show(session)["read_view"]
        return view


def text_of(daemon: EmbeddedDaemon, session: str) -> str:
    """All text of a session."""
    return "".join(entry.get("text") or "" for entry in view_of(daemon, session)["entries"])


def test_output_is_kept_apart_unchanged_and_published(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Bytes of either stream arrive as they were, colours included; the session has the text."""
    script = r"printf '\033[31mred\033[0m\n\377'; printf 'oops\n' >&2"
    process = cli.start("run", "-s", "s", "--", "sh", "-c", script)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out, err) == (0, b"\x1b[31mred\x1b[0m\n\xff", b"oops\n")
    text = text_of(daemon, "s")
    assert sorted(text) == sorted("\x1b[31mred\x1b[0m\n\ufffdoops\n")
    view = view_of(daemon, "s")
    assert (view["state"], view["outcome"], view["exit_code"]) == ("ended", "success", 0)
    assert view["turn_index"] == 1
    assert {entry["format"] for entry in view["entries"] if entry["kind"] == "prose"} == {"ansi"}


def test_the_session_says_where_its_command_runs(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Its process, its host, and the pane of tmux that it was started in."""
    cli.environment |= {"TMUX": "/tmp/none/default,1,0", "TMUX_PANE": "%7"}
    done = cli.run("run", "-s", "s", "--", "sh", "-c", "echo $$")
    cli.run("publish", "p", data=b"text\n")
    with Client(daemon.socket_path) as client:
        rows = {row["session_id"]: row["where"] for row in client.list()}
    pane = {"socket": "/tmp/none/default", "pane": "%7"}
    assert (rows["s"]["pid"], rows["s"]["tmux"]) == (int(done.out), pane)
    assert rows["s"]["host"] == rows["p"]["host"] == os.uname().nodename
    assert (rows["p"]["pid"], rows["p"]["tmux"]) == (None, pane)


@pytest.mark.parametrize("closed", ["<&- >&-", ">&- 2>&-"])
def test_closed_standard_descriptors_are_no_pipes_of_ours(
    cli: Cli, daemon: EmbeddedDaemon, closed: str
) -> None:
    """What can't be shown anywhere doesn't stop the command, however much it is."""
    script = (
        "head -c 300000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' y >&2; exit 9"
    )
    words = ("run", "-s", "s", "--", "sh", "-c", script)
    wrapped = ("-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "lashtui", *words)
    done = subprocess.run(["sh", *wrapped], env=cli.environment, timeout=DEADLINE, check=False)
    assert done.returncode == 9
    text = text_of(daemon, "s")
    assert (text.count("x"), text.count("y")) == (300_000, 300_000)


def test_order_is_kept_where_both_streams_are_one(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """`2>&1 | tee log` reads as the command wrote it."""
    script = "for i in 1 2 3 4 5; do echo out$i; echo err$i >&2; done"
    process = cli.start("run", "-s", "s", "--", "sh", "-c", script, stderr=-2)
    out, _ = process.communicate(timeout=DEADLINE)
    expected = "".join(f"out{n}\nerr{n}\n" for n in range(1, 6))
    assert out.decode() == expected
    assert text_of(daemon, "s") == expected


@pytest.mark.parametrize(
    ("script", "code", "outcome"),
    [
        ("exit 7", 7, "failure"),
        ("kill -9 $$", 137, "failure"),
        ("kill -TERM $$", 143, "cancelled"),
        ("exit 0", 0, "success"),
    ],
)
def test_the_exit_code_is_the_commands(
    cli: Cli, daemon: EmbeddedDaemon, script: str, code: int, outcome: str
) -> None:
    """Also 128 + n for a signal; the session ends with the outcome, and commits success alone."""
    assert cli.run("run", "-s", "s", "--", "sh", "-c", script).code == code
    view = view_of(daemon, "s")
    assert (view["outcome"], view["exit_code"]) == (outcome, code)
    assert view["turn_index"] == (1 if code == 0 else 0)


def test_commands_that_cannot_run(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """127 and 126 as in a shell, one line, and no session of it."""
    (tmp_path / "plain").write_text("")
    for name, code in (("no-such-command-anywhere", 127), (str(tmp_path / "plain"), 126)):
        done = cli.run("run", "--", name)
        assert (done.code, done.out) == (code, "")
        assert done.err.count("\n") == 1
    with Client(daemon.socket_path) as client:
        assert client.list() == []


def test_the_session_is_called_as_the_command_and_numbered_while_taken(
    cli: Cli, daemon: EmbeddedDaemon
) -> None:
    """cat, cat-2, and cat again once the first is done; nobody is told of a taken name."""

    def names() -> set[str]:
        with Client(daemon.socket_path) as client:
            return {s["session_id"] for s in client.list() if s["publishers"]}

    first = cli.start("run", "--", "cat", stdin=-1)
    wait_until(lambda: names() == {"cat"})
    second = cli.start("run", "--", "cat", stdin=-1)
    wait_until(lambda: names() == {"cat", "cat-2"})
    for process, text in ((first, b"one\n"), (second, b"two\n")):
        assert process.communicate(text, timeout=DEADLINE) == (text, b"")
    assert text_of(daemon, "cat") == "one\n"
    assert text_of(daemon, "cat-2") == "two\n"
    assert cli.run("run", "--", "cat", data=b"three\n").out == "three\n"
    assert text_of(daemon, "cat").endswith("three\n")


def test_output_before_a_name_is_settled_is_not_lost(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """What was printed while the first name was refused is in the session of the second."""
    with Publisher("sh", socket_path=daemon.socket_path, start_daemon=False) as publisher:
        assert publisher.wait_open(DEADLINE)
        done = cli.run("run", "--", "sh", "-c", "echo at once")
    assert (done.out, done.err) == ("at once\n", "")
    assert text_of(daemon, "sh-2") == "at once\n"


def test_a_given_session_is_shared(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """-s joins a session that has a publisher; its end waits for the last."""
    with Publisher("s", socket_path=daemon.socket_path, start_daemon=False) as publisher:
        assert publisher.wait_open(DEADLINE)
        assert cli.run("run", "-s", "s", "--", "echo", "joined").out == "joined\n"
        assert text_of(daemon, "s") == "joined\n"
        assert view_of(daemon, "s")["state"] != "ended"


def test_without_a_daemon_it_runs_and_says_so_in_one_line(tmp_path: Path) -> None:
    """Neither --no-start nor a place where none can start keeps the command from running."""
    for path, words in ((tmp_path / "none", ["--no-start"]), ("/proc/none/s", [])):
        cli = Cli(str(path), tmp_path)
        done = cli.run("run", *words, "--", "sh", "-c", "echo hi; exit 3")
        assert (done.code, done.out) == (3, "hi\n")
        assert done.err.count("\n") == 1
        assert "warning" in done.err


def test_it_starts_a_daemon(tmp_path: Path, short_socket: str) -> None:
    """The first run of a fresh user is observed."""
    cli = Cli(short_socket, tmp_path)
    script = "echo hi; until [ -e go ]; do sleep 0.02; done"
    try:
        with cli.start("run", "-s", "s", "--", "sh", "-c", script, cwd=tmp_path) as process:
            wait_until(lambda: cli.run("show", "s").out == "hi\n")
            (tmp_path / "go").touch()
            assert process.communicate(timeout=DEADLINE) == (b"hi\n", b"")
        assert cli.run("show", "s").out == "hi\n-- ended: success\n"
    finally:
        assert cli.run("daemon", "stop").code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_go_to_the_command(
    cli: Cli, daemon: EmbeddedDaemon, number: signal.Signals
) -> None:
    """Once each; what the command makes of them is its affair."""
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo got {name}' {name}; echo ready; while :; do sleep 0.05; done"
    script = script.replace("while :; do", "until [ -e stop ]; do")
    cwd = cli.environment["HOME"]
    with cli.start("run", "-s", "s", "--", "sh", "-c", script, cwd=cwd) as process:
        reader = Reader(process)
        assert reader.line() == "ready"
        process.send_signal(number)
        assert reader.line() == f"got {name}"
        with open(os.path.join(cwd, "stop"), "w"):
            pass
        assert reader.line() == ""
    assert process.returncode == 0
    assert text_of(daemon, "s") == f"ready\ngot {name}\n"


def test_a_reader_of_ours_that_leaves_does_not_end_the_observation(
    cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """`| head -1`: the command goes on, and those who watch see all of it."""
    script = "echo one; until [ -e go ]; do sleep 0.02; done; echo two; echo three"
    words = ("run", "-s", "s", "--", "sh", "-c", script)
    with cli.start(*words, cwd=tmp_path) as process:
        assert Reader(process).line() == "one"
        assert process.stdout is not None
        process.stdout.close()
        (tmp_path / "go").touch()
        assert process.wait(DEADLINE) == 0
    assert text_of(daemon, "s") == "one\ntwo\nthree\n"


def test_a_background_process_does_not_hold_the_command(cli: Cli) -> None:
    """What the command leaves behind with our pipe in its hands doesn't keep us."""
    started = time.monotonic()
    done = cli.run("run", "-s", "s", "--", "sh", "-c", "sleep 60 & echo $!")
    os.kill(int(done.out), signal.SIGKILL)
    assert done.code == 0
    assert time.monotonic() - started < 30


def test_jsonl_and_its_stderr(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Lines are events and shown as well; stderr is text beside them."""
    script = """echo '{"type":"error","message":"boom"}'; echo note >&2; echo 'no event'"""
    done = cli.run("run", "-s", "s", "--format", "jsonl", "--", "sh", "-c", script)
    assert done.out == '{"type":"error","message":"boom"}\nno event\n'
    assert done.err.startswith("note\n")
    assert "line 2 skipped" in done.err
    entries = view_of(daemon, "s")["entries"]
    assert {(entry["kind"], entry["text"]) for entry in entries} == {
        ("error", "boom"),
        ("prose", "note\n"),
    }


def test_usage(cli: Cli) -> None:
    """No command, or one on the wrong side of the --, is a usage error."""
    for words in ((), ("-s", "x"), ("make", "--", "it")):
        assert cli.run("run", *words).code == 2
    assert cli.run("run", "echo", "plain").out == "plain\n"


# -- on a terminal ---------------------------------------------------------------------------------


def read_to_end(descriptor: int) -> bytes:
    """What a terminal still shows until its last program is gone."""
    seen = b""
    while True:
        try:
            data = os.read(descriptor, 4096)
        except OSError:
            data = b""
        if not data:
            os.close(descriptor)
            return seen
        seen += data


class Terminal:
    """A command on a pseudo-terminal of the test's."""

    def __init__(self, cli: Cli, *words: str, rows: int = 33, columns: int = 77) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            argv = [sys.executable, "-m", "lashtui", *words]
            ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
            os.execve(sys.executable, argv, cli.environment)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read until `text` was shown."""
        end = time.monotonic() + DEADLINE
        while text not in self.seen:
            left = end - time.monotonic()
            ready, _, _ = select.select([self.descriptor], [], [], max(0, left))
            assert ready, f"not shown: {text!r}; seen: {self.seen!r}"
            self.seen += os.read(self.descriptor, 4096).decode(errors="replace")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.descriptor, keys.encode())

    def resize(self, rows: int, columns: int) -> None:
        """Change the window's size."""
        ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    @property
    def is_raw(self) -> bool:
        """Whether keys are handed on as they are."""
        return not termios.tcgetattr(self.descriptor)[3] & termios.ICANON

    def end(self) -> int:
        """Read to the end; the exit code."""
        self.seen += read_to_end(self.descriptor).decode(errors="replace")
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
class TestTerminal:
    """A terminal of ours is one for the command."""

    def test_size_and_its_changes_arrive(self, cli: Cli, daemon: EmbeddedDaemon) -> None:
        """The command sees a terminal with our size, and is told of another."""
        script = "trap 'stty size; exit 4' WINCH; stty size; while :; do sleep 0.05; done"
        terminal = Terminal(cli, "run", "-s", "s", "--", "sh", "-c", script)
        terminal.wait_for("33 77")
        terminal.resize(20, 50)
        terminal.wait_for("20 50")
        assert terminal.end() == 4
        assert text_of(daemon, "s") == "33 77\n20 50\n"

    def test_keys_control_c_and_end_of_file_reach_the_command(
        self, cli: Cli, daemon: EmbeddedDaemon
    ) -> None:
        """Our terminal is raw meanwhile and restored after; ^D ends the command's input."""
        script = "trap 'echo caught' INT; echo ready; cat; echo again; cat; exit 5"
        terminal = Terminal(cli, "run", "-s", "s", "--", "sh", "-c", script)
        terminal.wait_for("ready")
        wait_until(lambda: terminal.is_raw)
        terminal.type("hello\r")
        terminal.wait_for("hello\r\nhello")
        terminal.type("\x03")
        terminal.wait_for("again")
        assert "caught" in terminal.seen
        terminal.type("\x04")
        assert terminal.end() == 5

    def test_the_terminal_is_restored(self, cli: Cli) -> None:
        """A shell that goes on afterwards finds its terminal as it was, also after a kill."""
        line = f"{sys.executable} -m lashtui run -s s -- sh -c 'stty raw -echo; kill -9 $$'"
        pid, descriptor = pty.fork()
        if pid == 0:
            script = f"stty -a > before; {line}; stty -a > after"
            os.chdir(cli.environment["HOME"])
            os.execve("/bin/sh", ["sh", "-c", script], cli.environment)
        read_to_end(descriptor)
        os.waitpid(pid, 0)
        home = cli.environment["HOME"]
        with open(f"{home}/before") as before, open(f"{home}/after") as after:
            assert before.read() == after.read()

    def test_stdin_that_is_no_terminal_stays_what_it_is(
        self, cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path
    ) -> None:
        """A file on stdin is the command's stdin, whole, although its output is a terminal."""
        (tmp_path / "input").write_text("from a file\n")
        pid, descriptor = pty.fork()
        if pid == 0:
            argv = f"{sys.executable} -m lashtui run -s s -- cat < {tmp_path}/input"
            os.execve("/bin/sh", ["sh", "-c", argv], cli.environment)
        seen = read_to_end(descriptor)
        os.waitpid(pid, 0)
        assert seen == b"from a file\r\n"
        assert text_of(daemon, "s") == "from a file\n"


def test_the_socket_of_another_program_is_called_that(cli: Cli, tmp_path: Path) -> None:
    """What `ls` asks there, `run` asks at its end; the command has run all the same."""
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(cli.environment["LASHTUI_SOCKET"] + "2")
        other.listen()
        threading.Thread(target=_greet_everybody, args=(other,), daemon=True).start()
        path = other.getsockname()
        done = cli.run("run", "--socket", path, "--", "echo", "hello")
        other.shutdown(socket.SHUT_RDWR)
    assert (done.code, done.out) == (0, "hello\n")
    assert "is this the socket of another program?" in done.err
    assert done.err.count("\n") == 1


def _greet_everybody(other: socket.socket) -> None:
    """As a mail server does, whose first bytes are no frame of ours."""
    with suppress(OSError):
        while True:
            with other.accept()[0] as one:
                one.sendall(b"220 hello\r\n")
                one.settimeout(10)
                one.recv(65536)


def test_a_progress_bar_is_one_line(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Its last form, however long it moved; a prompt before it is there at once."""
    moving = "for i in 1 2 3 4 5 6; do printf '\\r%d0%%' $i; sleep 0.1; done"
    script = f"printf 'start\\n'; printf '0%%'; sleep 0.2; {moving}; printf '\\r\\033[Kdone\\n'"
    assert cli.run("run", "-s", "s", "--", "sh", "-c", script).code == 0
    assert text_of(daemon, "s") == "start\ndone\n"
    shown = cli.run("show", "s").out
    assert shown.startswith("start\ndone\n--")
    stream = cli.run("attach", "s", "--format", "text", "--cursor", "start", "--no-follow").out
    assert stream.startswith("start\ndone\n")
    assert "attempt" not in stream
