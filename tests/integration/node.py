"""The example client in JavaScript, and what it says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

import pytest

from lashd.testing.audit.publisher import PublisherAudit
from lashd.testing.audit.reader import ReaderAudit

EXAMPLES = Path(__file__).parents[2] / "examples" / "node"
OLDEST = 18
"""What the example says that it needs."""

Record = dict[str, Any]


@cache
def node() -> str:
    """The interpreter. The test is skipped without one, or fails where one is required."""
    found = shutil.which("node")
    version = 0
    if found is not None:
        text = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
        version = int(text.stdout.strip().lstrip("v").split(".")[0])
    if found is None or version < OLDEST:
        why = f"node {OLDEST} or newer is not installed"
        if os.environ.get("LASHTUI_REQUIRE_NODE"):
            pytest.fail(why)
        pytest.skip(why)
    return found


def start(
    script: str, *args: str, socket: str, stderr: IO[bytes] | int | None = None
) -> subprocess.Popen[bytes]:
    """One of its commands, at the daemon of `socket`."""
    return subprocess.Popen(
        [node(), str(EXAMPLES / script), *args],
        env={**os.environ, "LASHTUI_SOCKET": socket},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
    )


@contextmanager
def running(
    script: str, *args: str, socket: str, stderr: IO[bytes] | int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The same, ended at the latest when the test is done with it: it never gives up by itself."""
    process = start(script, *args, socket=socket, stderr=stderr)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def traced(path: Path) -> Iterator[Record]:
    """What `--trace` has written so far; a line that is not whole is left out."""
    if path.exists():
        for line in path.read_bytes().split(b"\n")[:-1]:
            yield json.loads(line)


def received(path: Path) -> Iterator[Record]:
    """The records that came."""
    return (line["received"] for line in traced(path) if "received" in line)


def audit_publisher(audit: PublisherAudit, path: Path) -> None:
    """Tell the auditor what a publisher sent and was answered."""
    for line in traced(path):
        if "sent" in line:
            audit.sent(line["sent"])
        elif "received" in line:
            audit.received(line["received"])


def audit_reader(audit: ReaderAudit, path: Path) -> None:
    """Tell the auditor what a reader asked for and received."""
    for line in traced(path):
        if "sent" in line and line["sent"]["type"] == "attach":
            audit.attaching(line["sent"].get("cursor"))
        elif "received" in line:
            audit.received(line["received"])
        elif "lost" in line:
            audit.lost()
