"""A daemon and a clock for tests that look at whole screens."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.tui.app.app_harness import NOW


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The wall clock stands still, in UTC; what waits goes by another clock."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setattr(time, "time_ns", lambda: int(NOW * 1e9))
    yield
    monkeypatch.undo()
    time.tzset()
