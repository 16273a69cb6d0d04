"""Screens as text files: compared with what stands under `snapshots/`, and written on demand.

To accept what the screens look like now: LASHTUI_UPDATE_SNAPSHOTS=1 pytest tests/tui/app
"""

from __future__ import annotations

import difflib
import os
import string
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.pilot import Pilot

from tests.tui.screen_text import screen_text, until

PLACE = Path(__file__).parent / "snapshots"
LETTERS = string.ascii_letters + string.digits + string.punctuation
UPDATE = "LASHTUI_UPDATE_SNAPSHOTS"


async def settled(pilot: Pilot[Any]) -> str:
    """The screen once it does not change any more."""
    seen: list[str] = []

    def quiet() -> bool:
        seen.append(screen_text(pilot.app))
        return len(seen) > 5 and len(set(seen[-5:])) == 1

    await until(pilot, quiet)
    return seen[-1]


def coloured(app: App[Any]) -> str:
    """The screen, under each line a letter for the look of each cell, and what the letters mean."""
    letters: dict[str, str] = {}
    lines: list[str] = []
    for strip in app.screen._compositor.render_strips():
        looks = ""
        for text, style, _ in strip:
            look = str(style)
            letters.setdefault(look, LETTERS[len(letters)])
            looks += letters[look] * cell_len(text)
        lines += [strip.text.rstrip(), looks]
    return "\n".join([*lines, "", *(f"{letter} {look}" for look, letter in letters.items())])


def check_colours(name: str, app: App[Any]) -> None:
    """Compare the screen with its colours with the snapshot of this name."""
    check(f"{name}-colours", coloured(app))


def check(name: str, shown: str) -> None:
    """Compare `shown` with the snapshot of this name, or write it if that is asked for."""
    path = PLACE / f"{name}.txt"
    if os.environ.get(UPDATE):
        PLACE.mkdir(exist_ok=True)
        path.write_text(shown + "\n")
        return
    assert path.exists(), f"no snapshot {path.name}: run the test once with {UPDATE}=1"
    wanted = path.read_text().rstrip("\n").split("\n")
    diff = difflib.unified_diff(
        wanted, shown.rstrip("\n").split("\n"), "snapshot", "now", lineterm=""
    )
    assert wanted == shown.rstrip("\n").split("\n"), "\n".join(
        [f"{path.name} differs; {UPDATE}=1 accepts it", *diff]
    )
