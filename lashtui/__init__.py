"""Watch AI agents live: the commands, the app, and what turns agents' output into events."""

from __future__ import annotations

from lashd._version import __version__

__all__ = ["__version__"]
