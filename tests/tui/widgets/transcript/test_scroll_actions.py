"""Arrows and page keys: by how many real lines they move."""

from __future__ import annotations

import pytest

from tests.tui.widgets.transcript.transcript_harness import StreamedView, lines, prose, shown


@pytest.mark.parametrize("height", [2, 12])
async def test_arrows_move_a_line_and_pages_keep_one_in_sight(height: int) -> None:
    """There and back again."""
    streamed = StreamedView([prose(number) for number in range(30)])
    async with shown(streamed, (60, height)) as pilot:
        await pilot.press("home", "pagedown", "pagedown")
        await pilot.pause()
        before = lines(pilot)
        await pilot.press("down")
        await pilot.pause()
        assert lines(pilot)[: height - 1] == before[1:]
        await pilot.press("up", "pagedown")
        await pilot.pause()
        assert lines(pilot)[0] == before[-1]
        await pilot.press("pageup")
        await pilot.pause()
        assert lines(pilot) == before
