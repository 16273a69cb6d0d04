"""Fixtures that every test has."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The app and the daemon run on asyncio; so do the tests."""
    return "asyncio"
