"""`python -m lashd`: the daemon in the foreground."""

from __future__ import annotations

import sys

from lashd.server.command import main

if __name__ == "__main__":
    sys.exit(main())
