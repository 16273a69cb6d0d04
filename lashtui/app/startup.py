"""How Python runs while the app starts: no garbage collection, and quick turns for threads.

A start makes 200,000 objects that live as long as the app, and next to no garbage: collecting
through them costs 25 ms before the first picture, and the same again every now and then after.
"""

from __future__ import annotations

import gc
import sys
import threading
from importlib import import_module
from typing import Final

from lashtui.render.code import colour_later, colour_now

SETTLED_AFTER: Final = 1.0
"""Seconds after the start when the first picture is up, or the app waits for the daemon."""
LATER: Final = ("markdown_it", "pygments.lexers.python", "pygments.lexers.shell")
"""What the first prose and the first code would otherwise import between two frames."""
USUAL_SWITCH_INTERVAL: Final = sys.getswitchinterval()
START_SWITCH_INTERVAL: Final = 0.0005
"""Seconds until the importing thread lets the prefetch's thread have its turn. That takes some
thirty turns of microseconds each; with Python's own 5 ms the snapshot would come after the
imports."""


def before_start() -> None:
    """Stop collecting, and let threads take turns quickly. The first line of a start."""
    gc.disable()
    colour_later()
    sys.setswitchinterval(START_SWITCH_INTERVAL)


def after_start() -> None:
    """The app is up: leave what exists out of all collections, collect again, import ahead."""
    sys.setswitchinterval(USUAL_SWITCH_INTERVAL)
    gc.freeze()
    gc.enable()
    threading.Thread(target=_import_ahead, name="import-ahead", daemon=True).start()


def after_end() -> None:
    """Undo `before_start`: the app may have ended before it was up."""
    colour_now()
    sys.setswitchinterval(USUAL_SWITCH_INTERVAL)
    gc.enable()


def _import_ahead() -> None:
    for name in LATER:
        try:
            import_module(name)
        except ImportError:  # reported where it is needed
            return
