"""Watch AI agents live: the commands, the app, and what turns agents' output into events."""

from __future__ import annotations

__version__ = "0.1.0"
"""The same as the distribution's; a constant, since reading its metadata costs a command 15 ms."""
