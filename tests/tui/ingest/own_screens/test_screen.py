"""Which agents' own screens can be told."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from lashtui.ingest.launch import launch
from lashtui.ingest.own_screens.screen import open_screen


@pytest.mark.parametrize(
    "command", ["make", "qwen -p hi", "qwen mcp list", "gemini", "claude -p x"]
)
def test_what_opens_no_screen_that_tells(command: str, tmp_path: Path) -> None:
    """It runs as it is."""
    assert open_screen(launch(shlex.split(command)), {"HOME": str(tmp_path)}) is None
