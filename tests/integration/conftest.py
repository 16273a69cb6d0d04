"""A daemon and the commands, for every test that wants them."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

import pytest

from lashd.daemon import EmbeddedDaemon
from tests.integration.cli import Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cli(daemon: EmbeddedDaemon, tmp_path: Path) -> Cli:
    """The commands, at that daemon."""
    return Cli(daemon.socket_path, tmp_path)


@pytest.fixture
def short_socket() -> Iterator[str]:
    """A socket's path in a private directory, short enough, for a daemon that a test starts."""
    directory = tempfile.mkdtemp(prefix="lt-", dir="/tmp")
    yield os.path.join(directory, "s")
    shutil.rmtree(directory)
