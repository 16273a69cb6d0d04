"""A scripted command starts fast because of what it does not import."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lashd.daemon import EmbeddedDaemon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAVY = ("textual", "rich", "asyncio", "anyio", "markdown_it", "pygments", "importlib.metadata")
"""Each costs a command more than everything that it does."""

SLOW = (*HEAVY, "msgspec", "argcomplete", "platformdirs", "typing", "dataclasses", "inspect")
"""What commands that only read do without."""


def modules(package: str, names: str) -> frozenset[str]:
    """A package and modules of it."""
    return frozenset([package, *(f"{package}.{name}" for name in names.split())])


START = (
    modules("lashd", "_version")
    | modules("lashd.server", "stdio")
    | modules("lashtui", "")
    | modules("lashtui.cli", "main")
)
PARSER = (
    START
    | modules("lashtui", "diagnostics exit_codes")
    | modules("lashtui.cli", "dispatch parsing")
)
CONNECTION = (
    PARSER
    | modules("lashd", "address errors paths wire_limits")
    | modules("lashd.connect", "connection failures peer")
    | modules("lashd.protocol", "client framing requests")
)
CLIENT = CONNECTION | modules("lashd.client", "blocking") | {"lashd.connect.jitter"}
SANITIZE = modules("lashtui.text", "sanitize")
SESSION = CLIENT | {"lashd.cursor"}
NAMES = frozenset(["lashtui.cli.session_names"])
OUTCOME = frozenset(("lashd.outcome", "lashd.short", "lashd.protocol.records"))
JSON = modules("lashtui.stream", "json_line")
TEXT = (
    {"lashd.exact", "lashd.gist"}
    | modules("lashtui.stream", "course kinds lines policy speakers text")
    | modules("lashtui.text", "ansi colour duration links marks media output retry sanitize tools")
)
STREAM = (
    SESSION
    | OUTCOME
    | modules("lashd.client", "attachment base_stream stream")
    | {"lashd.protocol.reconnect"}
    | modules("lashtui.cli", "attach")
    | modules("lashtui.stream", "course json_line kinds output policy runner signals")
)
LISTING = (
    CLIENT
    | {"lashtui.cli.ls"}
    | modules("lashtui.listing", "row words")
    | modules("lashtui.text", "colour duration sanitize standing state_names unmarked")
)
LIST_STREAM = (
    LISTING
    | {"lashd.cursor"}
    | modules("lashd.client", "base_stream follow stream")
    | modules("lashd.protocol", "follow reconnect")
    | modules("lashtui.listing", "changes")
    | modules("lashtui.stream", "course json_line output runner signals")
)
DAEMON = (
    CONNECTION
    | SANITIZE
    | {"lashd.connect.holder", "lashd.connect.launch", "lashtui.cli.daemon"}
    | modules("lashtui.text", "duration format marks")
)

COMMANDS = {
    "--version": START,
    "--help": PARSER,
    "attach --help": PARSER
    | {"lashd.protocol", "lashd.protocol.records", "lashtui.cli.attach"}
    | modules("lashtui.stream", "kinds"),
    "attach s --no-follow": STREAM | TEXT,
    "attach s --until synced --format json": STREAM | JSON,
    "attach s --no-follow --format json --cursor-file c": STREAM
    | JSON
    | modules("lashtui.saved", "atomic cursor_file"),
    "attach s --no-follow --cursor saved": STREAM
    | TEXT
    | modules("lashtui.saved", "atomic cursors"),
    "ls --help": PARSER
    | {"lashtui.cli.ls"}
    | modules("lashtui.listing", "words")
    | modules("lashtui.text", "colour state_names"),
    "ls": LISTING | modules("lashtui.listing", "table") | modules("lashtui.text", "figures place"),
    "ls --state running --sort cost --format json": LISTING | JSON,
    "ls --until synced": LIST_STREAM
    | modules("lashtui.listing", "change_lines table")
    | modules("lashtui.text", "figures format marks place"),
    "ls --until synced --format json": LIST_STREAM | JSON,
    "show s": SESSION | NAMES | OUTCOME | TEXT | {"lashtui.cli.show", "lashtui.text.format"},
    "show s --format json": SESSION | NAMES | JSON | {"lashtui.cli.show"},
    "cursor lashsc1:0:1:s": CLIENT
    | SANITIZE
    | {"lashd.cursor", "lashtui.cli.cursor"}
    | modules("lashtui.text", "format marks"),
    "rm nobody": SESSION | NAMES | SANITIZE | {"lashtui.cli.rm"},
    "daemon status": DAEMON | {"lashtui.cli.up", "lashtui.process", "lashtui.process.only_one"},
    "daemon start": DAEMON,
}
"""All modules of this program that a command imports."""

WRITING = {
    "completion bash": HEAVY,
    "publish p --no-start": HEAVY,
    "run -s r --no-start -- true": HEAVY,
    "tap -s t --no-start -- true": (*HEAVY, "msgspec", "argcomplete", "platformdirs", "watchfiles"),
}
"""What other commands must not import; `tap` hands what is slow to another process.

That process may outlive the test and its daemon, and must not start another one.
"""

PROBE = """\
import sys
from lashtui.cli.main import main
try:
    code = main(sys.argv[1:])
finally:
    sys.stderr.write("\\nmodules: " + " ".join(sys.modules))
"""


@pytest.fixture(scope="module")
def socket_path() -> Iterator[str]:
    """A daemon with a session `s` of one command."""
    with EmbeddedDaemon() as embedded:
        environment = {**os.environ, "LASHTUI_SOCKET": embedded.socket_path}
        words = [sys.executable, "-m", "lashtui", "run", "-s", "s", "--", "echo", "hi"]
        subprocess.run(words, env=environment, check=True, capture_output=True)
        yield embedded.socket_path


def imported(command: str, socket_path: str, home: Path) -> set[str]:
    """All modules in a fresh interpreter after the command has done its work."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *command.split()],
        env={**os.environ, "LASHTUI_SOCKET": socket_path, "HOME": str(home)},
        cwd=home,
        input=b"text\n",
        capture_output=True,
        check=False,
        timeout=30,
    )
    _, found, names = done.stderr.decode().rpartition("modules: ")
    assert found, done.stderr
    return set(names.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_imports_what_it_needs(command: str, socket_path: str, tmp_path: Path) -> None:
    """The list is exact: a module that is added here is paid for with each start."""
    names = imported(command, socket_path, tmp_path)
    own = {name for name in names if name.partition(".")[0] in ("lashd", "lashtui")}

    assert own == COMMANDS[command]
    assert not names & set(SLOW)


@pytest.mark.parametrize("command", WRITING)
def test_a_command_that_publishes_starts_without_the_app(
    command: str, socket_path: str, tmp_path: Path
) -> None:
    """Nor does it load an event loop."""
    assert not imported(command, socket_path, tmp_path) & set(WRITING[command])
