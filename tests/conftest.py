"""Fixtures that every test has."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from lashd.server.embedded import EmbeddedDaemon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lashd.limits import DaemonLimits


# How long an example takes says who else has the machine, not whether it is right.
settings.register_profile("lashtui", deadline=None)
settings.load_profile("lashtui")


@pytest.fixture
def anyio_backend() -> str:
    """The app and the daemon run on asyncio; so do the tests."""
    return "asyncio"


@pytest.fixture
def private_dir() -> Iterator[Path]:
    """A directory of mode 0700 whose path is short enough for a socket; pytest's may not be."""
    with tempfile.TemporaryDirectory(prefix="lt-", dir="/tmp") as directory:
        yield Path(directory)


@pytest.fixture
def daemon_limits() -> DaemonLimits | None:
    """The bounds of `daemon`: the defaults. A module overrides this where it needs others."""
    return None


@pytest.fixture
def daemon(daemon_limits: DaemonLimits | None) -> Iterator[EmbeddedDaemon]:
    """A real daemon at a private socket, for one test."""
    with EmbeddedDaemon(limits=daemon_limits) as running:
        yield running
