"""The collector rests during the start and works after it."""

from __future__ import annotations

import gc
import sys
import threading

from lashtui.app import startup as warm


def test_the_collector_rests_until_the_app_is_up() -> None:
    """What was made by then is left out of all collections; what code needs is imported ahead."""
    try:
        warm.before_start()
        assert not gc.isenabled()
        warm.after_start()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 1000
        for thread in threading.enumerate():
            if thread.name == "import-ahead":
                thread.join(30)
        assert all(name in sys.modules for name in warm.LATER)
    finally:
        warm.after_end()
        gc.unfreeze()
