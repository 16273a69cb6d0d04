"""What waits until the first picture is up: the garbage collector, and imports for later.

A start makes 200,000 objects that live as long as the app, and next to no garbage: collecting
through them costs 25 ms before the first picture, and a pause of as much every now and then after.
"""

from __future__ import annotations

import gc
import sys
import threading
from importlib import import_module
from typing import Final

from lashtui.render.code import colour_later, colour_now

SETTLED_AFTER: Final = 1.0
"""Seconds after the start when the first picture is up, or the wait is for the daemon."""
LATER: Final = ("markdown_it", "pygments.lexers.python", "pygments.lexers.shell")
"""What the first prose and the first code would import between two frames."""


USUAL_TURN: Final = sys.getswitchinterval()
TURN: Final = 0.0005
"""Seconds until the imports let the prefetch's thread have its turn. It takes some thirty of them,
for microseconds each; with Python's own 5 ms the snapshot would come after the imports."""


def before_start() -> None:
    """Collect nothing for now, and let threads take turns quickly. The first line of a start."""
    gc.disable()
    colour_later()
    sys.setswitchinterval(TURN)


def after_start() -> None:
    """The app is up: what there is now stays; collect what comes, and import ahead."""
    sys.setswitchinterval(USUAL_TURN)
    gc.freeze()
    gc.enable()
    threading.Thread(target=_import_ahead, name="import-ahead", daemon=True).start()


def after_end() -> None:
    """It may have ended before it was up."""
    colour_now()
    sys.setswitchinterval(USUAL_TURN)
    gc.enable()


def _import_ahead() -> None:
    for name in LATER:
        try:
            import_module(name)
        except ImportError:  # it is said when it is needed
            return
