"""The real daemon, and publishers in a hurry."""

from __future__ import annotations

import pytest


@pytest.fixture(name="quick")
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconnects come at once: their delays are tested where they are decided."""
    monkeypatch.setattr("lashd.connect.jitter.chance", lambda: 0.001)
