"""Running tmux for a limited time."""

from __future__ import annotations

import sys

from lashtui.process.tmux import run_tmux


async def test_what_went_wrong_is_said_in_one_line() -> None:
    """Nothing if all went well; else tmux's own words, made safe."""
    say = "import sys; sys.stderr.write('can\\'t find pane: %9\\x1b[31m\\n'); sys.exit(1)"
    assert await run_tmux([sys.executable, "-c", "pass"]) == ""
    assert await run_tmux([sys.executable, "-c", say]) == "tmux: can't find pane: %9"
    assert await run_tmux([sys.executable, "-c", "raise SystemExit(3)"]) == "tmux failed (exit 3)"
    assert (await run_tmux(["/nowhere/tmux"])).startswith("tmux: No such file")


async def test_a_tmux_that_hangs_is_ended() -> None:
    """The app waits no longer than the limit."""
    hangs = [sys.executable, "-c", "import signal; signal.pause()"]
    assert await run_tmux(hangs, 0.2) == "tmux has not answered for 0.2 s"
