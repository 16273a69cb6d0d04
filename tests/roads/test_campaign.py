"""A short campaign in every run of the tests; `python -m tests.roads` is a long one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.roads.campaign import Campaign

SECONDS = 12.0


@pytest.fixture(name="root")
def _root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Short enough for sockets; ssh's place on PATH is given back."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    with tempfile.TemporaryDirectory(prefix="roads-", dir="/tmp") as root:
        yield Path(root)


@pytest.mark.timeout(240)
async def test_no_session_is_ever_shown_as_what_nobody_knows(root: Path) -> None:
    """Whatever happens to the roads: what is shown was heard, or is said to be unseen."""
    campaign = Campaign(root, 16, hosts=3, sessions=3)
    try:
        await campaign.run(SECONDS)
    finally:
        campaign.end()
    print(dict(campaign.counted))
    assert campaign.wrong == []
    assert campaign.counted["comparisons"] > 100
    assert campaign.counted["lines"] > 10
