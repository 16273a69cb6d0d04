"""`python -m lashtui` is the `lashtui` command."""

from __future__ import annotations

import sys

from lashtui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
