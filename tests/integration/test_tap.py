"""`lashtui tap`: not a byte is changed, and nothing holds it up."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from lashd.client.blocking import Client
from tests.integration.cli import DEADLINE, Cli, Reader
from tests.tui.producers.goldens import CAPTURES, cases, produce, prose_of, view_of
from tests.waiting import wait_until

if TYPE_CHECKING:
    from lashd.daemon import EmbeddedDaemon

Start: TypeAlias = Callable[..., subprocess.Popen[bytes]]

ECHO = (
    "import os\nwhile data := os.read(0, 65536):\n    while data: data = data[os.write(1, data):]"
)

PLAYER = """\
import json, sys
steps = [json.loads(line) for line in open(sys.argv[1])]
for step in steps:
    if step["dir"].startswith("client"):
        line = sys.stdin.readline()
        assert line == step["line"] + "\\n", (line, step)
    else:
        print(step["line"], flush=True)
sys.exit(7)
"""
"""An agent that says what the recording's agent said, whenever it was told what that was told."""


@pytest.fixture
def start(daemon: EmbeddedDaemon) -> Iterator[Start]:
    """Starts a tap of a `Cli`; nothing of it is left after the test."""
    processes: list[subprocess.Popen[bytes]] = []
    observed: list[subprocess.Popen[bytes]] = []

    def begin(cli: Cli, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        process = cli.start("tap", "--no-start", *words, stdin=subprocess.PIPE, **options)
        processes.append(process)
        if cli.socket_path == daemon.socket_path:
            observed.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        process.wait()

    def are_done() -> bool:
        """The readers of the copies outlive their taps a moment, and the daemon outlives them."""
        with Client(daemon.socket_path) as client:
            sessions = client.list()
        return len(sessions) >= len(observed) and not any(each["publishers"] for each in sessions)

    wait_until(are_done)


def agent(code: str, *words: str) -> tuple[str, ...]:
    """A command that runs Python code."""
    return ("--", sys.executable, "-c", code, *words)


def found(daemon: EmbeddedDaemon, session: str) -> dict[str, Any] | None:
    """The session's line in the list."""
    with Client(daemon.socket_path) as client:
        return next((each for each in client.list() if each["session_id"] == session), None)


def ended_view(daemon: EmbeddedDaemon, session: str) -> dict[str, Any]:
    """The view, once the session has ended: the reader of the copies may need a moment."""
    wait_until(lambda: (found(daemon, session) or {}).get("state") == "ended")
    with Client(daemon.socket_path) as client:
        view: dict[str, Any] = client.show(session)["read_view"]
        return view


def exchange(process: subprocess.Popen[bytes], data: bytes) -> bytes:
    """Write `data` and read at the same time; all that came back."""
    assert process.stdin is not None
    assert process.stdout is not None
    stdin = process.stdin

    def write() -> None:
        stdin.write(data)
        stdin.close()

    writer = threading.Thread(target=write)
    writer.start()
    out = process.stdout.read()
    writer.join(DEADLINE)
    return out


@pytest.mark.parametrize("observed", [True, False])
def test_random_bytes_pass_both_ways(
    cli: Cli, start: Start, daemon: EmbeddedDaemon, observed: bool, tmp_path: Path
) -> None:
    """Twelve megabytes that are no protocol at all, with and without a daemon."""
    data = random.Random(1).randbytes(12 * 1024 * 1024)
    if not observed:
        cli = Cli(str(tmp_path / "none"), tmp_path)
    process = start(cli, "-s", "s", *agent(ECHO))
    out = exchange(process, data)
    assert process.wait(DEADLINE) == 0
    assert hashlib.sha256(out).digest() == hashlib.sha256(data).digest()
    if observed:
        assert ended_view(daemon, "s")["outcome"] == "success"


def test_a_client_that_reads_late_gets_all_of_an_agent_that_has_left(
    cli: Cli, start: Start, daemon: EmbeddedDaemon, tmp_path: Path
) -> None:
    """Signals that come in the meantime make no difference."""
    size = 150_000  # more than one pipe holds, less than two and what is on its way
    code = f"import os, sys; print(os.getpid(), file=sys.stderr); print('x' * {size}, end='')"
    process = start(cli, "-s", "s", *agent(code))
    assert process.stderr is not None
    assert process.stdout is not None
    pid = int(process.stderr.readline())

    def has_left() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    wait_until(has_left)
    for _ in range(2000):
        process.send_signal(signal.SIGUSR1)
    assert len(process.stdout.read()) == size
    assert process.wait(DEADLINE) == 0


def test_each_byte_comes_at_once(cli: Cli, start: Start, daemon: EmbeddedDaemon) -> None:
    """Half a line passes before the other half is written, in either direction."""
    process = start(cli, "-s", "s", *agent(ECHO))
    assert process.stdin is not None
    assert process.stdout is not None
    for piece in (b"{", b'"a":', b"1}", b"\n", b"no"):
        os.write(process.stdin.fileno(), piece)
        got = b""
        while len(got) < len(piece):
            got += os.read(process.stdout.fileno(), 64)
        assert got == piece
    process.communicate(timeout=DEADLINE)
    assert process.returncode == 0


def test_a_client_that_reads_late_can_write_on(
    cli: Cli, start: Start, daemon: EmbeddedDaemon
) -> None:
    """Output that nobody takes does not stop the input: an agent may read while it writes."""
    code = (
        "import os, threading\n"
        "threading.Thread(target=lambda: os.write(1, b'o' * 4_000_000), daemon=True).start()\n"
        "count = 0\n"
        "while data := os.read(0, 65536): count += len(data)\n"
        "os.write(2, str(count).encode())\n"
        "os._exit(0)\n"
    )
    process = start(cli, *agent(code))
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(b"i" * 3_000_000)
    process.stdin.close()
    assert os.read(process.stderr.fileno(), 100) == b"3000000"
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(DEADLINE) == 0


def test_an_agent_that_closes_its_input(cli: Cli, start: Start, daemon: EmbeddedDaemon) -> None:
    """The client's write fails as it would without us; the agent's output goes on."""
    code = "import os, sys\nos.close(0)\nprint('closed', flush=True)\nos.read(3, 1)\nprint('end')"
    release_in, release = os.pipe()
    script = f'exec 3</dev/fd/{release_in}; exec {sys.executable} -c "$0"'
    process = start(cli, "--", "sh", "-c", script, code, pass_fds=[release_in])
    reader = Reader(process)
    assert reader.line() == "closed"
    assert process.stdin is not None
    descriptor = process.stdin.fileno()

    def fails() -> bool:
        try:
            os.write(descriptor, b"x" * 1000)
        except BrokenPipeError:
            return True
        return False

    wait_until(fails)
    os.write(release, b"x")
    assert reader.line() == "end"
    assert process.wait(DEADLINE) == 0
    os.close(release)
    os.close(release_in)


def test_a_client_that_leaves(cli: Cli, start: Start, daemon: EmbeddedDaemon) -> None:
    """The agent learns it by its next write, and the tap ends as the agent does."""
    code = "import os\nwhile True: os.write(1, b'x' * 1000)"
    process = start(cli, *agent(f"import signal; signal.signal(13, 0)\n{code}"))
    assert process.stdout is not None
    assert process.stdout.read(10) == b"x" * 10
    process.stdout.close()
    assert process.wait(DEADLINE) == 128 + signal.SIGPIPE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_are_the_agents(
    cli: Cli, start: Start, daemon: EmbeddedDaemon, number: int
) -> None:
    """It handles them; its exit code is ours."""
    code = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(9))\n"
        "print('ready', flush=True)\n"
        "while True: signal.pause()\n"
    )
    process = start(cli, *agent(code), start_new_session=True)
    assert Reader(process).line() == "ready"
    process.send_signal(number)
    process.communicate(timeout=DEADLINE)
    assert process.returncode == 9


def test_exit_codes_and_stderr(tmp_path: Path) -> None:
    """The agent's own, a signal's, and those of one that is not there."""
    cli = Cli(str(tmp_path / "none"), tmp_path)
    code = "import os, sys\nsys.stderr.write('log')\nos.kill(os.getpid(), 9)"
    done = cli.run("tap", "--no-start", *agent(code))
    assert (done.code, done.err[:3]) == (137, "log")
    assert cli.run("tap", "--", "no-such-agent-anywhere").code == 127
    assert cli.run("tap").code == 2


def test_a_reader_of_the_copies_that_is_killed(
    cli: Cli, start: Start, daemon: EmbeddedDaemon
) -> None:
    """The pass-through goes on; only the session is cut off."""
    process = start(cli, "-s", "s", *agent(ECHO))
    wait_until(lambda: (found(daemon, "s") or {}).get("publishers"))
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    own = [pid for pid in children if "\0tap\0" in Path(f"/proc/{pid}/cmdline").read_text()]
    assert len(own) == 1
    os.kill(int(own[0]), signal.SIGKILL)
    data = random.Random(2).randbytes(2_000_000)
    assert exchange(process, data) == data
    assert process.wait(DEADLINE) == 0
    assert process.stderr is not None
    (line,) = process.stderr.read().decode().splitlines()
    assert "no longer watched" in line
    assert "SIGKILL" in line


RESULTS = """\
import json, sys, time
for number in range(20):
    start = {"sessionUpdate": "tool_call", "toolCallId": str(number), "title": f"read {number}"}
    content = [{"type": "content", "content": {"type": "text", "text": "x" * 140_000}}]
    end = {"sessionUpdate": "tool_call_update", "toolCallId": str(number), "status": "completed"}
    for update in (start, {**end, "content": content}):
        params = {"sessionId": "s", "update": update}
        message = {"jsonrpc": "2.0", "method": "session/update", "params": params}
        print(json.dumps(message), flush=True)
    time.sleep(0.02)
print('{"jsonrpc":"2.0","id":1,"result":{"stopReason":"end_turn"}}', flush=True)
"""

PROMPT = (
    b'{"jsonrpc":"2.0","id":1,"method":"session/prompt",'
    b'"params":{"sessionId":"s","prompt":[{"type":"text","text":"Read"}]}}\n'
)


@pytest.mark.parametrize("attempt", range(3))
def test_large_results_don_t_end_the_watching(
    cli: Cli, start: Start, daemon: EmbeddedDaemon, attempt: int
) -> None:
    """Twenty files of 140 KB: each call is in the session, and the turn's end."""
    process = start(cli, "-s", "s", *agent(RESULTS))
    out = exchange(process, PROMPT)
    assert process.wait(DEADLINE) == 0
    assert out.count(b"\n") == 41
    view = ended_view(daemon, "s")
    tools = [row["state"] for row in view["entries"] if row["kind"] == "tool"]
    assert tools == ["success"] * 20
    assert (view["outcome"], view["turn_index"]) == ("success", 1)


@pytest.mark.parametrize(
    "case", cases("acp", "codex_appserver"), ids=lambda case: f"{case.agent}-{case.name}"
)
def test_the_session_is_a_copy(
    cli: Cli, start: Start, daemon: EmbeddedDaemon, tmp_path: Path, case: Any
) -> None:
    """A recording of both sides, played through the tap: its prose is in the session."""
    path = CAPTURES / case.agent / f"{case.name}.both.jsonl"
    steps = [json.loads(line) for line in path.read_text().splitlines()]
    form = "acp" if case.agent == "acp" else "codex-appserver"
    words = agent(PLAYER, str(path))
    process = start(cli, "-s", "s", "--format", form, *words)
    assert process.stdin is not None
    reader = Reader(process)
    for step in steps:
        if step["dir"].startswith("client"):
            process.stdin.write((step["line"] + "\n").encode())
            process.stdin.flush()
        else:
            assert reader.line() == step["line"]
    process.stdin.close()
    assert process.wait(DEADLINE) == 7
    view = ended_view(daemon, "s")
    assert view["exit_code"] == 7
    expected = prose_of(view_of(produce(case.make(), [case.data], case.outcome)))
    rows = [row for row in view["entries"] if row["kind"] == "prose" and not row.get("parent")]
    assert [row["text"] for row in rows] == expected
