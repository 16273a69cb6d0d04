"""The load generator (`load.c`): compiled into a directory that is given, run, read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from benchmarks.daemon.servers import Server

SOURCE = Path(__file__).with_name("load.c")
PATIENCE = 310.0
"""The generator ends itself after 300 s."""
Options: TypeAlias = dict[str, int | str]


class RunFailed(Exception):
    """A run counts nothing; the message says why."""


def compiler() -> str | None:
    """The system's C compiler."""
    wanted = os.environ.get("CC", "")
    return next((found for name in (wanted, "cc", "gcc", "clang") if (found := _which(name))), None)


class Load:
    """The compiled generator. Each run has sessions of its own."""

    def __init__(self, compile_with: str, directory: Path) -> None:
        self._program = str(directory / "load")
        self._runs = 0
        subprocess.run(
            [compile_with, "-O2", "-Wall", "-Wextra", "-o", self._program, str(SOURCE)], check=True
        )

    def run(self, server: Server, options: Options) -> dict[str, Any]:
        """What one run says.

        Raises:
            RunFailed: the server ended, stood still, refused, or lost or reordered events.
        """
        self._runs += 1
        own: Options = {
            "proto": server.protocol,
            "addr": server.address,
            "pid": server.pid,
            "name": f"r{self._runs}-",
        }
        words = [f"{key}={value}" for key, value in {**own, **options}.items()]
        done = subprocess.run(
            [self._program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
            start_new_session=True,
        )
        if done.returncode:
            raise RunFailed(done.stderr.strip() or f"the generator ended with {done.returncode}")
        result: dict[str, Any] = json.loads(done.stdout)
        return result


def write_corpus(path: Path, events: Iterable[dict[str, Any]]) -> Path:
    """A file of events as the generator publishes them: a length and a msgpack map, each."""
    encode = msgspec.msgpack.Encoder().encode
    with path.open("wb") as file:
        for event in events:
            body = encode(event)
            file.write(len(body).to_bytes(4, "big") + body)
    return path


def _which(name: str) -> str | None:
    return shutil.which(name) if name else None
