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

READING = (*HEAVY, "msgspec", "argcomplete", "platformdirs")
"""Those that only read do without typed validation, too."""

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


@pytest.mark.parametrize(
    ("words", "banned"),
    [
        (("attach", "s", "--no-follow"), READING),
        (("attach", "s", "--no-follow", "--format", "json", "--cursor-file", "c"), READING),
        (("attach", "s", "--no-follow", "--cursor", "saved"), READING),
        (("ls",), READING),
        (("ls", "--format", "json"), READING),
        (("show", "s"), READING),
        (("cursor", "lashsc1:0:1:s"), READING),
        (("rm", "nobody"), READING),
        (("daemon", "status"), READING),
        (("daemon", "start"), READING),
        (("--help",), READING),
        (("attach", "--help"), READING),
        (("completion", "bash"), HEAVY),
        (("publish", "p"), HEAVY),
        (("run", "-s", "r", "--", "true"), HEAVY),
        (("tap", "-s", "t", "--", "true"), (*READING, "watchfiles")),
    ],
)
def test_what_a_command_imports(
    socket_path: str, tmp_path: Path, words: tuple[str, ...], banned: tuple[str, ...]
) -> None:
    """In a fresh interpreter, after the command has done its work."""
    environment = {**os.environ, "LASHTUI_SOCKET": socket_path, "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        env=environment,
        cwd=tmp_path,
        input=b"text\n",
        capture_output=True,
        check=False,
        timeout=30,
    )
    _, _, modules = done.stderr.decode().rpartition("modules: ")
    imported = set(modules.split())
    assert "lashtui.cli.main" in imported, done.stderr
    assert not imported & set(banned)


def test_a_commands_module_is_imported_for_it_alone(socket_path: str) -> None:
    """`ls` doesn't pay for `run`."""
    environment = {**os.environ, "LASHTUI_SOCKET": socket_path}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "ls"], env=environment, capture_output=True, check=True
    )
    modules = done.stderr.decode().rpartition("modules: ")[2].split()
    commands = {name for name in modules if name.startswith("lashtui.cli.")}
    assert commands == {"lashtui.cli.main", "lashtui.cli.parsing", "lashtui.cli.ls"}
