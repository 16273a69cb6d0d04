"""The collector rests during the start and works after it."""

from __future__ import annotations

import gc
import sys
import threading

from lashtui.app import startup


def test_the_collector_rests_until_the_app_is_up() -> None:
    """What was made by then is left out of all collections; what code needs is imported ahead."""
    try:
        startup.before_start()
        assert not gc.isenabled()
        startup.after_start()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 1000
        for thread in threading.enumerate():
            if thread.name == "import-ahead":
                thread.join(30)
        assert all(name in sys.modules for name in startup.LATER)
    finally:
        startup.after_end()
        gc.unfreeze()
