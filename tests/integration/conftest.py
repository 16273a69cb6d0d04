"""A daemon and the commands, for every test that wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lashd.daemon import EmbeddedDaemon
from tests.integration.cli import Cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cli(daemon: EmbeddedDaemon, tmp_path: Path) -> Cli:
    """The commands, at that daemon."""
    return Cli(daemon.socket_path, tmp_path)


@pytest.fixture
def short_socket(private_dir: Path) -> str:
    """A socket's path in a private directory, short enough, for a daemon that a test starts."""
    return str(private_dir / "s")
