"""The real daemon, and publishers in a hurry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lashd.server.embedded import EmbeddedDaemon


@pytest.fixture(name="daemon")
def _daemon() -> Iterator[EmbeddedDaemon]:
    """The real daemon."""
    with EmbeddedDaemon() as daemon:
        yield daemon


@pytest.fixture(name="quick")
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnects come at once: their delays are tested where they are decided."""
    monkeypatch.setattr("lashd.publish.worker.random.random", lambda: 0.001)
